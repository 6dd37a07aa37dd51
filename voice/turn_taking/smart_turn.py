"""Is the thought finished: smart-turn v3 on the last 8 s of sound, as Whisper's log-mel features.

The features are those of `transformers.WhisperFeatureExtractor(chunk_length=8)` with `do_normalize`, written
anew in numpy; what precedes a shorter sound is silence, whose spectrum is known and not computed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.core.errors import InvalidContent
from voice.audio import resampled, samples

SECONDS = 8
_RATE, _FFT, _HOP, _MELS = 16_000, 400, 160, 80
_LENGTH = SECONDS * _RATE

Floats = npt.NDArray[np.float32]


def _mel_filters() -> Floats:
    """Triangles on Slaney's mel scale (linear to 1 kHz, then logarithmic), of equal area; (mels, bins)."""
    step = np.log(6.4) / 27
    mels = np.linspace(0.0, 15 + np.log(8_000 / 1_000) / step, _MELS + 2)
    hertz = np.where(mels < 15, 200 * mels / 3, 1_000 * np.exp(step * (mels - 15)))
    bins = np.linspace(0, _RATE / 2, _FFT // 2 + 1)
    left, centre, right = hertz[:-2, None], hertz[1:-1, None], hertz[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * 2 / (right - left), np.float32)


_FILTERS = _mel_filters()
_WINDOW = np.hanning(_FFT + 1)[:-1].astype(np.float32)


def log_mel(sound: Floats) -> Floats:
    """Features of at most 8 s at 16 kHz, the last ones, with silence before: (80, 800)."""
    sound = sound[-_LENGTH:]
    lead = _LENGTH - sound.size  # samples of silence
    mean = float(sound.sum(dtype=np.float64)) / _LENGTH
    power = float((sound.astype(np.float64) ** 2).sum()) / _LENGTH
    scale = 1 / np.sqrt(power - mean**2 + 1e-7)
    whole = np.zeros(_LENGTH, np.float32)
    whole[lead:] = sound
    padded = np.pad((whole - np.float32(mean)) * np.float32(scale), _FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP][: _LENGTH // _HOP]
    silent = max(0, (lead - _FFT // 2) // _HOP)  # frames that see only silence; one stands for all
    spectrum = np.fft.rfft(frames[max(0, silent - 1) :] * _WINDOW, axis=-1)
    mels = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ _FILTERS.T
    mels = np.concatenate((np.repeat(mels[:1], frames.shape[0] - mels.shape[0], axis=0), mels)).T
    logs = np.log10(np.maximum(mels, 1e-10))
    return np.asarray((np.maximum(logs, logs.max() - 8) + 4) / 4, np.float32)


class SmartTurn:
    """The model, shared by all calls; 70 ms of a core a question, so asked in a thread."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's own exceptions have no common base
            raise InvalidContent(str(path), None, f"not a readable turn model: {error}") from error

    def __call__(self, pcm: bytes, rate: int) -> float:
        """Probability that the speaker is done."""
        sound = samples(resampled(pcm, rate, _RATE)).astype(np.float32) / 32768.0
        return float(self._session.run(None, {"input_features": log_mel(sound)[None]})[0][0, 0])
