"""Several engines as one: when one breaks or is slow, the next says the same sentence and what follows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence

import structlog

from bot.core.errors import FrontlineError
from voice.ports import Manner
from voice.tts.saying import Engine, closing, in_turn, resampled
from voice.tts.sentences import sentences

log = structlog.get_logger(__name__)

DEADLINE_S = 1.5  # until an engine's next piece, before another one speaks
LAST_DEADLINE_S = 10.0  # of an engine that is asked because nobody else is left
RETRY_S = 30.0  # until an engine that broke is asked first again


class Fallback:
    """The first of `engines` that works speaks, at the rate and under the name of the first.

    A text keeps its voice: an engine that is back speaks from the next text on.
    """

    def __init__(
        self, engines: Sequence[Engine], *, deadline_s: float = DEADLINE_S, retry_s: float = RETRY_S
    ) -> None:
        self.name, self.rate = engines[0].name, engines[0].rate
        self._engines = tuple(engines)
        self._deadline_s, self._retry_s = deadline_s, retry_s
        self._broken: dict[str, tuple[float, str]] = {}  # by name: when it is tried again, and what it had

    @property
    def problem(self) -> str | None:
        """What is wrong with whom; None when the first engine speaks."""
        problems = (self._problem(engine) for engine in self._engines)
        named = [
            f"{engine.name}: {what}" for engine, what in zip(self._engines, problems, strict=True) if what
        ]
        return "; ".join(named) or None

    @property
    def speaks(self) -> bool:
        """Whether any engine does, be it not the first."""
        return any(self._problem(engine) is None for engine in self._engines)

    def start(self) -> None:
        for engine in self._engines:
            engine.start()

    def speak(self, text: str, manner: Manner) -> AsyncGenerator[bytes, None]:
        self.start()
        told = _Told(self._order())
        return in_turn(sentences(text), lambda sentence: self._say(sentence, manner, told), self.rate)

    async def close(self) -> None:
        await asyncio.gather(*(engine.close() for engine in self._engines))

    async def _say(self, sentence: str, manner: Manner, told: _Told) -> AsyncGenerator[bytes, None]:
        while True:
            engine, deadline = told.now
            try:
                hurried = _hurried(engine, sentence, manner, deadline)
                async with closing(resampled(hurried, engine.rate, self.rate)) as said:
                    async for piece in said:
                        yield piece
            except FrontlineError as error:
                if error.code != "tts_failed":  # that is about one text
                    self._breaks(engine, error)
                if not told.next():
                    raise
            else:
                self._broken.pop(engine.name, None)
                return

    def _order(self) -> list[tuple[Engine, float]]:
        """Who is asked, how long is waited; in the end everybody again, the last first: it is the surest."""
        first = [(engine, self._deadline_s) for engine in self._engines if self._problem(engine) is None]
        again = [(engine, LAST_DEADLINE_S) for engine in reversed(self._engines)]
        return (first or again) + again

    def _problem(self, engine: Engine) -> str | None:
        again_at, what = self._broken.get(engine.name, (0.0, ""))
        return engine.problem or (what if time.monotonic() < again_at else None)

    def _breaks(self, engine: Engine, error: FrontlineError) -> None:
        self._broken[engine.name] = (time.monotonic() + self._retry_s, error.message)
        log.warning("tts.falls_back", engine=engine.name, code=error.code)


class _Told:
    """How far down the order one text has come."""

    def __init__(self, order: list[tuple[Engine, float]]) -> None:
        self._order, self._at = order, 0

    @property
    def now(self) -> tuple[Engine, float]:
        return self._order[self._at]

    def next(self) -> bool:
        if self._at + 1 == len(self._order):
            return False
        self._at += 1
        return True


async def _hurried(
    engine: Engine, sentence: str, manner: Manner, deadline: float
) -> AsyncGenerator[bytes, None]:
    """What it says; `tts_slow` when a piece takes longer than the deadline."""
    async with closing(engine.speak(sentence, manner)) as said:
        while True:
            try:
                async with asyncio.timeout(deadline):
                    piece = await anext(said)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                slow = f"no sound in {deadline} s"
                raise FrontlineError("tts_slow", slow, status=504, retryable=True) from error
            yield piece
