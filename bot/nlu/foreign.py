"""Which language, other than Russian and English, a message is in.

Alphabets of their own tell at once; the others are told by the letters that they add, their commonest
words and the endings of words that Russian does not know. The table is `languages.yml`;
`docs/decisions/0009-languages.md` compares it with libraries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pycld2 as cld2

from bot.core.documents import parse_yaml

# The first that is found decides: Japanese is written with Han characters too, Persian in Arabic ones.
_SCRIPTS = tuple(
    (re.compile(f"[{letters}]"), code)
    for letters, code in (
        ("\u0531-\u058f", "hy"),
        ("\u10a0-\u10ff\u1c90-\u1cbf", "ka"),
        ("\u05d0-\u05ea", "he"),
        ("\u0370-\u03ff", "el"),
        ("\u0900-\u097f", "hi"),
        ("\u0e00-\u0e7f", "th"),
        ("\u3040-\u30ff", "ja"),
        ("\uac00-\ud7af", "ko"),
        ("\u3400-\u9fff", "zh"),
        ("\u067e\u0686\u0698\u06a9\u06af\u06cc", "fa"),
        ("\u0600-\u06ff", "ar"),
    )
)
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_APOSTROPHES = str.maketrans(dict.fromkeys("ʻʼ’‘`´", "'"))
_UZBEK = re.compile(r"(?<=[og])'(?!\s|$)")  # part of the letters oʻ and gʻ
_DOT = "\u0307"  # what lower case leaves of the Turkish İ
_LETTER, _STRANGE, _WORD_POINTS, _STEM, _ENDING = 1.0, -3.0, 3.0, 2.0, 1.5
STRANGE_SHARE = 0.5  # of a sentence's words from which two opinions that agree are believed
_SENTENCE = 3  # words
SURE_SHARE = 1 / 3  # of its words must be marked for a language to be sure, two or one with its letters
_ENDS = 5  # letters of the shortest word whose ending counts, or that tells much in Latin letters


@dataclass(frozen=True, slots=True)
class Marks:
    """How a language is told from others."""

    letters: frozenset[str]
    words: frozenset[str]
    stems: tuple[str, ...]
    endings: tuple[str, ...]

    def points(self, words: Iterable[str], strange: Iterable[str], letters: Iterable[str]) -> float:
        """How much a text speaks for the language; `strange` are its words that Russian has not."""
        score = sum(_LETTER if letter in self.letters else _STRANGE for letter in letters)
        score += sum(
            _WORD_POINTS if word in self.words else _STEM if word.startswith(self.stems) else 0.0
            for word in words
        )
        return score + sum(_ENDING for word in strange if len(word) >= _ENDS and word.endswith(self.endings))

    def has(self, word: str) -> bool:
        return word in self.words or word.startswith(self.stems)


@dataclass(frozen=True, slots=True)
class Guess:
    """`code` is None where languages cannot be told apart.

    `share` of its words speak for it and are not of Russian or English; `sure`: enough of them do, or
    CLD2 agrees about a sentence that is mostly unknown.
    """

    code: str | None
    share: float
    sure: bool


def guess(text: str, known: Callable[[str], bool]) -> Guess:
    """The likeliest language of a lower-case text by the table. `known`: is it Russian or English?"""
    for script, language in _SCRIPTS:
        if script.search(text):
            return Guess(language, 1.0, True)
    marks, words = _marks(), _words(text)
    strange = [word for word in words if _typical(word) or not known(word)]
    letters = [letter for letter in text if letter in _letters()]
    points = {code: each.points(words, strange, letters) for code, each in marks.items()}
    best, second = sorted(points, key=lambda code: -points[code])[:2]
    other = statistical(text)
    if points[best] <= 0 or not words:
        return Guess(other, 0.0, False)
    share = sum(map(marks[best].has, strange)) / len(words)
    own = any(letter in marks[best].letters for letter in letters)
    marked = share == 1 or (share * len(words) + own > 1 and share >= SURE_SHARE)
    alike = points[best] - points[second] < _WORD_POINTS
    code = (alike and other) or best
    return Guess(code, share, marked or _agree(best, other, words, strange))


def _agree(best: str, other: str | None, words: Sequence[str], strange: Sequence[str]) -> bool:
    """Whether CLD2 is believed on a text that the table does not know well."""
    long = len(words) >= _SENTENCE
    if len(strange) == len(words) and not any(map(str.isascii, words)):
        return other is not None and (long or best == other)
    return best == other and long and len(strange) >= len(words) * STRANGE_SHARE


def statistical(text: str) -> str | None:
    """The language of the table that CLD2 tells; None when it tells another, or none."""
    try:
        reliable, _, found = cld2.detect(text, bestEffort=True)
    except cld2.error:  # characters that it does not take
        return None
    code = found[0][1]
    return code if reliable and code in _marks() else None


def _typical(word: str) -> bool:
    """Whether it is foreign though it may spell something in Russian: "danke", "rahmat"."""
    return word.isascii() and len(word) >= _ENDS and any(word in each.words for each in _marks().values())


def _words(text: str) -> list[str]:
    return _WORD.findall(_UZBEK.sub("ʻ", text.replace(_DOT, "").translate(_APOSTROPHES)))


@cache
def _marks() -> Mapping[str, Marks]:
    content = parse_yaml(Path(__file__).with_name("languages.yml").read_text("utf-8"))
    return {code: _read(entry) for code, entry in content.items()}


def _read(entry: Mapping[str, str]) -> Marks:
    words = entry["words"].split()
    return Marks(
        letters=frozenset(entry["letters"]),
        words=frozenset(word for word in words if not word.endswith("*")),
        stems=tuple(word[:-1] for word in words if word.endswith("*")),
        endings=tuple(entry["endings"].split()),
    )


@cache
def _letters() -> frozenset[str]:
    return frozenset[str]().union(*(marks.letters for marks in _marks().values()))
