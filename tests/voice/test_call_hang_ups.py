"""Hang-ups in every state of a call: it ends, and leaves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from another import nothing_remains, side_by_side
from caller import FRAME, RATE, Caller, World
from trouble import (
    QUESTION,
    slow_turns,
    tasks,
    until,
    until_same_tasks,
    until_speaking,
)

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def ringing(_: Caller) -> None:
    pass


async def in_the_notice(caller: Caller) -> None:
    await until_speaking(caller)


async def in_the_greeting(caller: Caller) -> None:
    await until(lambda: len(caller.line.heard) > 5.5 * RATE * 2)


async def saying_something(caller: Caller) -> None:
    await caller.hears()
    await caller.begin(QUESTION)
    await asyncio.sleep(1.0)


async def while_it_is_recognised(caller: Caller) -> None:
    await caller.hears()
    await caller.say(QUESTION)
    await asyncio.sleep(0.55)


async def thinking(caller: Caller) -> None:
    await caller.hears()
    async with slow_turns(caller):
        await caller.say(QUESTION)
        await asyncio.sleep(0.9)
        caller.hang_up()
        await asyncio.sleep(0.5)


async def being_told_to_wait(caller: Caller) -> None:
    await caller.hears()
    async with slow_turns(caller):
        await caller.say(QUESTION)
        await until_speaking(caller)
        caller.hang_up()
        await asyncio.sleep(0.5)


async def in_an_answer(caller: Caller) -> None:
    await caller.hears()
    await caller.say("какой статус моей заявки")
    await until_speaking(caller)
    await asyncio.sleep(0.5)


async def interrupting(caller: Caller) -> None:
    """Our speech is held, and it is not yet known what for."""
    await caller.hears()
    await caller.say(QUESTION)
    await until_speaking(caller)
    await asyncio.sleep(1.0)
    await caller.begin("угу")
    mark = len(caller.line.heard)
    await until(
        lambda: len(caller.line.heard) > mark + 3 * FRAME and not any(caller.line.heard[-3 * FRAME :])
    )


async def asked_by_us(caller: Caller) -> None:
    await caller.hears()
    caller.press("0")
    assert "перезвонить" in await caller.hears()


async def keying(caller: Caller) -> None:
    await caller.hears()
    await caller.say("какой статус моей заявки")
    await until_speaking(caller)
    caller.press("12")
    await asyncio.sleep(0.3)


STATES = (
    ringing,
    in_the_notice,
    in_the_greeting,
    saying_something,
    while_it_is_recognised,
    thinking,
    being_told_to_wait,
    in_an_answer,
    interrupting,
    asked_by_us,
    keying,
)


async def test_who_hangs_up_in_any_state_leaves_a_call_that_ends(world: World) -> None:
    def gone_in(state: Callable[[Caller], Awaitable[None]]) -> Callable[[Caller], Awaitable[None]]:
        async def scene(caller: Caller) -> None:
            await state(caller)
            caller.hang_up()
            await caller.left()
            [over] = await caller.events("call.ended")
            assert over.data["step"] == "hangup"
            recording = world.house.settings.data_dir / "recordings" / over.data["recording"]
            assert recording.is_file()
            if state in {in_an_answer, interrupting}:  # the conversation knows that not all was heard
                assert await caller.events("call.heard")

        return scene

    await side_by_side(world, {"first": in_an_answer}, 249)  # what a first call starts stays
    await nothing_remains(world)
    before = await tasks(world)
    await side_by_side(world, {state.__name__: gone_in(state) for state in STATES}, 250)
    await nothing_remains(world)
    await until_same_tasks(world, before)
