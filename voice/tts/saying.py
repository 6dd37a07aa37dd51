"""What engines have in common: one text after another without a gap, louder, an engine over a `Worker`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import numpy as np

from voice.audio import Resampler, samples
from voice.ports import SAMPLE_BYTES, Manner, Synthesiser
from voice.tts.sentences import pause_s, sentences
from voice.tts.worker import Worker

_LOUDEST = 32767.0
Say = Callable[[str], AsyncGenerator[bytes, None]]


class Engine(Synthesiser, Protocol):
    """A `Synthesiser` that may need time to start, and tells whether it would speak at once."""

    @property
    def problem(self) -> str | None:
        """Why it would not; safe to show."""
        ...

    def start(self) -> None:
        """Returns at once; again does nothing. Speaking starts it too."""
        ...


class WorkerEngine:
    """An engine in a process of its own. `rate` is what is given out, whatever the process makes."""

    def __init__(self, name: str, rate: int, worker: Worker) -> None:
        self.name, self.rate, self.worker = name, rate, worker

    @property
    def problem(self) -> str | None:
        return self.worker.problem

    def start(self) -> None:
        self.worker.start()

    def speak(self, text: str, manner: Manner) -> AsyncGenerator[bytes, None]:
        return in_turn(sentences(text), lambda sentence: self._say(sentence, manner), self.rate)

    async def close(self) -> None:
        await self.worker.close()

    async def _say(self, sentence: str, manner: Manner) -> AsyncGenerator[bytes, None]:
        resample: Resampler | None = None
        asked = self.worker.say(sentence, locale=manner.locale, speed=manner.speed)
        async with closing(asked) as said:
            async for piece in said:
                if resample is None:
                    resample = Resampler(self.worker.rate, self.rate)
                if changed := resample(piece):
                    yield louder(changed, manner.volume)
        if resample is not None and (rest := resample(b"", last=True)):
            yield louder(rest, manner.volume)


async def in_turn(texts: Sequence[str], say: Say, rate: int) -> AsyncGenerator[bytes, None]:
    """Says the texts with pauses between them; the next is made while the one before is being heard."""
    if len(texts) == 1:
        async with closing(say(texts[0])) as said:
            async for piece in said:
                yield piece
        return
    pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
    room = asyncio.Semaphore(2)  # the text that is heard, and the next
    making = asyncio.create_task(_make(texts, say, rate, pieces, room))
    making.add_done_callback(lambda _: pieces.put_nowait(None))
    try:
        while not (making.done() and pieces.empty()):
            made = await pieces.get()
            if made is None:
                room.release()
            else:
                yield made
        await making
    finally:
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)


async def _make(
    texts: Sequence[str], say: Say, rate: int, pieces: asyncio.Queue[bytes | None], room: asyncio.Semaphore
) -> None:
    """None in `pieces` ends a text."""
    for number, text in enumerate(texts, 1):
        await room.acquire()
        async with closing(say(text)) as said:
            async for piece in said:
                pieces.put_nowait(piece)
        if number < len(texts):
            pieces.put_nowait(silence(pause_s(text), rate))
        pieces.put_nowait(None)


@asynccontextmanager
async def closing(said: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    """What is left early stops at once, not when it is collected."""
    try:
        yield said
    finally:
        if isinstance(said, AsyncGenerator):
            await said.aclose()


async def resampled(said: AsyncIterator[bytes], source: int, target: int) -> AsyncGenerator[bytes, None]:
    resample = Resampler(source, target)
    async with closing(said):
        async for piece in said:
            if changed := resample(piece):
                yield changed
    if rest := resample(b"", last=True):
        yield rest


def silence(seconds: float, rate: int) -> bytes:
    return bytes(int(seconds * rate) * SAMPLE_BYTES)


def louder(pcm: bytes, volume: float) -> bytes:
    """By a factor; above one the peaks are bent, not cut."""
    if volume == 1.0:
        return pcm
    scaled = samples(pcm).astype(np.float32) * (volume / _LOUDEST)
    bent = np.tanh(scaled) if volume > 1 else scaled
    return (bent * _LOUDEST).astype("<i2").tobytes()
