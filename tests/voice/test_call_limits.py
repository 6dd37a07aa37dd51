"""Two calls of one number, too many calls, a slow house, a full disk, no database."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from another import another, nothing_remains, side_by_side
from caller import RATE, Caller, World, calling
from line import MemoryLine
from trouble import (
    LONG_S,
    QUESTION,
    in_queue,
    slow_turns,
    until,
)

from bot.settings import ROOT, Settings, Voice
from bot.web.metrics import Metrics
from bot.wiring import close_house, open_house
from tests.services import Postgres
from voice.call.recording import Recording
from voice.ports import Incoming

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def test_two_calls_of_one_number_are_two_talks_of_one_conversation(world: World) -> None:
    async def played() -> None:
        async with calling(world, "+79000000270") as one, calling(world, "+79000000270") as other:
            await asyncio.gather(one.hears(), other.hears())

            async def asks(caller: Caller, text: str) -> str:
                await caller.say(text)
                return await caller.hears()

            heard = await asyncio.gather(asks(one, QUESTION), asks(other, "какой статус моей заявки"))
            assert all(heard)
            said = await one.said()
            assert [author for author, _ in said].count("bot") == 2
            assert {text for author, text in said if author == "customer"} == {
                QUESTION,
                "какой статус моей заявки",
            }
            one.hang_up()
            other.hang_up()
            await asyncio.gather(one.left(), other.left())
            assert len(await one.events("call.ended")) == 2

    await world.gateway.on_calls(played())
    await nothing_remains(world)


async def test_a_slow_answer_is_filled_and_one_that_never_comes_is_a_persons(world: World) -> None:
    async def slow(caller: Caller) -> None:
        await caller.hears()
        async with slow_turns(caller):
            await caller.say(QUESTION)
            assert "секунду" in await caller.hears()
        caller.attend()
        assert "нажмите" in await caller.hears()

    async def never(caller: Caller) -> None:
        await caller.hears()
        async with slow_turns(caller):
            await caller.say(QUESTION)
            await in_queue(caller)

    await side_by_side(world, {"slow": slow, "never": never}, 280)
    await nothing_remains(world)


async def test_a_recording_that_cannot_be_written_does_not_end_the_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full from the first byte on."""
    begin = Recording.__init__

    def on_a_full_disk(self: Recording, folder: Path, call: str, rate: int, begun: float) -> None:
        begin(self, folder, call, rate, begun)
        for side in self._sides:
            side._file.close()
            side._file = Path("/dev/full").open("r+b", buffering=0)  # noqa: SIM115 - the side closes it

    monkeypatch.setattr(Recording, "__init__", on_a_full_disk)

    async def scene(caller: Caller) -> None:
        assert "помо" in await caller.hears()
        await caller.say(QUESTION)
        assert "нажмите" in await caller.hears()
        caller.hang_up()
        await caller.left()
        [over] = await caller.events("call.ended")
        assert "recording" not in over.data

    await side_by_side(world, {"full": scene}, 290)
    monkeypatch.undo()
    await nothing_remains(world)


async def test_a_hundred_calls_on_a_limit_of_twenty(world: World) -> None:
    """Each is talked to by the robot, or is told that all are busy and goes to the queue."""
    async with another(world, max_calls=20) as full:

        async def call(number: int) -> tuple[bool, MemoryLine]:
            line = MemoryLine(Incoming(f"hundred-{number}", "memory", RATE, caller=f"+7900001{number:04}"))
            answered = asyncio.create_task(full.gateway.answer(line))
            await until(lambda: any(line.heard) or answered.done())
            await asyncio.wait([answered], timeout=20)
            talks = not answered.done()
            line.hang_up()
            await asyncio.wait_for(answered, LONG_S)
            await line.close()
            return talks, line

        async def all_at_once() -> list[tuple[bool, MemoryLine]]:
            return await asyncio.gather(*map(call, range(100)))

        outcomes = await full.gateway.on_calls(all_at_once())
        talked = [line for talks, line in outcomes if talks]
        busy = [line for talks, line in outcomes if not talks]
        assert len(talked) == 20
        assert len(busy) == 80
        assert all(any(line.heard) for line in (*talked, *busy))
        assert {(line.left.kind, line.left.topic) for line in busy if line.left} == {("queue", "busy")}
        assert all(line.left for line in busy)
        listening = world.ears.listen(RATE)
        await listening.feed(bytes(busy[-1].heard))
        assert "оставайтесь на линии" in (await listening.finish()).text
        await nothing_remains(full)


async def test_without_the_database_the_caller_hears_of_it_and_goes_to_the_queue(
    postgres: Postgres, postgres_url: str, tmp_path: Path, world: World
) -> None:
    articles = tmp_path / "articles"
    shutil.copytree(ROOT / "knowledge_base" / "articles" / "card", articles / "card")
    settings = Settings(
        data_dir=tmp_path / "house", articles=articles, database_url=postgres_url, voice=Voice(carriers="")
    )
    running = await open_house(settings, Metrics())
    try:
        await running.house.opened.wait()
        async with another(replace(world, house=running.house)) as away:

            async def within(caller: Caller) -> None:
                await caller.hears()
                await asyncio.to_thread(postgres.stop)
                try:
                    await caller.say(QUESTION)
                    assert "оператор" in await caller.hears()
                    await in_queue(caller)
                    await away.gateway.on_calls(asyncio.sleep(0))
                finally:
                    caller.hang_up()

            async def before(caller: Caller) -> None:
                assert "оператор" in await caller.hears()
                await in_queue(caller)
                assert caller.line.left is not None
                assert caller.line.left.conversation_id == ""

            async def scenes() -> None:
                async with calling(away, "+79000000300") as caller:
                    await within(caller)
                async with calling(away, "+79000000301") as caller:
                    await before(caller)

            try:
                await away.gateway.on_calls(scenes())
            finally:
                await asyncio.to_thread(postgres.start)
            await nothing_remains(away)
    finally:
        await close_house(running)
