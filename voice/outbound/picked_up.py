"""Who has picked up: a person says "hello" and listens, a machine talks on at once, or beeps.

What callers say to us in the first seconds is looked at while we say who we are, so nobody waits for it.
"""

from __future__ import annotations

import numpy as np

from voice.audio import loudness, samples
from voice.turn_taking.vad import FRAME_S, Vad

WATCHED_S = 15.0  # of the line from its beginning
MONOLOGUE_S = 3.5  # of voice; the longest greeting of tests/unit/test_picked_up.py, said slowly, has 3.0
PAUSE_S = 0.8  # within a monologue; a person who has greeted waits longer
BEEP_S = 0.3
BEEP_HZ = (420.0, 2500.0)
PURITY = 0.95  # share of the energy at one frequency: of a vowel much less
_FAINTEST_DB = -45.0


class PickedUp:
    """Of one call; `vad` is its own."""

    def __init__(self, rate: int, vad: Vad) -> None:
        self.machine = False
        self._vad = vad
        self._frame = int(rate * FRAME_S) * 2
        self._window = np.hanning(self._frame // 2)
        self._frequencies = np.fft.rfftfreq(self._frame // 2, 1 / rate)
        self._rest = b""
        self._left_s = WATCHED_S
        self._talk_s = self._pause_s = self._tone_s = 0.0
        self._tone = 0

    def hear(self, pcm: bytes) -> None:
        """Sound of the line, of any length."""
        if self.machine or self._left_s <= 0:
            return
        sound = self._rest + pcm
        whole = len(sound) - len(sound) % self._frame
        self._rest = sound[whole:]
        for start in range(0, whole, self._frame):
            self._judge(sound[start : start + self._frame])

    def _judge(self, frame: bytes) -> None:
        self._left_s -= FRAME_S
        if self._vad.frame(frame):
            self._talk_s, self._pause_s = self._talk_s + FRAME_S, 0.0
        else:
            self._pause_s += FRAME_S
            if self._pause_s > PAUSE_S:
                self._talk_s = 0.0
        tone = self._tone_of(frame)
        same = tone is not None and (self._tone_s == 0 or abs(tone - self._tone) <= 1)
        self._tone, self._tone_s = tone or 0, self._tone_s + FRAME_S if same else 0.0
        self.machine = self._talk_s >= MONOLOGUE_S or self._tone_s >= BEEP_S

    def _tone_of(self, frame: bytes) -> int | None:
        """The place in the spectrum of the only frequency that sounds."""
        if loudness(frame) < _FAINTEST_DB:
            return None
        power = np.abs(np.fft.rfft(samples(frame).astype(np.float64) * self._window)) ** 2
        peak = int(power[1:].argmax()) + 1
        if not BEEP_HZ[0] <= self._frequencies[peak] <= BEEP_HZ[1]:
            return None
        return peak if power[max(0, peak - 2) : peak + 3].sum() >= PURITY * power[1:].sum() else None
