"""The ears of one call put together: voice detection, the floor, the turn model in a thread."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from bot.settings import Voice
from voice.turn_taking.endpoint import Expected, Pauses, find_turn_model
from voice.turn_taking.floor import AskModel, CallerStarted, Event, Floor, Judge
from voice.turn_taking.smart_turn import SECONDS, SmartTurn
from voice.turn_taking.vad import FRAME_S, Silero, Vad

PREROLL_S = 0.4  # of sound before the start is confirmed; a first «с» is no voice yet
LEAD_S = 0.2  # of it before a short voice that is judged; in more silence the grammar loses «угу»
JUDGED_S = 2.0  # of sound kept where no turn model wants more

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ears:
    """What all calls share. `turns` is None where no turn model is installed."""

    silero: Silero | None
    turns: SmartTurn | None
    workers: Executor

    @classmethod
    def open(cls, settings: Voice) -> Ears:
        """Raises `InvalidContent` where the turn model that is set cannot be read."""
        path = find_turn_model(settings.turn_model)
        log.info("turn_model", file=str(path) if path else None)
        workers = ThreadPoolExecutor(1, thread_name_prefix="turn-model")
        return cls(Silero(), SmartTurn(path) if path else None, workers)

    def close(self) -> None:
        self.workers.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Step:
    """`hear`: sound for the recogniser, empty while nobody speaks."""

    events: list[Event]
    hear: bytes


class TurnTaker:
    """One per call; see `voice.turn_taking`. Not for several threads."""

    def __init__(self, settings: Voice, rate: int, ears: Ears) -> None:
        self.floor = Floor(
            Pauses(settings.silence_s, settings.dictation_silence_s), turn_cap_s=settings.turn_cap_s
        )
        self._rate, self._ears = rate, ears
        self._vad = Vad(rate, ears.silero)
        self._frame = int(rate * FRAME_S) * 2
        self._kept = bytearray()  # the last sound: for the start of an utterance and the turn model
        self._keep = int(rate * (SECONDS if ears.turns else JUDGED_S)) * 2
        self._said = 0  # of it, the utterance
        self._rest = b""  # less than a frame
        self._opinion: Future[float] | None = None

    def audio(self, pcm: bytes, at: float) -> Step:
        """Sound that ended at `at`, of any length."""
        sound = self._rest + pcm
        whole = len(sound) - len(sound) % self._frame
        self._rest = sound[whole:]
        events: list[Event] = []
        hear = bytearray()
        for start in range(0, whole, self._frame):
            frame = sound[start : start + self._frame]
            self._kept += frame
            moment = at - (whole - start - self._frame) / (2 * self._rate)
            new = self._answered(self.floor.frame(self._vad.frame(frame), moment), moment)
            started = any(isinstance(event, CallerStarted) for event in new)
            if started:
                before = self._kept[-int(self._rate * PREROLL_S) * 2 :]
                hear, self._said = bytearray(before), len(before)
            elif self.floor.listening:
                hear += frame
                self._said += len(frame)
            events += new
        if len(self._kept) > 2 * self._keep:
            del self._kept[: -self._keep]
        return Step(events, bytes(hear))

    def text(self, partial: str, at: float) -> list[Event]:
        return self._answered(self.floor.text(partial, at), at)

    def verdict(self, text: str, confidence: float, at: float) -> list[Event]:
        """What the sound of a `Judge` was recognised as, against `words.SHORT`, and how surely (0..1)."""
        return self._answered(self.floor.verdict(text, confidence, at), at)

    def tick(self, at: float) -> list[Event]:
        return self._answered(self.floor.tick(at), at)

    def digit(self, at: float) -> list[Event]:
        return self._answered(self.floor.digit(at), at)

    def bot_started(self, at: float, says: str = "") -> list[Event]:
        return self._answered(self.floor.bot_started(at, says), at)

    def bot_finished(self, at: float) -> list[Event]:
        return self._answered(self.floor.bot_finished(at), at)

    def mute(self, at: float) -> list[Event]:
        return self._answered(self.floor.mute(at), at)

    def unmute(self, at: float) -> list[Event]:
        return self._answered(self.floor.unmute(at), at)

    def expect(self, expected: Expected) -> None:
        """What the question that begins to sound awaits; holds until the next call."""
        self.floor.expected = expected

    def _answered(self, events: list[Event], at: float) -> list[Event]:
        """The events without questions to the turn model, which are asked, and with what its answer makes."""
        known = [
            Judge(event.at, self._utterance(LEAD_S)) if isinstance(event, Judge) else event
            for event in events
            if not isinstance(event, AskModel)
        ]
        if len(known) < len(events):
            self._ask()
        if self._opinion and self._opinion.done():
            done, self._opinion = self._opinion, None
            if not done.cancelled():
                known += self.floor.opinion(done.result(), at)
        return known

    def _utterance(self, lead_s: float = PREROLL_S) -> bytes:
        """Its sound from so long before the start, the last of it if it is long."""
        said = self._said - int(self._rate * (PREROLL_S - lead_s)) * 2
        return bytes(self._kept[-min(self._keep, max(2, said)) :])

    def _ask(self) -> None:
        if self._ears.turns is None:
            return
        if self._opinion:
            self._opinion.cancel()
        self._opinion = self._ears.workers.submit(self._ears.turns, self._utterance(), self._rate)
