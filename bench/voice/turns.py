"""Turn taking on the scenes of `tests/voice_set`: ours in the time of the sound, Pipecat's in real time.

Ours is told each text 100 ms after its sound. Pipecat hears and speaks through its websocket transport, so
its delays include a few milliseconds of the network. It cannot hold an answer and go on: where it stops for
a back-channel, the answer is lost. It plays every sixth scene of each kind, for that takes as long as the
sound, and each three times: with its defaults (any voice interrupts, smart-turn ends a turn), with three
words at least to interrupt, and with silence in place of smart-turn, which knows human voices and not
espeak's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.figures import Figure
from bench.voice.exchange import Exchange
from bench.voice.served import Served, has_pipecat, load, pipecat
from bot.settings import Voice
from tests.voice_set.measure import Figures, Happened, Outcome, figures, judge, play
from tests.voice_set.ours import Later, Ours
from tests.voice_set.scenes import ANSWER, Scene, all_scenes
from voice.turn_taking import Ears

SIZE, QUICK, SEED = 100, 16, 4
EACH = 6  # scene that Pipecat plays too
AT_ONCE = 10  # scenes in real time
PEERS: dict[str, dict[str, Any]] = {
    "Pipecat": {"min_words": 0},
    "Pipecat, 3 words": {"min_words": 3},
    "Pipecat, 3 words and silence": {"min_words": 3, "silence_s": 0.6},
}
DICTATIONS = ("dictation", "dictation_open")
ANYTHING = "Хорошо."  # what Pipecat answers to a turn
_KINDS = {
    "interruption": "interruptions: answer goes on all the same",
    "backchannel": "back-channels: false stops",
    "dictation": "dictated numbers of known length: cut",
    "dictation_open": "dictated numbers of unknown length: cut",
    "question": "questions: cut or not taken",
    "hesitation": "questions with pauses to think: cut",
    "yes_no": "yes or no: cut or not taken",
    "noise": "coughs during our speech: false stops",
    "noise_alone": "coughs in silence: taken for turns",
    "music": "music of 30 s: more than three turns",
}


def run(folder: Path, *, quick: bool = False) -> Sequence[Figure]:
    """`make bench-voice` installs Pipecat; without it ours is measured alone."""
    scenes = all_scenes(QUICK if quick else SIZE, SEED)
    found = [Figure("load average before", load(), "")]
    ours = _ours(scenes)
    found += _figures("ours", ours, targets=True)
    if has_pipecat():
        same = _some(scenes)
        found += _figures("ours, scenes of Pipecat", [one for one in ours if one.scene in same])
        for name, options in PEERS.items():
            with pipecat(folder / name, [ANYTHING], **options) as peer:
                found += _figures(name, asyncio.run(_peers(peer, same)))
    return [*found, Figure("load average after", load(), "")]


def _some(scenes: Sequence[Scene]) -> list[Scene]:
    """Every sixth of each kind."""
    kinds: dict[str, list[Scene]] = {}
    for scene in scenes:
        kinds.setdefault(scene.kind, []).append(scene)
    return [scene for some in kinds.values() for scene in some[::EACH]]


def _ours(scenes: Sequence[Scene]) -> list[Outcome]:
    ears = replace(Ears.open(Voice()), turns=None, workers=Later())
    return [judge(scene, play(scene, Ours(ears))) for scene in scenes]


async def _peers(peer: Served, scenes: Sequence[Scene]) -> list[Outcome]:
    exchange = Exchange(peer.port, peer.path)
    waiting, outcomes = list(scenes), list[Outcome]()

    async def calls() -> None:
        while waiting:
            scene = waiting.pop()
            outcomes.append(judge(scene, await _played(exchange, scene)))

    async with exchange.ticking():
        await asyncio.gather(*(calls() for _ in range(AT_ONCE)))
    return outcomes


async def _played(exchange: Exchange, scene: Scene) -> list[Happened]:
    """The scene begins with the first sound of the answer, as in `measure.play`."""
    says = f"&says={quote(ANSWER)}" if scene.answer_s else ""
    async with exchange.call("79000000000", says) as line:
        begun = await line.answered(10) if says else None
        line.notes.clear()
        ended = await line.say(scene.pcm)
        begun = ended - scene.seconds
        return [Happened(at - begun, "stop" if what == "stop" else "turn") for at, what in line.notes]


def _figures(name: str, outcomes: Sequence[Outcome], *, targets: bool = False) -> Iterator[Figure]:
    found = figures(outcomes)
    for kind, text in _KINDS.items():
        one = found[kind]
        yield Figure(f"{name}: {one.scenes} {text}", 100 * one.wrong, "%", at_most=_most(kind, targets))
        if one.delay_p50 >= 0:
            yield Figure("  delay p50", 1000 * one.delay_p50, "ms")
            most = 200 if targets and kind == "interruption" else None
            yield Figure("  delay p95", 1000 * one.delay_p95, "ms", at_most=most)
    dictated = sum(found[kind].wrong for kind in DICTATIONS) / len(DICTATIONS)
    yield Figure(f"{name}: all dictated numbers: cut", 100 * dictated, "%", at_most=2 if targets else None)
    yield from _sums(name, found)


def _most(kind: str, targets: bool) -> float | None:
    return 2 if targets and kind == "backchannel" else None


def _sums(name: str, found: dict[str, Figures]) -> Iterator[Figure]:
    """What the peer is compared by: over all scenes of a sort, how many went wrong."""
    ends = (*DICTATIONS, "question", "hesitation", "yes_no")
    false = ("backchannel", "noise")
    for text, kinds in (("wrong turn ends", ends), ("false interruptions", false)):
        scenes = sum(found[kind].scenes for kind in kinds)
        wrong = sum(found[kind].scenes * found[kind].wrong for kind in kinds)
        yield Figure(f"{name}: {text} of {scenes}", 100 * wrong / scenes, "%")
