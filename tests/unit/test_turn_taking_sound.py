"""The loudness gate, voice detection at both rates, and the features of the turn model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import InvalidContent
from voice.turn_taking import find_turn_model
from voice.turn_taking.smart_turn import SmartTurn, log_mel
from voice.turn_taking.vad import Gate, Silero, Vad


def tone(seconds: float, level: float, rate: int) -> bytes:
    """A hum without words, `level` in dBFS."""
    time = np.arange(round(seconds * rate)) / rate
    return (
        (np.sin(2 * np.pi * 440 * time) * 10 ** (level / 20) * 46_340)
        .clip(-32_768, 32_767)
        .astype("<i2")
        .tobytes()
    )


def test_the_gate_opens_over_the_noise_it_has_heard() -> None:
    gate = Gate()
    for _ in range(200):
        gate(-52.0)
    assert round(gate.noise) == -50
    assert not gate(-52.0)
    assert gate(-30.0)
    assert gate(-52.0), "open for a while after a loud frame"
    assert gate.audible(-30.0)
    assert not gate.audible(-52.0)


def test_loud_noise_leaves_the_decision_to_silero() -> None:
    gate = Gate()
    assert all(gate(-25.0) for _ in range(500))


@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_silence_and_a_hum_are_no_voice(rate: int) -> None:
    vad = Vad(rate, Silero())
    frame = rate // 50 * 2
    sound = bytes(frame * 50) + tone(2, -20, rate) + bytes(frame * 50)
    voiced = [vad.frame(sound[at : at + frame]) for at in range(0, len(sound), frame)]
    assert sum(voiced) <= len(voiced) * 0.05


def test_without_a_model_loudness_decides() -> None:
    vad = Vad(8_000, None)
    assert not vad.frame(bytes(320))
    assert vad.frame(tone(0.02, -20, 8_000))


def test_features_are_those_of_whisper() -> None:
    """Values of `transformers.WhisperFeatureExtractor(chunk_length=8)` with `do_normalize`."""
    time = np.arange(3 * 16_000) / 16_000
    chirp = (0.3 * np.sin(2 * np.pi * (200 + 900 * time) * time)).astype(np.float32)
    features = log_mel(chirp)
    assert features.shape == (80, 800)
    assert features.dtype == np.float32
    whisper = {
        (0, 0): -0.21722,
        (10, 499): 0.57126,
        (20, 520): 0.20921,
        (35, 600): -0.21722,
        (50, 700): -0.21722,
        (70, 760): -0.21722,
        (79, 799): 0.31629,
    }
    for (mel, frame), value in whisper.items():
        assert features[mel, frame] == pytest.approx(value, abs=1e-4)
    assert features.mean() == pytest.approx(-0.170382, abs=1e-5)


def test_longer_sound_is_cut_at_its_beginning() -> None:
    sound = np.random.default_rng(1).standard_normal(20 * 16_000).astype(np.float32)
    assert np.array_equal(log_mel(sound), log_mel(sound[-8 * 16_000 :]))


def test_a_turn_model_that_is_set_must_be_one(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(b"nothing")
    assert find_turn_model(str(file)) == file
    with pytest.raises(InvalidContent):
        SmartTurn(file)
