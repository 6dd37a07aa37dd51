"""The call that the PBX makes for an operator: a summary where there is one, and an end in any case."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Literal

import pytest
from caller import RATE, World
from line import MemoryLine

from bot.settings import Voice
from voice.audio import loudness
from voice.call.briefing import BRIEFING, brief
from voice.call.talk import Talk
from voice.ports import HANGUP, Incoming

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def conversation(world: World, number: str, *, waits: bool = True) -> str:
    """Of somebody who waits for a person, or does not; on the loop of the calls."""
    talk = Talk(world.house, world.across, Incoming(f"call-{number}", "memory", RATE, caller=number))
    await talk.open()
    if waits:
        await talk.call_person()
    return talk.conversation_id


async def briefed(
    world: World,
    conversation_id: str,
    *,
    pbx: bool = True,
    locale: Literal["off", "ru", "en"] = "ru",
    patience_s: float | None = None,
) -> MemoryLine:
    """The line after the call. `patience_s`: after which the operator hangs up."""
    incoming = Incoming(
        "briefing", "memory", RATE, conversation_id=conversation_id, purpose=BRIEFING, pbx=pbx
    )
    line = MemoryLine(incoming)
    means = world.gateway._means
    assert means is not None
    means = replace(means, settings=Voice(carriers="audiosocket", warm_transfer=locale))
    if patience_s is not None:
        asyncio.get_running_loop().call_later(patience_s, line.hang_up)
    await brief(line, world.house, world.across, means)
    await line.close()
    assert line.left == HANGUP
    return line


async def test_an_operator_hears_why_the_caller_comes(world: World) -> None:
    async def played() -> str:
        line = await briefed(world, await conversation(world, "+79000000401"))
        listening = world.ears.listen(RATE)
        await listening.feed(bytes(line.heard))
        return (await listening.finish()).text

    heard = await world.gateway.on_calls(played())
    assert "попросил оператора" in heard
    assert "соединяю" in heard


async def test_nobody_else_hears_anything(world: World) -> None:
    async def played() -> list[MemoryLine]:
        waits = await conversation(world, "+79000000402")
        return [
            await briefed(world, waits, pbx=False),  # a browser's call
            await briefed(world, waits, locale="off"),
            await briefed(world, await conversation(world, "+79000000403", waits=False)),
            await briefed(world, "of nobody"),
            await briefed(world, ""),
        ]

    for line in await world.gateway.on_calls(played()):
        assert loudness(bytes(line.heard)) == -96


async def test_the_gateway_briefs_beside_its_limit_and_starts_no_conversation(world: World) -> None:
    async def played() -> MemoryLine:
        line = MemoryLine(Incoming("briefing", "memory", RATE, conversation_id="x", purpose=BRIEFING))
        await world.gateway.answer(line)
        await line.close()
        return line

    line = await world.gateway.on_calls(played())
    assert line.left == HANGUP  # the setting is off here: nothing is said, and no robot answers an operator
    assert loudness(bytes(line.heard)) == -96


async def test_an_operator_who_hangs_up_ends_it(world: World) -> None:
    async def played() -> tuple[MemoryLine, MemoryLine]:
        waits = await conversation(world, "+79000000404")
        return await briefed(world, waits), await briefed(world, waits, patience_s=1.0)

    whole, part = await world.gateway.on_calls(played())
    assert len(part.heard) < len(whole.heard)
