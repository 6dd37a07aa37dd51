"""What a caller hears of the time until a person comes, and when nothing is said of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from another import another
from caller import RATE, Caller, World, calling

from bot.core import clock
from bot.core.types import Inbound, Role
from bot.core.waiting import ENOUGH
from bot.store.records import NewHandoff, Outcome
from bot.web.presence import Presence
from voice.call.talk import Talk
from voice.ports import Incoming

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


def with_hours(world: World, hours: str) -> World:
    """The same house in a company whose operators are at work in these hours."""
    settings = world.house.settings
    company = settings.company.model_copy(update={"hours": hours, "timezone": "UTC"})
    house = replace(world.house, settings=settings.model_copy(update={"company": company}))
    return replace(world, house=house)


async def handoff(world: World) -> tuple[str, str]:
    """A customer who waits for a person: (address, handoff)."""
    conversations, address = world.house.store.conversations, f"w{uuid4().hex}"
    receipt = await conversations.receive(Inbound("phone", address, address, "человека"))
    asked = Outcome(answers_seq=receipt.seq, handoff=NewHandoff("asked", 5))
    events = await conversations.commit(receipt.conversation.id, receipt.conversation.version, asked)
    return address, events[-1].data["handoff_id"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(world: World) -> AsyncIterator[World]:
    """Operators are at work day and night, one is at the desk, and enough customers were served at once."""
    store = world.house.store
    operator = await store.operators.create(uuid4().hex, "Анна", Role.OPERATOR, "hash")
    for _ in range(ENOUGH):
        _, asked = await handoff(world)
        await store.handoffs.claim(asked, operator.id)
        await store.handoffs.close(asked, operator.id, "solved")
    await world.house.presence.enter(operator.id)
    async with another(with_hours(world, "00:00-00:00")) as opened:
        yield opened
    await world.house.presence.leave(operator.id)


async def wait_of(world: World, address: str) -> int | None:
    async def asked() -> int | None:
        talk = Talk(world.house, world.across, Incoming(uuid4().hex, "memory", RATE, caller=address))
        talk._address = address
        await talk.open()
        return await talk.wait()

    return await world.gateway.on_calls(asked())


async def test_it_is_known_to_who_waits_while_somebody_is_at_work(served: World) -> None:
    address, asked = await handoff(served)
    assert await wait_of(served, address) == 1
    assert await wait_of(served, f"w{uuid4().hex}") is None  # has not asked for a person
    await served.house.store.handoffs.cancel(asked)
    assert await wait_of(served, address) is None


async def test_nobody_knows_where_nobody_is_at_the_desk(served: World) -> None:
    address, _ = await handoff(served)
    deserted = replace(served, house=replace(served.house, presence=Presence(served.house.bus)))
    assert await wait_of(deserted, address) is None


async def test_who_came_while_nobody_was_at_work_tells_nothing(served: World) -> None:
    address, _ = await handoff(served)
    assert await wait_of(with_hours(served, hours_from(timedelta(0))), address) is None
    assert await wait_of(with_hours(served, hours_from(timedelta(hours=-6))), address) == 1


async def test_nothing_is_promised_after_hours(served: World) -> None:
    address, _ = await handoff(served)
    assert await wait_of(with_hours(served, hours_from(timedelta(hours=6))), address) is None


def hours_from(opens: timedelta) -> str:
    """Twelve hours that begin so long from now, to the microsecond."""
    begin = clock.now() + opens
    return f"{begin:%H:%M:%S.%f}-{begin + timedelta(hours=12):%H:%M:%S.%f}"


async def words_before_the_queue(world: World, number: str) -> str:
    """What a caller hears who asks for a person by key."""
    async with calling(world, number) as caller:
        await caller.hears()
        caller.press("0")
        step = await caller.left()
        assert step is not None
        assert step.kind == "queue"
        return await caller.words()


async def test_the_caller_hears_it_before_the_telephone_rings(served: World) -> None:
    heard = await served.gateway.on_calls(words_before_the_queue(served, "+79000000801"))
    assert "одну минуту" in heard
    assert "трубку" not in heard


async def test_the_caller_is_told_of_the_silence_of_a_warm_transfer(served: World) -> None:
    warm = {"carriers": "audiosocket", "audiosocket_port": 0, "warm_transfer": "ru"}
    async with another(served, **warm) as world:
        assert "трубку" in await world.gateway.on_calls(words_before_the_queue(world, "+79000000802"))


async def test_the_caller_hears_it_where_nobody_has_answered(served: World) -> None:
    async def played() -> None:
        async with calling(served, "+79000000801", purpose="nobody") as caller:
            heard = await hears_all(caller, "линии")
            assert "одну минуту" in heard
            assert "перезвонить" in heard

    await served.gateway.on_calls(played())


async def hears_all(caller: Caller, last: str) -> str:
    heard = ""
    while last not in heard:
        heard += f" {await caller.hears()}"
    return heard
