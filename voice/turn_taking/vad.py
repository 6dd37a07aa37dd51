"""Is there a voice: a cheap gate on loudness in front of Silero VAD, 20 ms at a time.

Silero VAD (https://github.com/snakers4/silero-vad, MIT, version 6.2) runs on onnxruntime at the line's own
rate; its file is that of the package `silero-vad`, which would bring torch along. A window of 32 ms takes
0.07 ms, 0.2 % of a core, and a silent line the gate only (`docs/decisions/0013-turn-taking.md`).
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voice.audio import loudness

MODEL = Path(__file__).parents[1] / "models" / "silero-vad" / "silero_vad.onnx"
FRAME_S = 0.02
# Probabilities at which a voice begins and ends. Silero's own 0.5 comes 15 ms later (p95: 24 ms), and what
# is taken for a voice in error costs little here: the floor judges it.
VOICE, NO_VOICE = 0.3, 0.2

_OVER_NOISE_DB = 6.0
_FAINTEST_DB = -58.0  # quieter is never a voice: telephones speak at -30 to -15
_NOISIEST_DB = -42.0  # louder noise keeps the gate open, and Silero decides
_UNKNOWN_DB = -65.0  # noise before it is known
_PART_FRAMES = 25  # half a second, of which the least loudness is kept
_WORD_DB = 32.0  # from the loudest vowel to the faintest end of a word
_FADE_DB = 8.0 * FRAME_S  # a second: how fast the loudest is forgotten
_OPEN_FRAMES = 15  # the gate stays open after the last loud frame
_BEFORE = 25  # quiet frames that Silero hears first; with 3 a start is known 0.03 s and more later (p95)
# Music or noise leaves a state that does not hear the speech after it; cleared as Pipecat does.
_RESET_WINDOWS, _CLEAR_WINDOWS, _CLEAR = 62, 5, 0.1

Floats = npt.NDArray[np.float32]


class Silero:
    """The model, shared by all calls; each has a state of its own (`Vad`)."""

    def __init__(self, path: Path = MODEL) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._rates = {rate: np.array(rate, np.int64) for rate in (8_000, 16_000)}

    def __call__(self, window: Floats, state: Floats, rate: int) -> tuple[float, Floats]:
        """Probability of voice in 32 ms with 4 ms before them, -1..1; the state after them."""
        inputs = {"input": window[None], "state": state, "sr": self._rates[rate]}
        probability, state = self._session.run(None, inputs)
        return float(probability[0, 0]), state


class Gate:
    """Loudness against the noise floor: the least of two seconds, as speech has pauses and noise has none."""

    def __init__(self) -> None:
        self.noise = _UNKNOWN_DB
        self._peak = _FAINTEST_DB
        self._smooth = self._least = _UNKNOWN_DB
        self._leasts = deque([_UNKNOWN_DB] * 4, maxlen=4)
        self._frames = self._open = 0

    def __call__(self, level: float) -> bool:
        """`level` of a frame in dBFS; whether a voice is possible, now or within 0.3 s before."""
        self._smooth += 0.4 * (level - self._smooth)
        self._least = min(self._least, self._smooth)
        self._frames += 1
        if self._frames % _PART_FRAMES == 0:
            self._leasts.append(self._least)
            self._least = self._smooth
        self.noise = max(min(self._least, *self._leasts) + 2, -75.0)
        self._peak = max(level, self._peak - _FADE_DB)
        loud = level > max(min(self.noise, _NOISIEST_DB) + _OVER_NOISE_DB, _FAINTEST_DB)
        self._open = _OPEN_FRAMES if loud else max(0, self._open - 1)
        return self._open > 0

    def audible(self, level: float) -> bool:
        """Whether a frame is loud enough for the voice of now: Silero goes on for 0.2 s after a last word."""
        return level > max(self.noise + _OVER_NOISE_DB, self._peak - _WORD_DB)


class Vad:
    """One per call, at 8,000 or 16,000 Hz. Without a model loudness alone decides."""

    def __init__(self, rate: int, model: Silero | None) -> None:
        self._rate, self._model = rate, model
        self._window = 256 * rate // 8_000
        self._context = 32 * rate // 8_000
        self._gate = Gate()
        self._quiet: deque[bytes] = deque(maxlen=_BEFORE)
        self._open = False
        self._voice = False
        self._pending = b""
        self._state: Floats = np.zeros((2, 1, 128), np.float32)
        self._last: Floats = np.zeros(self._context, np.float32)
        self._windows = self._clear = 0

    @property
    def noise(self) -> float:
        """The noise floor in dBFS."""
        return self._gate.noise

    def frame(self, pcm: bytes) -> bool:
        """Whether the voice is on at the end of these 20 ms."""
        level = loudness(pcm)
        if not self._gate(level):
            self._quiet.append(pcm)
            self._open = self._voice = False
            return False
        if self._model is None:
            return self._gate.audible(level)
        if not self._open:
            self._open = True
            self._forget()
            self._pending = b"".join(self._quiet)
            self._quiet.clear()
        self._pending += pcm
        while len(self._pending) >= 2 * self._window:
            part, self._pending = self._pending[: 2 * self._window], self._pending[2 * self._window :]
            self._hear(np.frombuffer(part, "<i2").astype(np.float32) / 32768.0, self._model)
        return self._voice and self._gate.audible(level)

    def _hear(self, window: Floats, model: Silero) -> None:
        sound = np.concatenate((self._last, window))
        probability, self._state = model(sound, self._state, self._rate)
        self._last = window[-self._context :]
        self._voice = probability >= (NO_VOICE if self._voice else VOICE)
        self._windows += 1
        self._clear = self._clear + 1 if probability < _CLEAR else 0
        if self._windows >= _RESET_WINDOWS and self._clear >= _CLEAR_WINDOWS:
            self._forget()

    def _forget(self) -> None:
        self._state = np.zeros((2, 1, 128), np.float32)
        self._last = np.zeros(self._context, np.float32)
        self._windows = self._clear = 0
