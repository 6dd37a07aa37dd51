"""Turn taking on synthesised scenes: interruptions, back-channels, dictated numbers, noise, music.

The same scenes give the same decisions every time; another seed of espeak-ng's breath, as another processor's
last digits, moves a few of them. So the bounds leave that room beside the targets.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.settings import Voice
from tests.voice_set.measure import Figures, figures, judge, play
from tests.voice_set.ours import Later, Ours
from tests.voice_set.scenes import all_scenes
from voice.turn_taking import Ears

pytestmark = [pytest.mark.eval, pytest.mark.slow]


@pytest.fixture(scope="module")
def measured() -> dict[str, Figures]:
    ears = replace(Ears.open(Voice()), turns=None, workers=Later())
    found = figures(judge(scene, play(scene, Ours(ears))) for scene in all_scenes())
    print(*found.values(), sep="\n")
    return found


def test_playback_stops_when_the_caller_interrupts(measured: dict[str, Figures]) -> None:
    interruptions = measured["interruption"]
    assert interruptions.delay_p95 <= 0.2
    assert interruptions.wrong <= 0.05


def test_backchannels_and_noise_do_not_end_our_speech(measured: dict[str, Figures]) -> None:
    # The target is 2 %, which six seeds of breath gave.
    assert measured["backchannel"].wrong <= 0.04
    assert measured["noise"].wrong <= 0.02
    assert measured["noise_alone"].wrong <= 0.02
    assert measured["music"].wrong == 0


def test_dictated_numbers_are_not_cut(measured: dict[str, Figures]) -> None:
    known, unknown = measured["dictation"], measured["dictation_open"]
    assert known.scenes == unknown.scenes
    assert (known.wrong + unknown.wrong) / 2 <= 0.02
    assert measured["dictation"].delay_p50 <= 0.5


def test_questions_end_soon_and_only_once(measured: dict[str, Figures]) -> None:
    assert measured["question"].wrong == 0
    assert measured["question"].delay_p50 <= 0.7
    # Pauses of 0.3 to 0.9 s, a silence of 0.6 s that ends a turn: 12 to 18 of 50 by seed.
    assert measured["hesitation"].wrong <= 0.4
