"""Whether the base can tell which article was meant."""

from __future__ import annotations

import math

from bot.core.types import Hit
from bot.dialog.questions import opens, refers
from bot.dialog.understanding import Understanding

COMPARED = 3  # hits after the first that may be meant instead
# A logistic regression over development questions, cross-validated and rounded: short questions with
# a likely second article are asked about. Log-probabilities are floored, words counted as log.
DOUBT, FIRST, SECOND, LENGTH, WITHOUT_CUE = 7.4, -1.4, 1.0, -1.95, 0.6
DOUBT_AT, FLOOR = 0.6, 0.01
CLEAR_AT, CLEAR_SECOND = 0.9, 0.05  # a short question that only one article answers is not doubted
PLAIN_AT, PLAIN_SECOND, PLAIN_WORDS = 0.38, 0.4, 8
FOLLOWED_AT = 0.3  # a follow-up on the article of the conversation is not doubted


def ambiguous(u: Understanding) -> bool:
    """Whether the base cannot tell which article was meant, though it knows the subject."""
    if len(u.hits) < 2 or (u.followed and u.hits[0].p >= FOLLOWED_AT) or plain(u):
        return False
    first, second = u.hits[0], u.hits[1]
    if first.p >= CLEAR_AT and second.p <= CLEAR_SECOND:
        return False
    uncued = max((hit.p for hit in u.hits[1 : COMPARED + 1] if _differ(first, hit, u)), default=0.0)
    doubt = DOUBT + FIRST * math.log(first.p + FLOOR) + SECOND * math.log(second.p + FLOOR)
    return doubt + LENGTH * math.log(u.words) + WITHOUT_CUE * uncued >= DOUBT_AT


def plain(u: Understanding) -> bool:
    """A whole question ("как…", "где…") that names its object, and one article stands out for it."""
    whole = opens(u.reading.text) and not (u.lean > 0 and refers(u.reading.text))
    if not u.hits or not whole or not (u.specific or u.words >= PLAIN_WORDS):
        return False
    second = u.hits[1].p if len(u.hits) > 1 else 0.0
    return u.hits[0].p >= PLAIN_AT and second <= PLAIN_SECOND * u.hits[0].p


def _differ(first: Hit, other: Hit, u: Understanding) -> bool:
    """Different products (or kinds of client), none of which the question names."""
    mine, theirs = u.values.get(first.article_id, {}), u.values.get(other.article_id, {})
    named = {facet for facet, _ in u.named}
    return any(
        facet not in named and facet in theirs and theirs[facet] != value for facet, value in mine.items()
    )
