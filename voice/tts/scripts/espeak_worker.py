"""espeak-ng through its C interface, with the library and the data of the wheel `espeakng-loader`:
`espeak_worker.py RUSSIAN_VOICE ENGLISH_VOICE WORDS_A_MINUTE`.

espeak-ng speaks one text at a time, keeps its state in globals and may crash on a text: hence a process.
"""

import ctypes
import re
import sys

import espeakng_loader
from serving import Speak, Tell, serve
from stress import moved

SLOWEST, FASTEST = 80, 450  # words a minute
BUFFER_MS = 40
SYNCHRONOUS, CHARS_UTF8, PHONEMES = 2, 1, 0x100  # espeak_ng/speak_lib.h
RATE = 1  # of its parameters
_ACUTE = re.compile("(.)\N{COMBINING ACUTE ACCENT}")
_MARKED = re.compile(r"\w*\+\w+")
_Sound = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Espeak:
    def __init__(self, russian: str, english: str, pace: int) -> None:
        self._voices, self._pace = {"ru": russian, "en": english}, pace
        self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        data = espeakng_loader.get_data_path().encode()
        self.rate = int(self._lib.espeak_Initialize(SYNCHRONOUS, BUFFER_MS, data, 0))
        if self.rate <= 0:
            raise RuntimeError(f"espeak-ng finds no data in {data.decode()}")
        self._tell: Tell | None = None
        self._now = ""
        self._heard = _Sound(self._take)  # kept: C has only the pointer
        self._lib.espeak_SetSynthCallback(self._heard)
        self._voice("ru")

    def speak(self, text: str, locale: str, speed: float, tell: Tell) -> None:
        """Sound of 40 ms at a time, as espeak makes it."""
        self._voice(locale)
        pace = round(self._pace * speed)
        self._lib.espeak_SetParameter(RATE, min(FASTEST, max(SLOWEST, pace)), 0)
        said = self.stressed(text).encode()
        self._tell = tell
        self._lib.espeak_Synth(said, len(said) + 1, 0, 1, 0, CHARS_UTF8 | PHONEMES, None, None)

    def stressed(self, text: str) -> str:
        """`+` as espeak takes it: 1.52 has no mark for stress in Russian, only phonemes in `[[ ]]`."""
        marked = _ACUTE.sub(r"+\1", text.replace("[[", " ").replace("]]", " "))
        return _MARKED.sub(self._stress, marked).replace("+", " ")

    def phonemes(self, word: str) -> list[str]:
        """By espeak's own names; `'` before a stressed vowel."""
        text = ctypes.create_string_buffer(word.encode() + b"\0")
        at = ctypes.pointer(ctypes.c_void_p(ctypes.addressof(text)))
        found = self._lib.espeak_TextToPhonemes(at, CHARS_UTF8, ord("_") << 8)
        return [] if found is None else str(found.decode()).strip().split("_")

    def _stress(self, marked: re.Match[str]) -> str:
        word = marked[0].replace("+", "")
        said = moved(marked[0], self.phonemes(word.lower()))
        return word if said is None else f"[[{'_'.join(said)}]]"

    def _take(self, sound: "ctypes._Pointer[ctypes.c_short]", size: int, _events: int) -> int:
        if sound and size and self._tell is not None:
            try:
                self._tell(ctypes.string_at(sound, size * 2))
            except OSError:  # nobody listens any more
                return 1
        return 0

    def _voice(self, locale: str) -> None:
        voice = self._voices.get(locale, self._voices["ru"])
        if voice == self._now:
            return  # it reads megabytes of dictionary
        if self._lib.espeak_SetVoiceByName(voice.encode()):
            raise RuntimeError(f"espeak-ng has no voice {voice}")
        self._now = voice


def opened() -> tuple[int, Speak]:
    russian, english, pace = sys.argv[1:4]
    engine = Espeak(russian, english, int(pace))
    return engine.rate, engine.speak


if __name__ == "__main__":
    serve(opened)
