"""A message as the extractors see it: its tokens and the numbers among them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from bot.nlu.entities import numbers
from bot.nlu.entities.numbers import Number
from bot.nlu.entities.tokens import Token, cut
from bot.nlu.words import analyse, parses
from bot.project.model import EntitySpan

EXTRACTOR = "entities"


@dataclass(frozen=True, slots=True)
class Said:
    """`numbers`: in order; `at`: a number by its first token."""

    text: str
    tokens: tuple[Token, ...]
    numbers: tuple[Number, ...]
    at: dict[int, Number]

    @classmethod
    def of(cls, text: str) -> Said:
        tokens = cut(text)
        found = numbers.find(tokens)
        return cls(text, tokens, tuple(found), {number.first: number for number in found})

    def form(self, at: int) -> str:
        """The word or sign at a place; empty outside the message."""
        return self.tokens[at].form if 0 <= at < len(self.tokens) else ""

    def span(self, entity: str, value: object, first: int, last: int) -> EntitySpan:
        """An entity over the tokens `first` to `last` (exclusive)."""
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        return EntitySpan(entity, value, start, end, extractor=EXTRACTOR)


def lemma(form: str) -> str:
    """The dictionary form of a token, colloquial spellings folded; a sign is its own."""
    lemmas = analyse(form)[1]
    return lemmas[0] if len(lemmas) == 1 else form


_CASES = {
    "n": ("nomn", "accs"),
    "g": ("gent", "gen2", "accs"),
    "d": ("datv",),
    "counted": ("gent", "gen2", "datv"),
}


@lru_cache(50_000)
def agrees(form: str, case: str) -> bool:
    """Whether a word may be the noun that an ordinal or a number of this case belongs to.

    `case`: n, g, d as in `numerals`; `counted`: after a cardinal; empty: any. «первого платежа» is no
    date, «первого заплачу» is.
    """
    wanted = _CASES.get(case, ())
    if not form or not form[0].isalpha():
        return False
    best = parses(form)[0].tag
    return best.POS in {"NOUN", "ADJF", "PRTF"} and (not wanted or best.case in wanted)
