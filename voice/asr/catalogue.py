"""Models that can be had: where they are published, under which licence, what is known of their files.

Checksums are those that several independent projects pin for the same address. Where none is published
(`sha256` is empty) the first download is recorded and later ones are compared with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MB = 1_000_000
_VOSK = "https://alphacephei.com/vosk/models"
_SHERPA = "https://github.com/k2-fsa/sherpa-onnx/releases/download/asr-models"
_STREAMING = (
    "https://huggingface.co/alphacep/vosk-model-streaming-ru/resolve/83bbf6f40059480e96251be8aed3d32bc7c80c33"
)
_PIPER = "https://huggingface.co/rhasspy/piper-voices/resolve/v1.0.0/ru/ru_RU"


@dataclass(frozen=True, slots=True)
class Part:
    """A file to download of about `size` bytes. `name`: its own; empty: it is an archive of the model."""

    url: str
    size: int
    sha256: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """`engine`: of `voice.asr` or `voice.tts`. `terms`: where the licence is told."""

    name: str
    engine: str
    language: str
    licence: str
    terms: str
    note: str
    parts: tuple[Part, ...] = field(repr=False)

    @property
    def hears(self) -> bool:
        return self.engine != "piper"

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)


def _vosk(name: str, language: str, size: int, note: str) -> Model:
    parts = (Part(f"{_VOSK}/{name}.zip", size),)
    return Model(name, "vosk", language, "Apache-2.0", _VOSK, note, parts)


def _piper(speaker: str, licence: str, note: str) -> Model:
    name = f"ru_RU-{speaker}-medium"
    folder = f"{_PIPER}/{speaker}/medium"
    parts = (
        Part(f"{folder}/{name}.onnx", 63 * MB, name=f"{name}.onnx"),
        Part(f"{folder}/{name}.onnx.json", 5_000, name=f"{name}.onnx.json"),
    )
    return Model(f"piper-{name}", "piper", "ru", licence, f"{folder}/MODEL_CARD", note, parts)


CATALOGUE = (
    _vosk("vosk-model-small-ru-0.22", "ru", 45 * MB, "small, run-time grammars; the first real step"),
    _vosk("vosk-model-ru-0.42", "ru", 1_800 * MB, "large, takes gigabytes of memory; no run-time grammars"),
    _vosk("vosk-model-small-en-us-0.15", "en", 40 * MB, "small, run-time grammars"),
    Model(
        "sherpa-onnx-streaming-t-one-russian-2025-09-08",
        "sherpa_onnx",
        "ru",
        "Apache-2.0",
        "https://github.com/voicekit-team/T-one/blob/main/LICENSE",
        "T-one: made for Russian telephone calls, 8 kHz; the best of these on the phone",
        (
            Part(
                f"{_SHERPA}/sherpa-onnx-streaming-t-one-russian-2025-09-08.tar.bz2",
                128_468_156,
                "b9c907450e99a6e5049e279bf18368a17db0bdc5e63b7fa978943138debbe3ae",
            ),
        ),
    ),
    Model(
        "sherpa-onnx-streaming-zipformer-small-ru-vosk-int8-2025-08-16",
        "sherpa_onnx",
        "ru",
        "Apache-2.0",
        "https://huggingface.co/alphacep/vosk-model-small-streaming-ru",
        "small Zipformer in 8-bit integers",
        (
            Part(
                f"{_SHERPA}/sherpa-onnx-streaming-zipformer-small-ru-vosk-int8-2025-08-16.tar.bz2",
                24_110_855,
                "6ba68a01ff3c5445aaf2d61e9b97b026f1149dcc9049d11af3f44f55176341d8",
            ),
        ),
    ),
    Model(
        "vosk-model-streaming-ru-0.56",
        "sherpa_onnx",
        "ru",
        "Apache-2.0",
        "https://huggingface.co/alphacep/vosk-model-streaming-ru",
        "Zipformer in 8-bit integers",
        (
            Part(f"{_STREAMING}/am-onnx/encoder.int8.onnx", 70 * MB, name="encoder.int8.onnx"),
            Part(f"{_STREAMING}/am-onnx/decoder.int8.onnx", 1_300_000, name="decoder.int8.onnx"),
            Part(f"{_STREAMING}/am-onnx/joiner.int8.onnx", 260_000, name="joiner.int8.onnx"),
            Part(f"{_STREAMING}/lang/tokens.txt", 6_388, name="tokens.txt"),
        ),
    ),
    _piper("dmitri", "CC0 (recordings)", "a man's voice"),
    _piper("denis", "CC0 (recordings)", "a man's voice"),
    _piper("irina", "unknown (recordings of RHVoice)", "a woman's voice; ask before commercial use"),
    _piper("ruslan", "CC BY-NC-SA 4.0 (recordings)", "a man's voice; NOT for commercial use"),
)


def find(name: str, catalogue: tuple[Model, ...] = CATALOGUE) -> Model | None:
    return next((model for model in catalogue if model.name == name), None)
