"""Vosk: Kaldi models of the package `vosk` (0.3.45, unmodified).

What it does to a broken folder, tried with this version: most faults raise a bare `Exception`, a `model.conf`
without silence phones aborts the process at the first speech, a damaged graph makes it crash or never
return. Hence the look at the files, and a trial in a process of its own, before a model is loaded here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.core.errors import FrontlineError
from voice.asr.decoding import THREADS, Pool, Utterance, heard
from voice.audio import Resampler
from voice.ports import SAMPLE_BYTES, Heard, Word

PIECE_S = 0.2  # decoded at once: the end of a phrase is looked for between pieces
UNKNOWN = "[unk]"
KEPT_CONFIDENCE = 0.5  # of a text that was said on the way and is missing in the result
_RATE = re.compile(r"^--sample-frequency=(\d+)", re.MULTILINE)
_SILENCE = re.compile(r"^--endpoint\.silence-phones=\d", re.MULTILINE)
_GRAPHS = (("HCLr.fst", "Gr.fst"), ("HCLG.fst",))


class Vosk:
    """A `Recogniser`: one model for all calls."""

    def __init__(self, folder: Path, threads: int = THREADS) -> None:
        """Raises `model_broken`; blocks while it loads."""
        verify(folder)
        import vosk

        vosk.SetLogLevel(-1)
        self.name = f"vosk {folder.name}"
        self._rate = model_rate(folder)
        try:
            self._model = vosk.Model(str(folder))
            vosk.KaldiRecognizer(self._model, self._rate)  # graphs are read by the first one
        except Exception as error:
            raise broken(folder, "vosk cannot load it; what it printed says why") from error
        self._pool = Pool("vosk", threads)

    def listen(self, rate: int, *, grammar: Sequence[str] = ()) -> Utterance:
        return self._pool.listen(lambda: _Decoder(self._model, self._rate, rate, grammar_json(grammar)))

    async def close(self) -> None:
        await self._pool.close()


class _Decoder:
    """Vosk ends a phrase at a pause and begins the next; an utterance is all of them."""

    def __init__(self, model: Any, model_rate: int, rate: int, grammar: str) -> None:
        import vosk

        self._resample = Resampler(rate, model_rate)
        arguments = (model, model_rate, grammar) if grammar else (model, model_rate)
        self._engine = vosk.KaldiRecognizer(*arguments)
        self._engine.SetWords(True)
        self._piece = int(PIECE_S * model_rate) * SAMPLE_BYTES
        self._words: list[Word] = []
        self._partial = ""

    def accept(self, pcm: bytes) -> str:
        self._decode(self._resample(pcm))
        return " ".join([*(word.text for word in self._words), *self._partial.split()])

    def finish(self) -> Heard:
        self._decode(self._resample(b"", last=True))
        self._close(self._engine.FinalResult())
        return heard(tuple(self._words))

    def _decode(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), self._piece):
            if self._engine.AcceptWaveform(pcm[start : start + self._piece]):
                self._close(self._engine.Result())
            else:
                self._partial = known(json.loads(self._engine.PartialResult())["partial"]) or self._partial

    def _close(self, result: str) -> None:
        """The end of a phrase; where its result is empty, its last partial text stays."""
        found = json.loads(result).get("result", ())
        words = [
            Word(word["word"], word["start"], word["end"], word["conf"])
            for word in found
            if word["word"].strip() and word["word"] != UNKNOWN
        ]
        if not words and not any(word["word"] == UNKNOWN for word in found):
            words = self._kept()
        self._words += words
        self._partial = ""

    def _kept(self) -> list[Word]:
        """The words of the partial text, which has no times: all at the end of what was heard before."""
        at = self._words[-1].end if self._words else 0.0
        return [Word(text, at, at, KEPT_CONFIDENCE) for text in self._partial.split()]


def known(text: str) -> str:
    """Without what matched no phrase of a grammar."""
    return " ".join(word for word in text.split() if word != UNKNOWN)


def grammar_json(phrases: Sequence[str]) -> str:
    """What Vosk takes as a grammar; empty for none. Other speech than the phrases becomes `[unk]`."""
    said = dict.fromkeys(" ".join(re.findall(r"[^\W_]+(?:['-][^\W_]+)*", one.lower())) for one in phrases)
    said.pop("", None)
    return json.dumps([*said, UNKNOWN], ensure_ascii=False) if said else ""


def model_rate(folder: Path) -> int:
    """Hertz that the model's features are made for; Kaldi's default is 16,000."""
    for conf in (folder / "conf" / "mfcc.conf", folder / "mfcc.conf"):
        if conf.is_file() and (match := _RATE.search(conf.read_text("utf-8", "replace"))):
            return int(match[1])
    return 16_000


def verify(folder: Path) -> None:
    """Raises `model_broken` naming the first file that a model cannot be without."""
    if not folder.is_dir():
        raise broken(folder, "there is no such folder")
    if not (folder / "am" / "final.mdl").is_file() and (folder / "final.mdl").is_file():
        return  # the layout of before 2020: left to the trial
    graph = folder / "graph"
    sets = [[graph / name for name in names] for names in _GRAPHS]
    whole = next((files for files in sets if all(file.is_file() for file in files)), sets[0])
    for file in (
        folder / "am" / "final.mdl",
        folder / "conf" / "mfcc.conf",
        folder / "conf" / "model.conf",
        graph / "words.txt",
        *whole,
    ):
        if not file.is_file() or file.stat().st_size == 0:
            raise broken(folder, f"{file.relative_to(folder)} is missing or empty")
    if not _SILENCE.search((folder / "conf" / "model.conf").read_text("utf-8", "replace")):
        raise broken(folder, "conf/model.conf names no --endpoint.silence-phones")


def broken(folder: Path, problem: str) -> FrontlineError:
    return FrontlineError("model_broken", f"{folder}: {problem}", status=503)
