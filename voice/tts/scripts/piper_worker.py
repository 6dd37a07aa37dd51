"""piper-tts: `piper_worker.py MODEL.onnx`, its configuration beside it as `MODEL.onnx.json`."""

import re
import sys
from pathlib import Path

from piper import PiperVoice
from piper.config import PhonemeType, SynthesisConfig
from serving import Speak, Tell, serve
from stress import moved_ipa

SHARPEST = 4.0  # faster than that no voice is understood, and a length of nothing is an error
_MARKED = re.compile(r"(\w*\+\w+)([.,!?:;]*)")  # a mark after the block would be lost


def stressed(voice: PiperVoice, text: str) -> str:
    """`+` as Piper takes it: IPA in `[[ ]]`, in Russian voices that hear by espeak; else nothing of it."""
    plain = text.replace("[[", " ").replace("]]", " ")
    if voice.config.phoneme_type == PhonemeType.ESPEAK and voice.config.espeak_voice == "ru":
        plain = _MARKED.sub(lambda found: _in_ipa(voice, *found.groups()), plain).replace("]] [[", " ")
    return plain.replace("+", "")


def _in_ipa(voice: PiperVoice, marked: str, after: str) -> str:
    word = marked.replace("+", "")
    found = voice.phonemize(word)
    said = moved_ipa(marked, "".join(found[0])) if len(found) == 1 else None
    return word + after if said is None else f"[[{said}{after}]]"


def opened() -> tuple[int, Speak]:
    voice = PiperVoice.load(Path(sys.argv[1]))

    def speak(text: str, _locale: str, speed: float, tell: Tell) -> None:
        length = voice.config.length_scale / min(SHARPEST, max(1 / SHARPEST, speed))
        for chunk in voice.synthesize(stressed(voice, text), SynthesisConfig(length_scale=length)):
            tell(chunk.audio_int16_bytes)

    return voice.config.sample_rate, speak


if __name__ == "__main__":
    serve(opened)
