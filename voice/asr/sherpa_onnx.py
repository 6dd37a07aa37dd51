"""sherpa-onnx: streaming transducers (Zipformer, the Vosk models from 0.5x on) and T-one.

The files of the folder say which: an encoder, a decoder and a joiner are a transducer; one `model.onnx` that
names itself so in its metadata is T-one. The library ends the process when it dislikes a model, hence the
trial in `open_recogniser`. It knows no grammars at run time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bot.core.errors import FrontlineError
from voice.asr.decoding import THREADS, Pool, Utterance, failed, heard
from voice.audio import Resampler, samples
from voice.ports import Heard, Word

TAIL_S = 0.66  # of silence that push the last words through the model
_METADATA = 65_536  # bytes at the end of an ONNX file where its metadata stand
_WORD_BEGINS = "\u2581"
_LAST_TOKEN_S = 0.04
_SUBFOLDERS = ("", "am-onnx", "am", "lang")  # as the published archives have them


class SherpaOnnx:
    """A `Recogniser`: one model for all calls."""

    def __init__(self, folder: Path, threads: int = THREADS) -> None:
        """Raises `model_broken`; blocks while it loads."""
        files = verify(folder)
        import sherpa_onnx

        self.name = f"sherpa_onnx {folder.name}"
        named = {name: str(path) for name, path in files.items()}
        try:
            if "model" in files:
                self._rate = 8_000
                self._engine = sherpa_onnx.OnlineRecognizer.from_t_one_ctc(**named, num_threads=1)
            else:
                self._rate = 16_000
                self._engine = sherpa_onnx.OnlineRecognizer.from_transducer(**named, num_threads=1)
        except (RuntimeError, ValueError, AssertionError) as error:
            raise broken(folder, f"sherpa-onnx cannot load it: {error}") from error
        self._pool = Pool("sherpa", threads)

    def listen(self, rate: int, *, grammar: Sequence[str] = ()) -> Utterance:
        return self._pool.listen(lambda: _Decoder(self._engine, self._rate, rate))

    async def close(self) -> None:
        await self._pool.close()


class _Decoder:
    def __init__(self, engine: Any, model_rate: int, rate: int) -> None:
        self._engine, self._rate = engine, model_rate
        self._resample = Resampler(rate, model_rate)
        self._stream = engine.create_stream()
        self._partial = ""

    def accept(self, pcm: bytes) -> str:
        self._decode(self._resample(pcm))
        self._partial = self._engine.get_result(self._stream).strip() or self._partial
        return self._partial

    def finish(self) -> Heard:
        self._decode(self._resample(b"", last=True))
        self._decode(bytes(2 * int(TAIL_S * self._rate)))
        self._stream.input_finished()
        self._run()
        result = self._engine.get_result_all(self._stream)
        words = _words(result.tokens, result.timestamps, result.ys_probs)
        return heard(words) if words else Heard(self._partial)

    def _decode(self, pcm: bytes) -> None:
        if pcm:
            self._stream.accept_waveform(self._rate, samples(pcm).astype(np.float32) / 32768)
            self._run()

    def _run(self) -> None:
        while self._engine.is_ready(self._stream):
            self._engine.decode_stream(self._stream)


def _words(
    tokens: Sequence[str], starts: Sequence[float], log_probabilities: Sequence[float]
) -> tuple[Word, ...]:
    """Pieces of words with their times, put together; without probabilities confidence is 1."""
    if len(starts) != len(tokens):
        raise failed("sherpa-onnx gives times that do not belong to its tokens")
    sure = [math.exp(one) for one in log_probabilities]
    if len(sure) != len(tokens):
        sure = [1.0] * len(tokens)
    begins = [
        at
        for at, token in enumerate(tokens)
        if at == 0 or token.startswith((" ", _WORD_BEGINS)) or not tokens[at - 1].strip()
    ]
    found = []
    for first, last in pairwise([*begins, len(tokens)]):
        text = "".join(tokens[first:last]).replace(_WORD_BEGINS, " ").strip()
        if text:
            end = starts[last - 1] + _LAST_TOKEN_S
            mean = sum(sure[first:last]) / (last - first)
            found.append(Word(text.lower(), starts[first], end, min(1.0, mean)))
    return tuple(found)


def verify(folder: Path) -> dict[str, Path]:
    """The files of the model by the names of the library's arguments. Raises `model_broken`."""
    if not folder.is_dir():
        raise broken(folder, "there is no such folder")
    parts = {name: _file(folder, name, ".onnx") for name in ("encoder", "decoder", "joiner")}
    found = {name: file for name, file in parts.items() if file is not None}
    tokens = _file(folder, "tokens", ".txt")
    if not found:
        model = _file(folder, "model", ".onnx")
        if model is None:
            raise broken(folder, "no model.onnx and no encoder*.onnx: not a folder of a sherpa-onnx model")
        if b"t-one" not in _tail(model):
            raise broken(folder, f"{model.name} is not T-one, and no streaming transducer is there")
        found["model"] = model
    elif missing := [name for name in parts if name not in found]:
        raise broken(folder, f"{missing[0]}*.onnx is missing")
    if tokens is None:
        raise broken(folder, "tokens.txt is missing")
    for file in (*found.values(), tokens):
        if file.stat().st_size == 0:
            raise broken(folder, f"{file.name} is empty")
    return {**found, "tokens": tokens}


def _file(folder: Path, stem: str, suffix: str) -> Path | None:
    """Of several, the one in 8-bit integers: half the time on a processor, the same words."""
    places = (folder / sub for sub in _SUBFOLDERS)
    files = [file for place in places for file in sorted(place.glob(f"{stem}*{suffix}")) if file.is_file()]
    return min(files, key=lambda file: ".int8." not in file.name, default=None)


def _tail(file: Path) -> bytes:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - _METADATA))
        return opened.read()


def broken(folder: Path, problem: str) -> FrontlineError:
    return FrontlineError("model_broken", f"{folder}: {problem}", status=503)
