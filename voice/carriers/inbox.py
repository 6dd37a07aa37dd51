"""What came from a line and was not read yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from voice.ports import FRAME_S, Audio, Digit, Ended, Received

AUDIO_S = 5.0
DIGITS = 64  # nobody presses so many within one reading; a flood of them costs nothing
KEYS = frozenset("0123456789*#ABCD")


class Inbox:
    """Bounded: of too much audio the oldest is dropped, of too many digits the latest; both are counted."""

    def __init__(self, frames: int = int(AUDIO_S / FRAME_S)) -> None:
        self.lost_frames = 0
        self.lost_digits = 0
        self._frames = frames
        self._items: deque[Audio | Digit] = deque()
        self._audio = 0
        self._ended: Ended | None = None
        self._news = asyncio.Event()

    def audio(self, pcm: bytes, at: float) -> None:
        """Whole samples; half a sample at the end is left out."""
        pcm = pcm[: len(pcm) // 2 * 2]
        if not pcm or self._ended:
            return
        if self._audio == self._frames:
            oldest = next(place for place, item in enumerate(self._items) if isinstance(item, Audio))
            del self._items[oldest]
            self.lost_frames += 1
        else:
            self._audio += 1
        self._items.append(Audio(pcm, at))
        self._news.set()

    def digit(self, key: str, at: float) -> None:
        """What is no key of a telephone is dropped."""
        key = key.upper()
        if key not in KEYS or self._ended:
            return
        if len(self._items) - self._audio == DIGITS:
            self.lost_digits += 1
            return
        self._items.append(Digit(key, at))
        self._news.set()

    def end(self, reason: str) -> None:
        """Only the first end counts."""
        self._ended = self._ended or Ended(reason)
        self._news.set()

    @property
    def ended(self) -> Ended | None:
        return self._ended

    async def received(self) -> AsyncIterator[Received]:
        """All of it, in order, at last how the line ended."""
        while True:
            while self._items:
                item = self._items.popleft()
                self._audio -= isinstance(item, Audio)
                yield item
            if self._ended:
                yield self._ended
                return
            self._news.clear()
            await self._news.wait()
