"""How much audio is ahead of the caller's ear: sent, or about to be, and not heard."""

from __future__ import annotations

import asyncio
import time

AHEAD_S = 1.0
EAR_S = 0.1  # from the PBX to the ear, in the jitter buffer of a telephone; a hang-up cuts what is in it
STALL_S = 10.0  # a peer that confirms nothing for so long is lost; under load marks come late, not so late


class Ahead:
    """Positions are bytes since the beginning of the call. Waiting raises `TimeoutError` on a stall."""

    def __init__(self, bytes_per_s: int) -> None:
        self.sent = 0
        self.heard = 0
        self._rate = bytes_per_s
        self._since = 0.0  # of the last progress
        self._paused = False
        self._closed = False
        self._changed = asyncio.Event()

    @property
    def waiting(self) -> int:
        return self.sent - self.heard

    @property
    def closed(self) -> bool:
        return self._closed

    def add(self, count: int) -> int:
        """The position after `count` bytes more."""
        if self.sent == self.heard:
            self._since = time.monotonic()
        self.sent += count
        return self.sent

    def confirm(self, position: int) -> None:
        """All up to the position has been heard; what is behind us already, or was never sent, is ignored."""
        if self.heard < position <= self.sent:
            self.heard = position
            self._since = time.monotonic()
            self._tell()

    def pause(self, paused: bool) -> None:
        self._paused = paused
        self._tell()

    def flush(self) -> int:
        """Nothing is ahead any more; how many bytes were, by the clock since the last confirmation."""
        played = int((time.monotonic() - self._since) * self._rate) if self.waiting else 0
        unheard = max(0, self.waiting - played)
        self.heard = self.sent
        self._tell()
        return unheard

    def close(self) -> None:
        self._closed = True
        self._tell()

    async def room(self, count: int) -> None:
        """Waits until `count` bytes more keep to the second ahead."""
        most = int(AHEAD_S * self._rate)
        while not self._closed and (self._paused or (self.waiting and self.waiting + count > most)):
            await self._change()

    async def empty(self) -> None:
        while self.waiting and not self._closed:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        async with asyncio.timeout(STALL_S):
            await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
