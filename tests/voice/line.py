"""A telephone line in memory: plays what it is given at the pace of a clock, and remembers what was heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from voice.ports import Audio, Digit, Ended, Incoming, NextStep, Received

AHEAD_S = 1.0


class MemoryLine:
    """`pace`: seconds of sound that are heard in a second. `left` is the step that the call ended with."""

    def __init__(self, incoming: Incoming | None = None, *, pace: float = 1.0) -> None:
        self.incoming = incoming or Incoming("call-1", "memory", 8000, caller="+79000000001")
        self.heard = bytearray()
        self.left: NextStep | None = None
        self._pace = pace
        self._queued = bytearray()
        self._inbox: asyncio.Queue[Received] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._ended = False
        self._speaker = asyncio.create_task(self._play())

    def say(self, pcm: bytes) -> None:
        self._inbox.put_nowait(Audio(pcm, time.monotonic()))

    def press(self, digit: str) -> None:
        self._inbox.put_nowait(Digit(digit, time.monotonic()))

    def hang_up(self) -> None:
        self._end("hung_up")

    async def received(self) -> AsyncIterator[Received]:
        while True:
            received = await self._inbox.get()
            yield received
            if isinstance(received, Ended):
                return

    async def play(self, pcm: bytes) -> None:
        if not self._ended:
            self._queued += pcm
        while not self._ended and len(self._queued) > self._bytes(AHEAD_S):
            await self._change()

    async def flush(self) -> float:
        unheard = len(self._queued) / self._bytes(1.0)
        self._queued.clear()
        self._tell()
        return unheard

    async def drained(self) -> None:
        while self._queued and not self._ended:
            await self._change()

    async def leave(self, step: NextStep) -> None:
        if self.left is None:
            self.left = step
            self._end("hung_up")

    async def close(self) -> None:
        self._speaker.cancel()
        await asyncio.gather(self._speaker, return_exceptions=True)

    def _end(self, reason: str) -> None:
        if not self._ended:
            self._ended = True
            self._inbox.put_nowait(Ended(reason))
            self._tell()

    async def _play(self) -> None:
        """One frame after another; silence where nothing is queued."""
        frame, due = self._bytes(0.02), time.monotonic()
        while not self._ended:
            self.heard += self._queued[:frame] or bytes(frame)
            del self._queued[:frame]
            self._tell()
            due += 0.02 / self._pace
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _change(self) -> None:
        changed = self._changed
        await changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _bytes(self, seconds: float) -> int:
        return int(seconds * self.incoming.rate) * 2
