"""A message cut into words, numbers and signs that know where they stand."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(r"[0-9]+|[^\W\d_](?:[^\W\d_]|[\u0300-\u0308])*|[^\w\s]|_")
_STRESS = re.compile("[\u0300\u0301]")
LONGEST = 4000  # characters that are read; messages are shorter


class Token(NamedTuple):
    """`form`: lower case, ё as е, without stress marks. A sign is a token of its own."""

    form: str
    start: int
    end: int

    @property
    def is_digits(self) -> bool:
        return "0" <= self.form[0] <= "9"

    @property
    def is_word(self) -> bool:
        return self.form[0].isalpha()


def cut(text: str) -> tuple[Token, ...]:
    """The tokens of a text; offsets are those of the text as it came."""
    return tuple(Token(fold(match[0]), *match.span()) for match in _TOKEN.finditer(text[:LONGEST]))


def listed(*lines: str) -> frozenset[str]:
    """The words of lines."""
    return frozenset(word for line in lines for word in line.split())


@lru_cache(50_000)
def fold(word: str) -> str:
    """A word as the tables of this package spell it."""
    if not word.isascii():
        word = _STRESS.sub("", unicodedata.normalize("NFC", word))
    return word.lower().replace("ё", "е")


def touch(left: Token, right: Token) -> bool:
    """Whether nothing stands between two neighbours."""
    return left.end == right.start
