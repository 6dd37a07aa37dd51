"""Utterances decoded in a few threads: what the engines of this package share.

An engine makes a `Decoder` per utterance; the pool runs its calls one after another, each in any of its
threads, while the event loop goes on. Native code releases the interpreter lock meanwhile.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import structlog

from bot.core.errors import FrontlineError
from voice.ports import SAMPLE_BYTES, Heard, Word

T = TypeVar("T")
THREADS = max(1, min(8, len(os.sched_getaffinity(0))))
log = structlog.get_logger(__name__)


class Decoder(Protocol):
    """One utterance in an engine; never used by two threads at once."""

    def accept(self, pcm: bytes) -> str:
        """Decodes; the text so far."""
        ...

    def finish(self) -> Heard: ...


class Pool:
    """Threads that decode. `name` tells them apart in a debugger."""

    def __init__(self, name: str, threads: int = THREADS) -> None:
        self._name = name
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"asr-{name}")
        self._closed = False

    def listen(self, make: Callable[[], Decoder]) -> Utterance:
        """`make` is called in a thread with the first audio: for a long grammar it takes its time."""
        if self._closed:
            raise FrontlineError("recogniser_closed", "the recogniser is closed", status=503)
        return Utterance(self, make)

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        try:
            job = asyncio.get_running_loop().run_in_executor(self._threads, self._tried, work)
        except RuntimeError as error:  # shut down
            raise FrontlineError("recogniser_closed", "the recogniser is closed", status=503) from error
        job.add_done_callback(_seen)
        return job

    def _tried(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except FrontlineError:
            raise
        except Exception as error:
            log.exception("asr.failed", engine=self._name)
            raise failed(f"{self._name} failed: {type(error).__name__}") from error

    async def close(self) -> None:
        """Returns when no thread decodes any more; utterances that were open are broken."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)


class Utterance:
    """A `Listening`. A caller that stops waiting does not stop the thread; the next call waits for it."""

    def __init__(self, pool: Pool, make: Callable[[], Decoder]) -> None:
        self._pool, self._make = pool, make
        self._decoder: Decoder | None = None
        self._turn = asyncio.Lock()
        self._job: asyncio.Future[Any] | None = None
        self._text, self._over = "", False
        self._half = b""  # of a sample

    async def feed(self, pcm: bytes) -> str:
        self._open()
        pcm = self._half + pcm
        whole = len(pcm) - len(pcm) % SAMPLE_BYTES
        pcm, self._half = pcm[:whole], pcm[whole:]
        self._text = await self._in_turn(lambda: self._decode(pcm))
        return self._text

    async def finish(self) -> Heard:
        self._open()
        try:
            return await self._in_turn(self._finished)
        finally:
            await self.abandon()

    async def abandon(self) -> None:
        """What a thread still decodes is freed by that thread."""
        self._over, self._decoder = True, None

    async def _in_turn(self, work: Callable[[], T]) -> T:
        async with self._turn:
            if self._job is not None and not self._job.done():
                await asyncio.wait([self._job])
            self._open()
            job = self._pool.submit(work)
            self._job = job
            return await asyncio.shield(job)

    def _decode(self, pcm: bytes) -> str:
        return self._text if self._over else self._ready().accept(pcm)

    def _finished(self) -> Heard:
        """The decoder is freed here, in the thread: that takes its time too."""
        decoder, self._decoder = self._ready(), None
        return decoder.finish()

    def _ready(self) -> Decoder:
        decoder = self._decoder
        if decoder is None:
            decoder = self._make()
            if not self._over:
                self._decoder = decoder
        return decoder

    def _open(self) -> None:
        if self._over:
            raise FrontlineError("utterance_over", "the utterance is over", status=409)


def failed(message: str) -> FrontlineError:
    """The engine is broken; another utterance may succeed."""
    return FrontlineError("recogniser_failed", message, status=503, retryable=True)


def heard(words: tuple[Word, ...]) -> Heard:
    """An utterance of these words."""
    if not words:
        return Heard()
    mean = sum(word.confidence for word in words) / len(words)
    return Heard(" ".join(word.text for word in words), min(1.0, max(0.0, mean)), words)


def _seen(job: asyncio.Future[Any]) -> None:
    """Nobody may wait for a job any more; its failure is logged already."""
    if not job.cancelled():
        job.exception()
