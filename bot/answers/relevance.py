"""How well a passage of an article answers a question.

A listwise softmax over the passages of the development conversations' articles, cross-validated by
conversation and rounded: the passage that has the fact comes first in 48 of 64 instead of 37.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import and_

import numpy as np
import numpy.typing as npt

from bot.nlu.encoders.static import rarity, word_vectors
from bot.nlu.query import Query

SHARED, NEAR, SIMILAR, FITS, OPENING, POINTER, LENGTH = 1.3, 0.75, 0.85, 1.8, 0.15, -1.05, 0.3
# What is asked for, and what a passage that tells it looks like: a price, a time, papers, a debt.
_KINDS = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(told, re.IGNORECASE))
    for asked, told in (
        (
            (
                r"\b(?:сколько\s+(?:это\s+|будет\s+)?(?:сто\w+|с\s+меня|внести|взять|отда\w+|верн\w+|запл\w+|"
                r"(?:я\s+)?долж\w+\s+запл\w+)|(?:бес)?платн\w+|поч[её]м|комисси\w+|цена|плат[яи]т\w*|"
                r"переплат\w+)"
            ),
            r"₽|бесплатн|\d %|не взимается|без комисси",
        ),
        (
            (
                r"\b(?:когда|через\s+сколько|сколько\s+(?:ещё\s+)?(?:ждать|времени|дней|часов|ид[её]т|займ[её]т)|"
                r"как\s+(?:долго|быстро)|срок\w*|до\s+скольки|долго)\b"
            ),
            r"\d+\s*(?:\w+\s+)?(?:дн|день|час|минут|месяц)|\d:\d\d|сразу|завтра|сегодня",
        ),
        (r"\bкак(?:ой|ая|ие|ую)?\s+(?:документ|бумаг|справк)", r"паспорт|выписк|справк|документ"),
        (r"\bсколько\b.*\b(?:долж\w+|задолж\w+|долга?)[\s?.!]*$", r"сумм\w+\s+долга|остат\w+\s+долга"),
    )
)


@dataclass(frozen=True, slots=True)
class Passages:
    """The passages of an article, with all that does not depend on the question; in their order."""

    texts: tuple[str, ...]
    queries: tuple[Query, ...]  # what each says, without markup
    pointers: tuple[bool, ...]
    lemmas: tuple[frozenset[str], ...]
    telling: Mapping[str, float]  # how much a lemma tells these passages apart, times its rarity
    tells: tuple[tuple[bool, ...], ...]  # which of `_KINDS` each tells
    words: tuple[tuple[str, str], ...]  # all different (form, lemma) pairs
    places: npt.NDArray[np.int64]  # the pairs of each passage that has words, one after the other
    starts: npt.NDArray[np.int64]  # where these begin in `places`

    @classmethod
    def of(cls, texts: Sequence[str], queries: Sequence[Query], pointers: Sequence[bool]) -> Passages:
        """`texts` are they as written, `queries` as they are read."""
        lemmas = tuple(frozenset(query.lemmas) for query in queries)
        spread = Counter(lemma for each in lemmas for lemma in each)
        numbers: dict[tuple[str, str], int] = {}
        places = [
            [numbers.setdefault(pair, len(numbers)) for pair in zip(query.tokens, query.lemmas, strict=True)]
            for query in queries
            if query.lemmas
        ]
        return cls(
            tuple(texts),
            tuple(queries),
            tuple(pointers),
            lemmas,
            {lemma: math.log(1 + len(texts) / count) * rarity(lemma) for lemma, count in spread.items()},
            tuple(tuple(told.search(text) is not None for _, told in _KINDS) for text in texts),
            tuple(numbers),
            np.array([number for each in places for number in each], np.int64),
            np.cumsum([0, *(len(each) for each in places)], dtype=np.int64)[:-1],
        )

    def scores(self, query: Query) -> list[float]:
        """How well each answers."""
        asked = [kind.search(query.text) is not None for kind, _ in _KINDS]
        words, length = set(query.lemmas), math.sqrt(max(1, len(query.lemmas)))
        similar = iter(self._similar(query))
        out = []
        for place, passage in enumerate(self.queries):
            score = SHARED * sum(self.telling[lemma] for lemma in self.lemmas[place] & words) / length
            score += NEAR * _cosine(passage, query) + SIMILAR * (next(similar) if passage.lemmas else 0.0)
            score += FITS * sum(map(and_, asked, self.tells[place]))
            score += LENGTH * math.log(1 + len(passage.lemmas))
            out.append(score + OPENING * (place == 0) + POINTER * self.pointers[place])
        return out

    def _similar(self, query: Query) -> list[float]:
        """Share of the question's words that each passage has a similar word for, the rarer the heavier."""
        if not query.lemmas or not self.words:
            return [0.0] * len(self.starts)
        vectors = word_vectors().vectors
        mine = vectors(tuple(zip(query.tokens, query.lemmas, strict=True)))
        likeness = (mine @ vectors(self.words).T)[:, self.places]
        nearest = np.clip(np.maximum.reduceat(likeness, self.starts, axis=1), 0, 1)
        weights = np.fromiter(map(rarity, query.lemmas), np.float32, len(query.lemmas))
        shares: list[float] = (weights @ nearest / (weights.sum() + 1e-9)).tolist()
        return shares


def _cosine(left: Query, right: Query) -> float:
    if left.vector is None or right.vector is None:
        return 0.0
    return float(np.dot(left.vector, right.vector))
