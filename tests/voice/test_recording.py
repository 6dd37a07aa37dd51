"""Recordings: both sides in their places, the unheard left out, nothing left behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from voice.audio import read_wav, samples
from voice.call.recording import Recording, forget_unfinished

RATE = 8000


def tone(level: int, seconds: float) -> bytes:
    return np.full(int(RATE * seconds), level, dtype="<i2").tobytes()


def test_both_sides_lie_where_they_were_heard(tmp_path: Path) -> None:
    begun = time.monotonic()
    recording = Recording(tmp_path / "kept", "a1", RATE, begun)
    recording.caller(tone(100, 0.5), begun + 0.5)
    recording.caller(tone(200, 0.5), begun + 2.0)  # a gap, as while a key is pressed
    recording.ours(tone(300, 2.0))
    recording.unsaid(1.5)
    recording.ours(tone(400, 0.25))
    path = recording.close()
    left, rate = read_wav(path)
    caller = samples(left)
    assert rate == RATE
    assert [int(caller[int(at * RATE)]) for at in (0.25, 0.75, 1.5, 2.25)] == [0, 100, 0, 200]
    ours = np.frombuffer(path.read_bytes()[44:], dtype="<i2").reshape(-1, 2)[:, 1]
    assert [np.count_nonzero(ours == level) for level in (300, 400)] == [RATE // 2, RATE // 4]
    assert [each.name for each in path.parent.iterdir()] == ["a1.wav"]


def test_a_call_without_a_sound_is_an_empty_file(tmp_path: Path) -> None:
    path = Recording(tmp_path, "a2", RATE, time.monotonic()).close()
    assert read_wav(path) == (b"", RATE)


def test_sound_in_pieces_of_any_length_is_whole(tmp_path: Path) -> None:
    begun = time.monotonic()
    recording = Recording(tmp_path, "a3", RATE, begun)
    sound = tone(300, 0.5)
    for start in range(0, len(sound), 333):
        recording.caller(sound[start : start + 333], begun)
    kept = samples(read_wav(recording.close())[0])
    assert np.count_nonzero(kept == 300) == len(kept) == RATE // 2


def test_what_cannot_be_written_leaves_nothing_and_is_told_at_the_end(tmp_path: Path) -> None:
    begun = time.monotonic()
    recording = Recording(tmp_path, "a4", RATE, begun)
    for side in recording._sides:
        side._file.close()
        side._file = Path("/dev/full").open("r+b", buffering=0)  # noqa: SIM115 - the side closes it
    for _ in range(3):
        recording.caller(tone(100, 0.5), begun)
        recording.ours(tone(100, 0.5))
        recording.unsaid(0.1)
    with pytest.raises(OSError, match="No space left"):
        recording.close()
    assert list(tmp_path.iterdir()) == []
    assert Path("/dev/full").exists()


def test_what_a_killed_process_left_is_removed_and_what_is_written_is_not(tmp_path: Path) -> None:
    dead = Recording(tmp_path, "a5", RATE, time.monotonic())
    for side in dead._sides:
        os.utime(side._path, (1.0, 1.0))
    alive = Recording(tmp_path, "a6", RATE, time.monotonic())
    (tmp_path / "a7.wav").touch()
    os.utime(tmp_path / "a7.wav", (1.0, 1.0))
    assert forget_unfinished(tmp_path, 60.0) == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a6.caller", "a6.ours", "a7.wav"]
    assert forget_unfinished(tmp_path / "nowhere", 60.0) == 0
    alive.close()
    for side in dead._sides:
        side.remove()
