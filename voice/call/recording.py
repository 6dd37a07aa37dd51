"""Both sides of a call as one file: the caller left, our side right."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

import numpy as np

from voice.audio import samples, wav
from voice.ports import SAMPLE_BYTES


class Recording:
    """Places sound by the clock, for carriers leave gaps; a folder that cannot be written ends it quietly."""

    def __init__(self, folder: Path, call: str, rate: int, begun: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{call}.wav"
        self._rate, self._begun = rate, begun
        self._sides = tuple(Side((folder / f"{call}.{name}").open("w+b")) for name in ("caller", "ours"))

    def caller(self, pcm: bytes, at: float) -> None:
        self._sides[0].put(pcm, self._place(at))

    def ours(self, pcm: bytes) -> None:
        """Sound that the line has taken, after what it took before."""
        self._sides[1].put(pcm, self._place(time.monotonic()))

    def unsaid(self, seconds: float) -> None:
        """So much of the end of our side was not heard."""
        self._sides[1].cut(int(seconds * self._rate) * SAMPLE_BYTES)

    def close(self) -> Path:
        """Writes the file; blocking."""
        caller, ours = (samples(side.taken()) for side in self._sides)
        both = np.zeros((max(len(caller), len(ours)), 2), dtype="<i2")
        both[: len(caller), 0], both[: len(ours), 1] = caller, ours
        part = self.path.with_suffix(".part")
        part.write_bytes(wav(both.tobytes(), self._rate, channels=2))
        part.replace(self.path)
        for side in self._sides:
            side.remove()
        return self.path

    def _place(self, at: float) -> int:
        return max(0, int((at - self._begun) * self._rate)) * SAMPLE_BYTES


class Side:
    """One side, in a file of its own while the call goes on."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = 0

    def put(self, pcm: bytes, place: int) -> None:
        """After what is there, or later: what lies between is silence."""
        place = max(place, self._end)
        self._file.seek(place)
        self._file.write(pcm)
        self._end = place + len(pcm)

    def cut(self, size: int) -> None:
        self._end = max(0, self._end - size)
        self._file.seek(self._end)
        self._file.truncate()

    def taken(self) -> bytes:
        self._file.seek(0)
        return self._file.read()

    def remove(self) -> None:
        self._file.close()
        Path(self._file.name).unlink(missing_ok=True)
