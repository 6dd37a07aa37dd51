"""What the caller says: sound goes to the recogniser beside the call, the text so far comes back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from bot.core.errors import FrontlineError
from voice.call.narrow import listening_to
from voice.ports import SAMPLE_BYTES, Heard, Listening, Recogniser

STEP_S = 0.1  # of sound that is decoded at once, at least
KEPT_S = 30.0  # of sound that may wait for the recogniser; then the oldest is lost


class Ear:
    """One utterance at a time. `on_text` is told what is known so far; `on_failure` that nothing is heard."""

    def __init__(
        self,
        recogniser: Recogniser,
        rate: int,
        *,
        on_text: Callable[[str], None],
        on_failure: Callable[[FrontlineError], None],
    ) -> None:
        self._recogniser, self._rate = recogniser, rate
        self._on_text, self._on_failure = on_text, on_failure
        self._utterance: _Hearing | None = None
        self._finishing: dict[asyncio.Task[Heard], _Hearing] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def listens(self) -> bool:
        return self._utterance is not None

    def start(self, grammar: Sequence[str] = ()) -> None:
        """A new utterance; one that was not finished is forgotten."""
        self.abandon()
        try:
            listening = listening_to(self._recogniser, self._rate, grammar)
        except FrontlineError as error:
            self._on_failure(error)
            return
        self._utterance = _Hearing(listening, self._rate, self._on_text, self._on_failure)

    def hear(self, pcm: bytes) -> None:
        if self._utterance is not None:
            self._utterance.hear(pcm)

    def finish(self) -> Awaitable[Heard]:
        """The utterance, to be awaited; the next one may start at once."""
        utterance, self._utterance = self._utterance, None
        finishing = asyncio.create_task(self._finished(utterance))
        if utterance is not None:
            self._finishing[finishing] = utterance
            finishing.add_done_callback(self._finishing.pop)
        return finishing

    async def _finished(self, utterance: _Hearing | None) -> Heard:
        if utterance is None:
            return Heard()
        try:
            return await utterance.finish()
        except FrontlineError as error:
            self._on_failure(error)
            return Heard(utterance.text, 0.0)

    def abandon(self) -> None:
        utterance, self._utterance = self._utterance, None
        if utterance is not None:
            leaving = asyncio.create_task(utterance.abandon())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        """Returns when the recogniser is free of this call; what it still finished nobody awaits."""
        self.abandon()
        for finishing, utterance in list(self._finishing.items()):
            finishing.cancel()
            await asyncio.gather(finishing, return_exceptions=True)
            await utterance.abandon()
        if self._leaving:
            await asyncio.wait(self._leaving)


class _Hearing:
    def __init__(
        self,
        listening: Listening,
        rate: int,
        on_text: Callable[[str], None],
        on_failure: Callable[[FrontlineError], None],
    ) -> None:
        self._listening, self._on_text, self._on_failure = listening, on_text, on_failure
        self._step = int(STEP_S * rate) * SAMPLE_BYTES
        self._waiting: deque[bytes] = deque()
        self._size, self._most = 0, int(KEPT_S * rate) * SAMPLE_BYTES
        self._more, self._ended = asyncio.Event(), False
        self.text = ""
        self._work = asyncio.create_task(self._decode())

    def hear(self, pcm: bytes) -> None:
        self._waiting.append(pcm)
        self._size += len(pcm)
        while self._size > self._most:
            self._size -= len(self._waiting.popleft())
        if self._size >= self._step:
            self._more.set()

    async def finish(self) -> Heard:
        self._ended = True
        self._more.set()
        try:
            await self._work
            return await self._listening.finish()
        except FrontlineError:
            with suppress(FrontlineError):
                await self._listening.abandon()
            raise

    async def abandon(self) -> None:
        self._work.cancel()
        with suppress(asyncio.CancelledError, FrontlineError):
            await self._work
        with suppress(FrontlineError):
            await self._listening.abandon()

    async def _decode(self) -> None:
        try:
            await self._feed()
        except FrontlineError as error:
            self._on_failure(error)  # at once: the caller may go on speaking for long
            raise

    async def _feed(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            if self._waiting:
                pcm = b"".join(self._waiting)
                self._waiting.clear()
                self._size = 0
                text = await self._listening.feed(pcm)
                if text != self.text and not self._ended:
                    self._on_text(text)
                self.text = text
            elif self._ended:
                return
            if self._ended:
                self._more.set()
