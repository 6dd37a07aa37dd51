"""How well a passage of an article answers a question.

A listwise softmax over the passages of the development conversations' articles, cross-validated by
conversation and rounded: the passage that has the fact comes first in 48 of 64 instead of 37.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from bot.nlu.encoders.static import word_vectors
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


def scores(
    passages: Sequence[Query], texts: Sequence[str], pointers: Sequence[bool], query: Query
) -> list[float]:
    """One a passage, in the order of the article; `texts` are they as written."""
    spread = Counter(lemma for passage in passages for lemma in set(passage.lemmas))
    rarity = word_vectors().weight
    total, out = len(passages), []
    for place, (passage, text, pointer) in enumerate(zip(passages, texts, pointers, strict=True)):
        shared = set(passage.lemmas) & set(query.lemmas)
        words = sum(math.log(1 + total / spread[lemma]) * rarity(lemma) for lemma in shared)
        score = SHARED * words / math.sqrt(max(1, len(query.lemmas)))
        score += NEAR * _cosine(passage, query) + SIMILAR * _similar(passage, query)
        score += FITS * _fits(text, query.text) + LENGTH * math.log(1 + len(passage.lemmas))
        out.append(score + OPENING * (place == 0) + POINTER * pointer)
    return out


def _fits(text: str, question: str) -> int:
    return sum(bool(asked.search(question) and told.search(text)) for asked, told in _KINDS)


def _cosine(left: Query, right: Query) -> float:
    if left.vector is None or right.vector is None:
        return 0.0
    return float(np.dot(left.vector, right.vector))


def _similar(passage: Query, query: Query) -> float:
    """Share of the question's words that the passage has a similar word for, the rarer the heavier."""
    if not passage.lemmas or not query.lemmas:
        return 0.0
    words = word_vectors()
    mine = words.vectors(tuple(zip(query.tokens, query.lemmas, strict=True)))
    theirs = words.vectors(tuple(zip(passage.tokens, passage.lemmas, strict=True)))
    weights = np.fromiter(map(words.weight, query.lemmas), np.float32, len(query.lemmas))
    nearest = np.clip((mine @ theirs.T).max(axis=1), 0, 1)
    return float((weights * nearest).sum() / (weights.sum() + 1e-9))
