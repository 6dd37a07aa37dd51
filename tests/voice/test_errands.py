"""Calls that we make, from the row to what is said: people, machines, scores, refusals, dropped calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from another import another
from caller import Caller, World, calling

from bot.core import clock
from bot.core.outbound import CallKind, CallStatus, NewCall, OutboundCall
from bot.core.types import Inbound
from bot.store.records import Outcome
from tests.pbx_manager import SECRET, USER, Manager, manager

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]
Scene = Callable[[Caller], Awaitable[None]]


class Calling:
    """A gateway that makes calls through a peer which is our PBX and the telephone network."""

    def __init__(self, world: World, pbx: Manager) -> None:
        self.world, self.pbx = world, pbx

    async def promise(
        self, phone: str, kind: CallKind, topic: str = "", *, closed: bool = False
    ) -> OutboundCall:
        store = self.world.house.store
        receipt = await store.conversations.receive(
            Inbound("web_chat", f"w{phone}", f"w{phone}", "перезвоните")
        )
        found = receipt.conversation.id
        promised = Outcome(calls=(NewCall(kind, phone, clock.now(), topic),), answers_seq=1)
        await store.conversations.commit(found, 0, promised)
        if closed:
            await store.conversations.close(found)
        [call] = await store.outbound.of_conversation(found)
        return call

    async def placed(self, phone: str, scene: Scene) -> None:
        """The telephone of this number rings, is picked up, and the scene is played."""
        await self.pbx.until(lambda: any(phone in one["Channel"] for one in self.pbx.originates))
        [asked] = [one for one in self.pbx.originates if phone in one["Channel"]]
        given = dict(pair.split("=") for pair in asked["Variable"].split(","))
        await self.pbx.respond(asked["ActionID"], "4")

        async def played() -> None:
            async with calling(
                self.world,
                given["__FRONTLINE_FROM"],
                purpose=given["__FRONTLINE_PURPOSE"],
                conversation_id=given.get("__FRONTLINE_CONVERSATION"),
            ) as caller:
                try:
                    await scene(caller)
                except Exception:
                    print(await caller.words(), *await caller.events(), sep="\n")  # for whoever reads it
                    raise

        await self.world.gateway.on_calls(played())

    async def became(self, call: OutboundCall, status: CallStatus, result: str) -> None:
        async with asyncio.timeout(20):
            while True:
                now = await self.world.house.store.outbound.get(call.id)
                if (now.status, now.result) == (status, result):
                    return
                await asyncio.sleep(0.05)

    async def kinds(self, call: OutboundCall) -> list[str]:
        events = await self.world.house.store.conversations.events(call.conversation_id)
        return [event.kind for event in events]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calls(world: World) -> AsyncIterator[Calling]:
    async with (
        manager() as pbx,
        another(
            world,
            ami_url=f"tcp://{USER}@127.0.0.1:{pbx.port}",
            ami_secret=SECRET,
            outbound_hours="00:00-23:59",
            outbound_at_once=20,
        ) as ours,
    ):
        yield Calling(ours, pbx)


async def test_a_call_back_is_explained_and_put_through(calls: Calling) -> None:
    call = await calls.promise("+79000000201", CallKind.CALLBACK, "график платежей")

    async def scene(caller: Caller) -> None:
        await caller.begin("алло")
        heard = ""
        while "платеж" not in heard:
            heard += await caller.hears()
        assert "робот" in heard
        assert "перезвонить" in heard
        step = await caller.left()
        assert step is not None
        assert (step.kind, step.conversation_id) == ("queue", call.conversation_id)

    await calls.world.house.presence.enter("somebody")
    try:
        await calls.placed(call.phone, scene)
    finally:
        await calls.world.house.presence.leave("somebody")
    await calls.became(call, CallStatus.DONE, "talked")
    kinds = await calls.kinds(call)
    assert "handoff.requested" in kinds
    assert kinds.index("outbound.attempted") < kinds.index("handoff.requested")


async def test_where_nobody_is_at_work_the_robot_helps(calls: Calling) -> None:
    call = await calls.promise("+79000000202", CallKind.CALLBACK)

    async def scene(caller: Caller) -> None:
        await caller.begin("да слушаю")
        heard = ""
        while "помо" not in heard:
            heard += await caller.hears()
        assert "перезвонить" in heard
        await caller.say("как погасить займ досрочно")
        assert "нажмите" in await caller.hears()

    await calls.placed(call.phone, scene)
    await calls.became(call, CallStatus.DONE, "talked")


async def test_a_machine_is_left_and_called_again(calls: Calling) -> None:
    call = await calls.promise("+79000000203", CallKind.CALLBACK, "график платежей")

    async def scene(caller: Caller) -> None:
        await caller.begin(
            "здравствуйте вы позвонили по номеру девятьсот двадцать три сейчас я не могу подойти к телефону "
            "пожалуйста оставьте ваше сообщение после сигнала и я обязательно перезвоню"
        )
        step = await caller.left()
        assert step is not None
        assert step.kind == "hangup"

    await calls.world.house.presence.enter("somebody")
    try:
        await calls.placed(call.phone, scene)
    finally:
        await calls.world.house.presence.leave("somebody")
    await calls.became(call, CallStatus.WAITING, "machine")
    assert "handoff.requested" not in await calls.kinds(call)


async def test_who_hangs_up_at_once_is_not_surveyed_again(calls: Calling) -> None:
    call = await calls.promise("+79000000204", CallKind.SURVEY, closed=True)

    async def scene(caller: Caller) -> None:
        await asyncio.sleep(1.0)
        caller.hang_up()
        await caller.left()

    await calls.placed(call.phone, scene)
    await calls.became(call, CallStatus.GAVE_UP, "hung_up")


async def test_the_score_comes_to_the_talk_that_it_is_about(calls: Calling) -> None:
    call = await calls.promise("+79000000205", CallKind.SURVEY, closed=True)

    own: set[str] = set()

    async def scene(caller: Caller) -> None:
        await caller.begin("алло")
        heard = ""
        while "от одного до пяти" not in heard:
            heard += await caller.hears()
        assert "не звоните" in heard
        caller.press("4")
        step = await caller.left()
        assert step is not None
        assert step.kind == "hangup"
        own.update(event.conversation_id for event in await caller.events())

    await calls.placed(call.phone, scene)
    await calls.became(call, CallStatus.DONE, "talked")
    async with asyncio.timeout(20):
        while "rating" not in await calls.kinds(call):
            await asyncio.sleep(0.05)
    events = await calls.world.house.store.conversations.events(call.conversation_id)
    [rating] = [event for event in events if event.kind == "rating"]
    assert (rating.data["score"], rating.data["survey"]) == (4, call.id)
    [survey] = own - {call.conversation_id}
    events = await calls.world.house.store.conversations.events(survey)
    assert [event.data["score"] for event in events if event.kind in {"rating", "survey.answered"}] == [4]
    assert [event for event in events if event.kind == "rating"] == []


async def test_who_wants_no_calls_is_obeyed_at_once(calls: Calling) -> None:
    call = await calls.promise("+79000000206", CallKind.SURVEY, closed=True)

    async def scene(caller: Caller) -> None:
        heard = ""
        while "до пяти" not in heard:
            heard += await caller.hears()
        await caller.say("не звоните мне больше")
        assert "больше не позвон" in await caller.hears()
        step = await caller.left()
        assert step is not None
        assert step.kind == "hangup"

    await calls.placed(call.phone, scene)
    assert await calls.world.house.store.outbound.refused(call.phone)
    assert "outbound.refused" in await calls.kinds(call)


async def test_a_call_that_says_it_is_ours_and_is_not_is_a_call_like_any(calls: Calling) -> None:
    async def played() -> None:
        async with calling(calls.world, "+79000000207", purpose=f"callback:{'0' * 32}") as caller:
            assert "помо" in await caller.hears()

    await calls.world.gateway.on_calls(played())
