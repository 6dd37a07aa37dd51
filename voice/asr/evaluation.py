"""Files heard and compared: word and character error rate, real-time factor."""

from __future__ import annotations

import asyncio
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bot.core.errors import FrontlineError, InvalidContent
from voice.asr.numbers import in_digits
from voice.audio import read_wav
from voice.ports import SAMPLE_BYTES, Heard, Recogniser

STEP_S = 0.1  # of sound that is given at once, as a call does
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Sample:
    """`file` relative to the manifest, as it is named there."""

    file: str
    path: Path
    text: str


async def transcribe(recogniser: Recogniser, path: Path, grammar: Sequence[str] = ()) -> tuple[Heard, float]:
    """A WAV file as one utterance, and its length in seconds. Raises `InvalidContent`."""
    pcm, rate = await asyncio.to_thread(read_wav, path)
    step = int(STEP_S * rate) * SAMPLE_BYTES
    listening = recogniser.listen(rate, grammar=grammar)
    try:
        for start in range(0, len(pcm), step):
            await listening.feed(pcm[start : start + step])
        return await listening.finish(), len(pcm) / SAMPLE_BYTES / rate
    finally:
        await listening.abandon()


def read_manifest(path: Path) -> list[Sample]:
    """Lines `{"file", "text"}`. Raises `InvalidContent` with the line.

    Lines with `"speech": false` are left out; `text_spoken` is taken before `text` where both are.
    """
    samples = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidContent(str(path), None, f"cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            given = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InvalidContent(str(path), number, f"is not JSON: {error}") from error
        if not isinstance(given, dict) or not all(
            isinstance(given.get(key), str) for key in ("file", "text")
        ):
            raise InvalidContent(str(path), number, 'needs an object with the texts "file" and "text"')
        if given.get("speech") is False:
            continue
        file = path.parent / given["file"]
        if not file.is_file():
            raise InvalidContent(str(path), number, f"there is no file {given['file']}")
        samples.append(Sample(given["file"], file, str(given.get("text_spoken") or given["text"])))
    if not samples:
        raise InvalidContent(str(path), None, "has no samples")
    return samples


async def evaluate(
    recogniser: Recogniser, samples: Sequence[Sample], report: Callable[[int, int], None]
) -> dict[str, Any]:
    """Error rates over all words and characters; a file that cannot be heard counts as silence."""
    words, characters, wrong, seconds = [0, 0], [0, 0], 0, 0.0
    files = []
    began, used = time.perf_counter(), time.process_time()
    for number, sample in enumerate(samples):
        error = ""
        try:
            heard, length = await transcribe(recogniser, sample.path)
        except FrontlineError as problem:
            heard, length, error = Heard(), 0.0, f"{problem.code}: {problem.message}"
        expected, got = normalised(sample.text), normalised(heard.text)
        of_words, of_characters = (distance(*pair) for pair in ((expected, got), _joined(expected, got)))
        words = [words[0] + of_words, words[1] + len(expected)]
        characters = [characters[0] + of_characters, characters[1] + len(" ".join(expected))]
        wrong += of_words > 0
        seconds += length
        files.append(
            {
                "file": sample.file,
                "expected": " ".join(expected),
                "heard": " ".join(got),
                "word_errors": of_words,
                "words": len(expected),
                "confidence": round(heard.confidence, 3),
                **({"error": error} if error else {}),
            }
        )
        report(number + 1, len(samples))
    return {
        "engine": recogniser.name,
        "n": len(files),
        "words": words[1],
        "wer": words[0] / max(1, words[1]),
        "cer": characters[0] / max(1, characters[1]),
        "wrong_files": wrong / len(files),
        "failed": sum("error" in one for one in files),
        "audio_seconds": round(seconds, 2),
        "rtf": (time.perf_counter() - began) / max(seconds, 1e-9),
        "rtf_cpu": (time.process_time() - used) / max(seconds, 1e-9),
        "files": files,
    }


def normalised(text: str) -> list[str]:
    """Words that are compared: lower case, no signs, ё as е, numbers in digits."""
    plain = unicodedata.normalize("NFC", text).lower().replace("ё", "е")
    return _WORDS.findall(in_digits(plain))


def distance(expected: Sequence[str], got: Sequence[str]) -> int:
    """Levenshtein's."""
    row = list(range(len(got) + 1))
    for at, one in enumerate(expected, 1):
        before, row[0] = row[0], at
        for where, other in enumerate(got, 1):
            before, row[where] = row[where], min(row[where] + 1, row[where - 1] + 1, before + (one != other))
    return row[-1]


def _joined(expected: list[str], got: list[str]) -> tuple[str, str]:
    return " ".join(expected), " ".join(got)
