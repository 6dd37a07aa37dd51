"""Samples: what goes in comes out, at other rates and in G.711."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import InvalidContent
from voice.audio import Resampler, from_mulaw, loudness, read_wav, resampled, samples, to_mulaw, wav


def tone(rate: int, seconds: float = 1.0, hertz: float = 440.0, level: float = 0.5) -> bytes:
    moments = np.arange(int(rate * seconds)) / rate
    return (np.sin(2 * np.pi * hertz * moments) * level * 32767).astype("<i2").tobytes()


def test_a_stream_in_pieces_resamples_like_the_whole() -> None:
    pcm = tone(8000)
    stream = Resampler(8000, 16000)
    pieces = [stream(pcm[at : at + 320]) for at in range(0, len(pcm), 320)] + [stream(b"", last=True)]
    whole = resampled(pcm, 8000, 16000)
    assert abs(len(b"".join(pieces)) - len(whole)) <= 4
    assert len(whole) == 2 * len(pcm)
    assert Resampler(8000, 8000)(pcm) == pcm


def test_mulaw_keeps_speech_and_its_own_levels() -> None:
    pcm = tone(8000)
    error = samples(from_mulaw(to_mulaw(pcm))).astype(float) - samples(pcm)
    assert 10 * np.log10(np.mean(samples(pcm).astype(float) ** 2) / np.mean(error**2)) > 35
    levels = from_mulaw(bytes(range(256)))
    assert from_mulaw(to_mulaw(levels)) == levels
    assert (samples(from_mulaw(b"\x00\x80\xff\x7f")) == [-32124, 32124, 0, 0]).all()


def test_loudness_is_in_decibels_below_full_scale() -> None:
    assert loudness(b"") == loudness(bytes(320)) == -96.0
    assert loudness(tone(8000, level=1.0)) == pytest.approx(-3.01, abs=0.1)


def test_a_file_reads_back_and_a_broken_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(tone(8000), 8000))
    assert read_wav(path) == (tone(8000), 8000)
    path.write_bytes(b"RIFF nonsense")
    with pytest.raises(InvalidContent, match=r"a\.wav"):
        read_wav(path)
