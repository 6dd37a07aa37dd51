"""Both sides of a call as one file: the caller left, our side right."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import numpy as np
import structlog

from voice.audio import samples, wav
from voice.ports import SAMPLE_BYTES, Incoming

UNFINISHED = ("caller", "ours", "part")  # suffixes of files while a call goes on
log = structlog.get_logger(__name__)


class Recording:
    """Places sound by the clock, for carriers leave gaps.

    What cannot be written, as on a full disk, ends the recording and not the call: `close` raises it.
    """

    def __init__(self, folder: Path, call: str, rate: int, begun: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{call}.wav"
        self._rate, self._begun = rate, begun
        self._sides = tuple(Side(folder / f"{call}.{name}") for name in UNFINISHED[:2])
        self._failure: OSError | None = None

    def caller(self, pcm: bytes, at: float) -> None:
        self._kept(lambda: self._sides[0].put(pcm, self._place(at)))

    def ours(self, pcm: bytes) -> None:
        """Sound that the line has taken, after what it took before."""
        self._kept(lambda: self._sides[1].put(pcm, self._place(time.monotonic())))

    def unsaid(self, seconds: float) -> None:
        """So much of the end of our side was not heard."""
        self._kept(lambda: self._sides[1].cut(int(seconds * self._rate) * SAMPLE_BYTES))

    def close(self) -> Path:
        """Writes the file; blocking. Raises `OSError`: there is none, and nothing is left of it."""
        part = self.path.with_suffix(".part")
        try:
            if self._failure is not None:
                raise self._failure
            self._mix(part)
            part.replace(self.path)
            return self.path
        finally:
            part.unlink(missing_ok=True)
            for side in self._sides:
                side.remove()

    def _mix(self, part: Path) -> None:
        caller, ours = (samples(side.taken()) for side in self._sides)
        both = np.zeros((max(len(caller), len(ours)), 2), dtype="<i2")
        both[: len(caller), 0], both[: len(ours), 1] = caller, ours
        part.write_bytes(wav(both.tobytes(), self._rate, channels=2))

    def _kept(self, work: Callable[[], None]) -> None:
        if self._failure is None:
            try:
                work()
            except OSError as error:
                self._failure = error

    def _place(self, at: float) -> int:
        return max(0, int((at - self._begun) * self._rate)) * SAMPLE_BYTES


def start_recording(incoming: Incoming, folder: Path, at: float) -> Recording | None:
    """A new one; None where it cannot be written, which the call outlives."""
    try:
        return Recording(folder, uuid4().hex, incoming.rate, at)
    except OSError as error:
        log.warning("call.not_recorded", call=incoming.id, error=error.strerror)
        return None


def forget_unfinished(folder: Path, idle_s: float) -> int:
    """Removes what a killed process left of its recordings; how many files. Blocking.

    Nobody could find them again, and they are somebody's voice. A call that goes on, of whichever process,
    writes several times a second.
    """
    found = 0
    for name in UNFINISHED:
        for file in folder.glob(f"*.{name}"):
            with suppress(OSError):  # another process was quicker
                if time.time() - file.stat().st_mtime > idle_s:
                    file.unlink()
                    found += 1
    return found


class Side:
    """One side, in a file of its own while the call goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w+b")
        self._end = 0
        self._half = b""  # of a sample, where sound comes in pieces of any length

    def put(self, pcm: bytes, place: int) -> None:
        """After what is there, or later: what lies between is silence."""
        pcm = self._half + pcm
        whole = len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES
        pcm, self._half = pcm[:whole], pcm[whole:]
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
        with suppress(OSError):  # what was not written yet cannot be
            self._file.close()
        self._path.unlink(missing_ok=True)
