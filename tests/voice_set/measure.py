"""Feeds scenes to a turn taker and says how good it was: delays of the sound, shares of errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from tests.voice_set.scenes import ANSWER, Scene
from tests.voice_set.speech import RATE

FRAME = RATE // 50 * 2  # bytes of 20 ms
BACK_S = 1.5  # after a back-channel within which our speech must go on
MISSED_S = 2.0  # after which an interruption has been missed

What = Literal["stop", "resume", "turn"]


@dataclass(frozen=True, slots=True)
class Happened:
    """`stop`: our sound was stopped, `resume`: it goes on, `turn`: the caller's turn is over."""

    at: float
    what: What
    text: str = ""


class Taker(Protocol):
    """A turn taker for one scene; its answer may come in any of these."""

    def begin(self, scene: Scene, says: str) -> Iterable[Happened]:
        """The scene starts; our side begins to say `says`, if it is not empty."""
        ...

    def frame(self, pcm: bytes, at: float) -> Iterable[Happened]:
        """20 ms that end at `at`."""
        ...

    def finished(self, at: float) -> Iterable[Happened]:
        """Our side has said it all."""
        ...


def play(scene: Scene, taker: Taker) -> list[Happened]:
    """Our answer stands still while it is stopped, as on a real line."""
    happened = list(taker.begin(scene, ANSWER if scene.answer_s else ""))
    left, stopped = scene.answer_s, False
    for number, start in enumerate(range(0, len(scene.pcm) - FRAME + 1, FRAME), 1):
        at = number * 0.02
        new = list(taker.frame(scene.pcm[start : start + FRAME], at))
        if left > 0 and not stopped:
            left -= 0.02
            if left <= 0:
                new += taker.finished(at)
        happened += new
        for one in new:
            stopped = (stopped or one.what == "stop") and one.what != "resume"
    return happened


@dataclass(frozen=True, slots=True)
class Outcome:
    """`delay`: None where nothing came of it. `held`: seconds for which playback stood still in vain."""

    scene: Scene
    wrong: bool
    delay: float | None = None
    held: float = 0.0


def judge(scene: Scene, happened: Sequence[Happened]) -> Outcome:
    begin, end = scene.speech[0][0], scene.speech[-1][1]
    stops = [one.at for one in happened if one.what == "stop"]
    resumes = [one.at for one in happened if one.what == "resume"]
    turns = [one.at for one in happened if one.what == "turn"]
    if scene.kind == "interruption":
        stop = next((at for at in stops if at >= begin), None)
        missed = stop is None or stop > end + MISSED_S or bool(resumes) or stops[0] < begin
        return Outcome(scene, missed, None if stop is None else stop - begin)
    if scene.kind in ("backchannel", "noise"):
        pairs = list(zip(stops, [*resumes, *[float("inf")] * len(stops)], strict=False))
        lost = bool(turns) or any(back > end + BACK_S for _, back in pairs)
        return Outcome(scene, lost, held=sum(back - at for at, back in pairs if back < float("inf")))
    if scene.kind == "noise_alone":
        return Outcome(scene, bool(turns))
    if scene.kind == "music":
        return Outcome(scene, len(turns) > 3)  # 30 s of music are not many turns
    early = [at for at in turns if at < end]
    after = [at for at in turns if at >= end]
    return Outcome(scene, bool(early) or not after, after[0] - end if after and not early else None)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one kind of scene; `wrong` is a share, times are seconds (-1: there are none)."""

    kind: str
    scenes: int
    wrong: float
    delay_p50: float
    delay_p95: float
    stopped: float  # share of scenes in which playback was stopped for a moment
    held_p50: float

    def __str__(self) -> str:
        return (
            f"{self.kind:16} n={self.scenes:3} wrong={100 * self.wrong:5.1f} %  "
            f"delay p50={self.delay_p50:5.2f} p95={self.delay_p95:5.2f}  "
            f"held in {100 * self.stopped:3.0f} %, p50={self.held_p50:5.2f}"
        )


def figures(outcomes: Iterable[Outcome]) -> dict[str, Figures]:
    """By kind; see `scenes` for the kinds and `judge` for what is wrong in each."""
    kinds: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        kinds.setdefault(outcome.scene.kind, []).append(outcome)
    return {kind: _of_kind(kind, some) for kind, some in kinds.items()}


def _of_kind(kind: str, some: list[Outcome]) -> Figures:
    delays = [one.delay for one in some if one.delay is not None] or [-1.0]
    held = [one.held for one in some if one.held] or [-1.0]
    return Figures(
        kind,
        len(some),
        sum(one.wrong for one in some) / len(some),
        float(np.percentile(delays, 50)),
        float(np.percentile(delays, 95)),
        sum(one.held > 0 for one in some) / len(some),
        float(np.percentile(held, 50)),
    )
