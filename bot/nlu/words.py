"""Text to words and lemmas: one normalisation for what is indexed and for what is asked.

Typos are left alone: the scorers that read these words compare characters too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pymorphy3

from bot.core.documents import parse_yaml

_WORD = re.compile(r"[a-zа-я]+|\d+(?:[.,]\d+)?")
_STRESS = re.compile("[\u0300\u0301]")
_LONGEST_ABBREVIATION = 5  # letters


class _Russian:
    """`russian.yml` with the morphology that it needs."""

    def __init__(self) -> None:
        content = parse_yaml(Path(__file__).with_name("russian.yml").read_text("utf-8"))
        self.spellings: Mapping[str, str] = content["spellings"]
        self.letters: Mapping[str, str] = content["letters"]
        self.abbreviations = frozenset(content["abbreviations"])
        self.morph = pymorphy3.MorphAnalyzer()


@lru_cache(1)
def _russian() -> _Russian:
    return _Russian()


@lru_cache(300_000)
def lemma(word: str) -> str:
    """The dictionary form of a lower-case word without ё; a word of another language is its own."""
    return sys.intern(parses(word)[0].normal_form.replace("ё", "е"))


@lru_cache(50_000)
def parses(word: str) -> tuple[pymorphy3.analyzer.Parse, ...]:
    """What a lower-case word may be, the likeliest first."""
    morph = _russian().morph
    try:
        return tuple(morph.parse(word))
    except ValueError:  # pymorphy asks for the names of letters, and some scripts' have none
        return tuple(morph.parse("\N{REPLACEMENT CHARACTER}"))


def letter(name: str) -> str | None:
    """The letter that a word names: «эс» is «с»."""
    return _russian().letters.get(name)


@lru_cache(100_000)
def _read(word: str) -> tuple[str, str]:
    """(word as it should be spelt, its lemma)."""
    spellings = _russian().spellings
    meant = spellings.get(word)
    if meant is not None:
        return meant, lemma(meant)
    plain = lemma(word)
    return word, lemma(spellings[plain]) if plain in spellings else plain


@lru_cache(20_000)
def analyse(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(words, lemmas) of a text, aligned; lower case, ё as е, colloquial spellings folded."""
    found = _WORD.findall(_STRESS.sub("", text.lower()).replace("ё", "е"))
    pairs = [_read(word) for word in _join_letters(found)]
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def _join_letters(words: list[str]) -> list[str]:
    """Folds names of letters that a recogniser wrote apart into a known abbreviation."""
    russian = _russian()
    out, at = [], 0
    while at < len(words):
        taken = 1
        if words[at] in russian.letters:
            for size in range(_LONGEST_ABBREVIATION, 1, -1):
                part = words[at : at + size]
                if len(part) == size and all(word in russian.letters for word in part):
                    joined = "".join(russian.letters[word] for word in part)
                    if joined in russian.abbreviations:
                        out.append(joined)
                        taken = size
                        break
        if taken == 1:
            out.append(words[at])
        at += taken
    return out
