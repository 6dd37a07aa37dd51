"""A caller with a voice and ears: speaks by espeak, understands by the shipped model, in real time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from line import MemoryLine

from bot.core.types import Event
from bot.web.house import House
from voice.audio import loudness
from voice.call.talk import Across
from voice.gateway import Gateway
from voice.ports import Incoming, Manner, NextStep, Recogniser
from voice.tts import Engine, pieces

FRAME_S, RATE = 0.02, 8000
FRAME = int(FRAME_S * RATE) * 2
QUIET_S = 0.7  # after which the other side has finished speaking
PATIENCE_S = 40.0


@dataclass
class World:
    """What all callers of a run share. `across` is the way to the application's loop."""

    house: House
    across: Across
    gateway: Gateway
    voice: Engine
    ears: Recogniser


class Caller:
    def __init__(self, world: World, line: MemoryLine) -> None:
        self.world, self.line = world, line
        self._outgoing = bytearray()
        self._mark = 0
        self._call = asyncio.create_task(world.gateway.answer(line))
        self._mouth = asyncio.create_task(self._speak())

    async def say(self, text: str, *, speed: float = 1.0) -> None:
        """Returns when it has been said."""
        self._mark = len(self.line.heard)
        await self.begin(text, speed=speed)
        while self._outgoing:
            await asyncio.sleep(FRAME_S)
        self._mark = len(self.line.heard)

    def attend(self) -> None:
        """What was heard until now counts no more."""
        self._mark = len(self.line.heard)

    async def begin(self, text: str, *, speed: float = 1.0) -> None:
        """Returns when the first sound leaves."""
        sound = [piece async for piece in pieces(self.world.voice, text, Manner(speed=speed), RATE)]
        self._outgoing += b"".join(sound)

    def press(self, digits: str) -> None:
        self._mark = len(self.line.heard)
        for digit in digits:
            self.line.press(digit)

    async def hears(self) -> str:
        """The words of the other side since our last, once it has finished speaking."""
        await self.until_spoken()
        return await self.words()

    async def words(self) -> str:
        listening = self.world.ears.listen(RATE)
        await listening.feed(bytes(self.line.heard[self._mark :]))
        return (await listening.finish()).text

    async def until_spoken(self) -> None:
        """Until the other side has said something since our last word and is quiet again."""
        spoke, quiet, at = False, 0.0, self._mark
        async with asyncio.timeout(PATIENCE_S):
            while not (spoke and quiet >= QUIET_S) and not self._call.done():
                while len(self.line.heard) - at < FRAME and not self._call.done():
                    await asyncio.sleep(FRAME_S)
                sounds = loudness(bytes(self.line.heard[at : at + FRAME])) > -50
                spoke, quiet, at = spoke or sounds, 0.0 if sounds else quiet + FRAME_S, at + FRAME

    def quiet_since(self) -> float:
        """Seconds since the other side fell silent."""
        at, heard = len(self.line.heard), self.line.heard
        while at >= FRAME and loudness(bytes(heard[at - FRAME : at])) <= -50:
            at -= FRAME
        return (len(heard) - at) / 2 / RATE

    def hang_up(self) -> None:
        self.line.hang_up()

    async def left(self) -> NextStep | None:
        """Where the call went when the other side ended its part."""
        await asyncio.wait_for(asyncio.shield(self._call), PATIENCE_S)
        return self.line.left

    async def events(self, kind: str | None = None) -> list[Event]:
        """Of the caller's conversation."""
        events = await self.world.across(self._events())
        return [event for event in events if kind is None or event.kind == kind]

    async def said(self) -> list[tuple[str, str]]:
        """Who said what, as it stands in the conversation."""
        return [(event.data["author"], event.data["text"]) for event in await self.events("message")]

    async def close(self) -> None:
        """Raises `TimeoutError` when the other side goes on with a call that is over."""
        self.line.hang_up()
        self._mouth.cancel()
        try:
            await asyncio.wait_for(asyncio.gather(self._call, return_exceptions=True), PATIENCE_S)
        finally:
            await asyncio.gather(self._mouth, return_exceptions=True)
            await self.line.close()

    async def _events(self) -> list[Event]:
        conversations = self.world.house.store.conversations
        found = await conversations.find("phone", self.line.incoming.caller)
        return [] if found is None else await conversations.events(found.id)

    async def _speak(self) -> None:
        """A frame every 20 ms, silence where nothing is said."""
        due = time.monotonic()
        while True:
            frame = bytes(self._outgoing[:FRAME]).ljust(FRAME, b"\0")
            del self._outgoing[:FRAME]
            self.line.say(frame)
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))


@asynccontextmanager
async def calling(world: World, number: str, **more: object) -> AsyncIterator[Caller]:
    """A call from this number, hung up at the end."""
    name = f"call-{number}-{time.monotonic_ns()}"
    line = MemoryLine(Incoming(name, "memory", RATE, caller=number, **more))  # type: ignore[arg-type]
    caller = Caller(world, line)
    try:
        yield caller
    finally:
        await caller.close()
