"""piper-tts: `piper_worker.py MODEL.onnx`, its configuration beside it as `MODEL.onnx.json`."""

import sys
from pathlib import Path

from piper import PiperVoice
from piper.config import SynthesisConfig
from serving import Speak, Tell, serve

SHARPEST = 4.0  # faster than that no voice is understood, and a length of nothing is an error


def opened() -> tuple[int, Speak]:
    voice = PiperVoice.load(Path(sys.argv[1]))

    def speak(text: str, _locale: str, speed: float, tell: Tell) -> None:
        length = voice.config.length_scale / min(SHARPEST, max(1 / SHARPEST, speed))
        for chunk in voice.synthesize(text.replace("+", ""), SynthesisConfig(length_scale=length)):
            tell(chunk.audio_int16_bytes)

    return voice.config.sample_rate, speak


if __name__ == "__main__":
    serve(opened)
