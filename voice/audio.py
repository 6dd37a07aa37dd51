"""Samples: rates, G.711, files and loudness. PCM as everywhere in `voice`: 16-bit little-endian mono."""

from __future__ import annotations

import io
import math
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from bot.core.errors import InvalidContent

Samples = npt.NDArray[np.int16]
_LOUDEST = 32768.0


class Resampler:
    """A stream from one rate to another; holds back a few milliseconds until `last`."""

    def __init__(self, source: int, target: int) -> None:
        self._stream = None if source == target else soxr.ResampleStream(source, target, 1, dtype="int16")

    def __call__(self, pcm: bytes, *, last: bool = False) -> bytes:
        if self._stream is None:
            return pcm
        return bytes(self._stream.resample_chunk(samples(pcm), last=last).tobytes())


def samples(pcm: bytes) -> Samples:
    """A view of whole samples; an odd last byte is left out."""
    return np.frombuffer(pcm, dtype="<i2", count=len(pcm) // 2)


def loudness(pcm: bytes) -> float:
    """Root mean square in dBFS; -96 for silence."""
    part = samples(pcm).astype(np.float32)
    power = float(part @ part) / max(1, part.size)
    return max(-96.0, 10 * math.log10(power / _LOUDEST**2 + 1e-12))


def resampled(pcm: bytes, source: int, target: int) -> bytes:
    """A whole recording at another rate."""
    return Resampler(source, target)(pcm, last=True)


def _mulaw_table() -> Samples:
    """G.711 mu-law to linear (ITU-T G.711, as in its reference code)."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_FROM_MULAW = _mulaw_table()
_ORDER = np.argsort(_FROM_MULAW, kind="stable")
_LEVELS = _FROM_MULAW[_ORDER].astype(np.int32)
_BETWEEN = (_LEVELS[1:] + _LEVELS[:-1]) // 2


def from_mulaw(coded: bytes) -> bytes:
    return _FROM_MULAW[np.frombuffer(coded, dtype=np.uint8)].tobytes()


def to_mulaw(pcm: bytes) -> bytes:
    """The nearest of the 256 levels."""
    return _ORDER[np.searchsorted(_BETWEEN, samples(pcm).astype(np.int32))].astype(np.uint8).tobytes()


def read_wav(path: Path) -> tuple[bytes, int]:
    """PCM and rate. Raises `InvalidContent` for anything but 16-bit PCM; of several channels the first."""
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            pcm = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise InvalidContent(str(path), None, f"not a readable WAV file: {error}") from error
    if width != 2:
        raise InvalidContent(str(path), None, f"{8 * width}-bit samples; 16-bit PCM is read")
    return (samples(pcm)[::channels].tobytes() if channels > 1 else pcm), rate


def wav(pcm: bytes, rate: int, channels: int = 1) -> bytes:
    """The content of a WAV file; several channels are interleaved already."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return buffer.getvalue()
