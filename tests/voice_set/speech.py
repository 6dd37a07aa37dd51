"""Sounds of a telephone line at 8 kHz: voices of espeak-ng, noise, music, G.711."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import espeakng_loader
import numpy as np
import numpy.typing as npt

from voice.audio import from_mulaw, resampled, to_mulaw

RATE = 8_000
# Of these variants the shipped recogniser has learnt nothing.
VOICES = ("m4", "f3", "steph2", "adam")
Sound = npt.NDArray[np.float64]  # -1..1

_RETRIEVAL, _PHONEMES_OFF, _UTF8 = 1, 0, 1
_SPEED, _VOLUME, _PITCH = 1, 2, 3
_SEED = 1
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class _Espeak:
    """The library has one voice at a time and one callback for all.

    Its breath is noise, otherwise seeded by the clock, and a voice goes on with the wave of the one before:
    the same texts sound the same only in the same order of one process.
    """

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(Path(espeakng_loader.get_data_path()).parent).encode()
        self.rate = int(self._library.espeak_Initialize(_RETRIEVAL, 0, data, 0))
        assert self.rate > 0, "espeak-ng has no data"
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))
        self._heard: list[bytes] = []
        self._callback = _CALLBACK(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: object) -> int:
        if samples and count > 0:
            self._heard.append(ctypes.string_at(samples, 2 * count))
        return 0

    def __call__(self, text: str, voice: str, speed: int, pitch: int) -> bytes:
        assert self._library.espeak_SetVoiceByName(f"ru+{voice}".encode()) == 0, voice
        for parameter, value in ((_SPEED, speed), (_PITCH, pitch), (_VOLUME, 80)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._heard.clear()
        said = text.encode()
        assert self._library.espeak_Synth(said, len(said) + 1, 0, 1, 0, _UTF8, None, None) == 0
        self._library.espeak_Synchronize()
        return b"".join(self._heard)


@cache
def _espeak() -> _Espeak:
    return _Espeak()


@cache
def say(text: str, voice: str, speed: int = 160, pitch: int = 50) -> Sound:
    """Speech without the silence around it, -22 dBFS in the mean."""
    spoken = _espeak()
    pcm = resampled(spoken(text, voice, speed, pitch), spoken.rate, RATE)
    sound = np.frombuffer(pcm, "<i2").astype(np.float64)
    sound = _in_band(sound)
    frame = RATE // 100
    power = np.sqrt(np.mean(sound[: sound.size // frame * frame].reshape(-1, frame) ** 2, axis=1))
    audible = np.flatnonzero(power > power.max() * 10 ** (-30 / 20))
    sound = sound[audible[0] * frame : (audible[-1] + 1) * frame]
    return sound / np.sqrt(np.mean(sound**2)) * 10 ** (-22 / 20)


def _in_band(sound: Sound) -> Sound:
    """What a telephone passes: 300 to 3,400 Hz."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(sound.size, 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 3_400)] = 0
    return np.asarray(np.fft.irfft(spectrum, sound.size))


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE))


def noise(seconds: float, level: float, chance: np.random.Generator) -> Sound:
    """Noise that falls by 3 dB an octave, `level` in dBFS."""
    count = max(2, round(seconds * RATE))
    spectrum = np.fft.rfft(chance.standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 50 * count / RATE))
    sound = np.fft.irfft(spectrum, count)
    return np.asarray(sound / np.sqrt(np.mean(sound**2)) * 10 ** (level / 20))


def cough(chance: np.random.Generator) -> Sound:
    """A knock or a cough: 0.1 to 0.3 s of noise that dies away."""
    sound = noise(chance.uniform(0.1, 0.3), -20, chance)
    return sound * np.exp(-np.linspace(0, 5, sound.size))


def music(seconds: float, chance: np.random.Generator) -> Sound:
    """Music on hold: plucked chords, two notes a second."""
    sound = silence(seconds)
    time = np.arange(RATE) / RATE
    for beat in range(int(seconds * 2)):
        root = 220 * 2 ** (chance.choice([0, 2, 4, 5, 7, 9, 12]) / 12)
        chord = sum(np.sin(2 * np.pi * root * ratio * time) / ratio for ratio in (1, 1.25, 1.5, 2, 3))
        note = chord * np.exp(-3 * time) * 0.06
        part = sound[beat * RATE // 2 :][: note.size]
        part += note[: part.size]
    return sound


def telephone(sound: Sound) -> bytes:
    """300 to 3,400 Hz, G.711 there and back."""
    pcm = np.clip(_in_band(sound) * 32_767, -32_768, 32_767).astype("<i2")
    return from_mulaw(to_mulaw(pcm.tobytes()))
