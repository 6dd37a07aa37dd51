"""Sentences that were said lately, at the line's rate: an article is read to many callers.

In memory only, for a sentence may be about somebody; fixed phrases lie on disk (`voice.tts.cache`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator

from voice.ports import Manner
from voice.tts import Engine, pieces
from voice.tts.saying import closing

LIMIT_BYTES = 32 << 20  # half an hour at 8,000 Hz


class Recent:
    """Only what the first engine has said to its end is said again; the longest unused goes first."""

    def __init__(self, voice: Engine, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._voice, self._limit = voice, limit_bytes
        self._kept: OrderedDict[tuple[str, Manner, int], bytes] = OrderedDict()
        self._bytes = 0

    async def speak(self, text: str, manner: Manner, rate: int) -> AsyncGenerator[bytes, None]:
        """A verbalised text as sound of the line's rate."""
        key = text, manner, rate
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            yield kept
            return
        made: list[bytes] = []
        well = self._voice.problem is None
        async with closing(pieces(self._voice, text, manner, rate)) as said:
            async for piece in said:
                made.append(piece)
                yield piece
        if well and self._voice.problem is None and key not in self._kept:
            self._keep(key, b"".join(made))

    def _keep(self, key: tuple[str, Manner, int], pcm: bytes) -> None:
        if len(pcm) > self._limit:
            return
        self._kept[key] = pcm
        self._bytes += len(pcm)
        while self._bytes > self._limit:
            self._bytes -= len(self._kept.popitem(last=False)[1])
