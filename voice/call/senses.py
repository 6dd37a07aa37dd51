"""The side of a call that hears: sound and keys in, what happened out, playback held and dropped at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import structlog

from bot.core.errors import FrontlineError
from voice.call.ear import Ear
from voice.call.errands import is_ours
from voice.call.happenings import Deaf, Gone, Happening, Keyed, Quiet, Utterance
from voice.call.keys import Keys
from voice.call.means import Means
from voice.call.mouth import Mouth
from voice.call.narrow import grammar_of
from voice.call.recording import Recording
from voice.outbound.picked_up import PickedUp
from voice.ports import Audio, Digit, Ended, Heard, Line
from voice.turn_taking import (
    BargeIn,
    CallerStarted,
    Dismissed,
    Event,
    Expected,
    Hold,
    Judge,
    Resume,
    Silence,
    TurnCapped,
    TurnEnded,
    TurnTaker,
)
from voice.turn_taking.vad import Vad
from voice.turn_taking.words import SHORT

TICK_S = 0.1  # without sound, after which the clock goes on
log = structlog.get_logger(__name__)


class Senses:
    """`tell` is called with everything that happens, in order."""

    def __init__(
        self,
        line: Line,
        means: Means,
        recording: Recording | None,
        tell: Callable[[Happening], None],
    ) -> None:
        self._line, self._recording, self._tell = line, recording, tell
        rate = line.incoming.rate
        self._taker = TurnTaker(means.settings, rate, means.ears)
        self._ear = Ear(means.recogniser, rate, on_text=self._read, on_failure=self._deaf)
        self._keys = Keys()
        self._grammar: Sequence[str] = ()
        self._news: str | None = None
        self._verdict: Heard | None = None
        self._recogniser, self._rate = means.recogniser, rate
        self._pending: list[Event] = []
        self._order = asyncio.Lock()
        self._heard_at = 0.0
        self._working: set[asyncio.Task[None]] = set()
        self.again = False  # the caller goes on with what the last utterance began
        self.mouth: Mouth | None = None
        self.gone = False
        self._picked_up = PickedUp(rate, Vad(rate, means.ears.silero)) if is_ours(line.incoming) else None

    @property
    def machine(self) -> bool:
        """Whether a machine has picked up the call that we make."""
        return self._picked_up is not None and self._picked_up.machine

    async def run(self) -> None:
        """Until the line has ended. Nobody awaits a resume after that: what is being said is dropped."""
        clock = asyncio.create_task(self._watched(self._clock))
        try:
            await self._watched(self._listen)
        finally:
            clock.cancel()
            with suppress(asyncio.CancelledError):
                await clock
            if self.mouth is not None:
                await self.mouth.drop()

    async def _listen(self) -> None:
        async for received in self._line.received():
            match received:
                case Audio():
                    await self._audio(received)
                case Digit():
                    await self._digit(received)
                case Ended():
                    self.gone = True
                    self._tell(Gone(received.reason))
                    return

    async def _watched(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A call whose ears have a defect would hear nothing any more, not even that the line has ended."""
        try:
            await work()
        except Exception as error:
            log.exception("call.deaf", call=self._line.incoming.id, error=type(error).__name__)
            self._tell(Deaf("internal_error"))

    async def close(self) -> None:
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        await self._ear.close()

    def expect(self, expected: Expected, locale: str) -> None:
        """What the question that begins to sound awaits."""
        self._taker.expect(expected)
        self._keys.expect(numbers=expected.kind == "number", lengths=expected.lengths)
        self._grammar = grammar_of(expected, locale)

    def mute(self) -> None:
        self._pending += self._taker.mute(time.monotonic())

    def unmute(self) -> None:
        self._pending += self._taker.unmute(time.monotonic())

    def bot_started(self, text: str) -> None:
        self._pending += self._taker.bot_started(time.monotonic(), text)

    def bot_finished(self) -> None:
        self._pending += self._taker.bot_finished(time.monotonic())

    def _read(self, text: str) -> None:
        self._news = text

    def _deaf(self, error: FrontlineError) -> None:
        self._tell(Deaf(error.code))

    async def _audio(self, audio: Audio) -> None:
        self._heard_at = audio.at
        if self._picked_up is not None:
            self._picked_up.hear(audio.pcm)
        if self._recording is not None:
            self._recording.caller(audio.pcm, audio.at)
        async with self._order:
            step = self._taker.audio(audio.pcm, audio.at)
            await self._act([*self._waiting(audio.at), *step.events])
            self._ear.hear(step.hear)

    async def _digit(self, digit: Digit) -> None:
        async with self._order:
            await self._act(self._taker.digit(digit.at))
            self._keyed(self._keys.press(digit.digit, digit.at))

    async def _clock(self) -> None:
        """Carriers may send nothing, for instance while a key is held."""
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            self._keyed(self._keys.tick(now))
            if now - self._heard_at > TICK_S:
                async with self._order:
                    await self._act([*self._waiting(now), *self._taker.tick(now)])

    def _waiting(self, at: float) -> list[Event]:
        """What happened since the last sound: our own side's doings, and what was recognised."""
        events, self._pending = self._pending, []
        news, self._news = self._news, None
        verdict, self._verdict = self._verdict, None
        if verdict is not None:
            events += self._taker.verdict(verdict.text, verdict.confidence, at)
        return events if news is None else events + self._taker.text(news, at)

    def _keyed(self, digits: str | None) -> None:
        if digits is not None:
            self._tell(Keyed(digits))

    async def _act(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case CallerStarted():
                    self.again = event.again
                    self._news = None
                    self._ear.start(self._grammar)
                case Judge():
                    self._beside(self._judge(event.sound))
                case Resume() | Dismissed():
                    self.again = False
                    self._ear.abandon()
                case TurnEnded():
                    self._finish(event.voice_ended, event.at)
                case TurnCapped(why="length"):
                    self._finish(event.at, event.at)
                case TurnCapped():
                    self._ear.abandon()
                    self._tell(Quiet())
                case Silence() if not self._keys.waits():
                    self._tell(Quiet())
            await self._play(event)

    async def _play(self, event: Event) -> None:
        if self.mouth is None:
            return
        match event:
            case Hold():
                await self.mouth.hold()
            case Resume():
                await self.mouth.resume()
            case BargeIn():
                await self.mouth.drop()

    def _finish(self, voice_ended: float, at: float) -> None:
        self.again = False
        self._beside(self._finished(self._ear.finish(), voice_ended, at))

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Sound goes on being heard meanwhile."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _judge(self, sound: bytes) -> None:
        """A short voice during our speech: was it one of the words that only say "go on"?"""
        try:
            listening = self._recogniser.listen(self._rate, grammar=SHORT)
            try:
                await listening.feed(sound)
                self._verdict = await listening.finish()
            finally:
                await listening.abandon()
        except FrontlineError as error:
            self._deaf(error)

    async def _finished(self, hearing: Awaitable[Heard], voice_ended: float, at: float) -> None:
        self._tell(Utterance(await asyncio.shield(hearing), voice_ended, at))
