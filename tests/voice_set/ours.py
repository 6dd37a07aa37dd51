"""Our turn taker with the shipped recogniser, as slow as on a busy line."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from functools import cache
from pathlib import Path
from typing import Any

import vosk

from bot.settings import Voice
from tests.voice_set.measure import Happened
from tests.voice_set.scenes import Scene
from tests.voice_set.speech import RATE
from voice.turn_taking import (
    BargeIn,
    CallerStarted,
    Dismissed,
    Ears,
    Event,
    Hold,
    Judge,
    Resume,
    TurnCapped,
    TurnEnded,
    TurnTaker,
)  # fmt: skip
from voice.turn_taking.words import SHORT

TEXT_S = 0.12  # from a sound to its text: 100 ms are gathered, decoding takes the rest
VERDICT_S = 0.1  # from a short voice to what it was
MODEL_S = 0.1  # from a question to the turn model to its answer

ROOT = Path(__file__).parents[2]


@cache
def vosk_model() -> Any:
    vosk.SetLogLevel(-1)
    folders = (ROOT / "voice" / "models", ROOT.parent / "shared" / "models")
    return vosk.Model(str(next(f for at in folders if (f := at / "vosk-model-tiny-ru").is_dir())))


def _short(sound: bytes) -> tuple[str, float]:
    """As the product's Vosk engine does it: other speech than the phrases is left out."""
    recogniser = vosk.KaldiRecognizer(vosk_model(), RATE, json.dumps([*SHORT, "[unk]"], ensure_ascii=False))
    recogniser.SetWords(True)
    recogniser.AcceptWaveform(sound)
    found = json.loads(recogniser.FinalResult()).get("result", ())
    known = [word for word in found if word["word"] != "[unk]"]
    if not known:
        return "", 1.0
    return " ".join(word["word"] for word in known), sum(word["conf"] for word in known) / len(known)


class Later(Executor):
    """Does the work at once and tells its result after `MODEL_S` of the sound."""

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: deque[tuple[float, Future[Any], Any]] = deque()

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._waiting.append((self.now + MODEL_S, future, work(*args, **kwargs)))
        return future

    def advance(self, now: float) -> None:
        self.now = now
        while self._waiting and self._waiting[0][0] <= now:
            _, future, result = self._waiting.popleft()
            if future.set_running_or_notify_cancel():
                future.set_result(result)


class Ours:
    """One scene. `ears` are shared; its `workers` are a `Later`."""

    def __init__(self, ears: Ears, settings: Voice | None = None) -> None:
        self._taker = TurnTaker(settings or Voice(), RATE, ears)
        assert isinstance(ears.workers, Later)
        self._later = ears.workers
        self._recogniser: Any = None
        self._said, self._text = "", ""
        self._verdict: tuple[float, str, float] | None = None
        self._texts: deque[tuple[float, str]] = deque()
        self.events: list[Event] = []

    def begin(self, scene: Scene, says: str) -> Iterable[Happened]:
        self._later.advance(0.0)
        self._taker.expect(scene.expected)
        return self._done(self._taker.bot_started(0.0, says)) if says else []

    def finished(self, at: float) -> Iterable[Happened]:
        return self._done(self._taker.bot_finished(at))

    def frame(self, pcm: bytes, at: float) -> Iterable[Happened]:
        self._later.advance(at)
        step = self._taker.audio(pcm, at)
        happened = self._done(step.events)
        if step.hear and self._recogniser:
            if self._recogniser.AcceptWaveform(step.hear):
                self._said += " " + json.loads(self._recogniser.Result())["text"]
            text = f"{self._said} {json.loads(self._recogniser.PartialResult()).get('partial', '')}".strip()
            self._texts.append((at + TEXT_S, text))
        if self._verdict and self._verdict[0] <= at:
            verdict, self._verdict = self._verdict, None
            happened += self._done(self._taker.verdict(*verdict[1:], at))
        while self._texts and self._texts[0][0] <= at:
            self._text = self._texts.popleft()[1]
            happened += self._done(self._taker.text(self._text, at))
        return happened

    def _done(self, events: list[Event]) -> list[Happened]:
        happened = []
        self.events += events
        for event in events:
            match event:
                case CallerStarted():
                    self._recogniser = vosk.KaldiRecognizer(vosk_model(), RATE)
                    self._said = self._text = ""
                    self._texts.clear()
                case Judge():
                    self._verdict = (event.at + VERDICT_S, *_short(event.sound))
                case Hold():
                    happened.append(Happened(event.at, "stop"))
                case BargeIn() if event.why == "digit":
                    happened.append(Happened(event.at, "stop"))
                case Resume():
                    happened.append(Happened(event.at, "resume"))
                case TurnEnded() | TurnCapped():
                    happened.append(Happened(event.at, "turn", self._text))
            if isinstance(event, Resume | Dismissed | TurnEnded | TurnCapped):
                self._recogniser = None
                self._texts.clear()
        return happened
