"""Whether a message asks two things, and which.

A message is cut in two where a second question may begin; it is believed to be two questions only
when two different articles answer the two parts clearly, and the whole message is about both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core.hits import Hits
from bot.core.types import Hit
from bot.nlu.query import Query
from bot.nlu.segments import Cut, asks, cuts

Search = Callable[[Query, int], Hits]
MIN_WORDS = 5  # shorter messages hold one question
TRIED = 2  # cuts that are looked at
RUNNER_UP = 0.015  # below, the whole message is about one article, and no cut is looked at
LONG_PART = 4  # words from which a part can stand on its own
# A logistic regression over cuts of development questions, rounded; log-probabilities are floored.
FLOOR = 0.002
BIAS, WEAKER, STRONGER, WHOLE, BOTH_ASK, BOTH_LONG = 3.0, 0.9, 3.6, 0.8, 0.85, 0.55
TWO_AT = 0.3
OF_WHOLE = 0.2  # how much the whole message's ranking counts within a part, as an exponent
OTHER_FACET = 0.3  # what is left of an article of another product than the message names


@dataclass(frozen=True, slots=True)
class Part:
    """One question of a message and what may answer it."""

    query: Query
    hits: tuple[Hit, ...]


CERTAINLY = Part(Query("", (), (), None), (Hit("?", "", 1.0),))


@dataclass(frozen=True, slots=True)
class Division:
    """Divides messages; `fits` says whether an article has the product that the message names."""

    read: Callable[[str], Query]
    search: Search
    fits: Callable[[str], bool]
    limit: int

    def parts(self, query: Query, hits: Sequence[Hit]) -> tuple[Part, Part] | None:
        """The two questions in the order they were asked, or None for one question."""
        if len(query.tokens) < MIN_WORDS or len(hits) < 2 or hits[1].p < RUNNER_UP:
            return None
        whole = {hit.article_id: hit.p for hit in hits}
        best: tuple[float, Part, Part] | None = None
        for cut in self._promising(query, hits[1].p):
            first = self._part(cut.first, whole)
            if _score(cut, first, CERTAINLY, whole | {CERTAINLY.hits[0].article_id: 1.0}) < TWO_AT:
                continue  # not even a certain second answer would make two questions of it
            second = self._part(cut.second, whole)
            score = _score(cut, first, second, whole)
            if hits[0].article_id not in {_top(first).article_id, _top(second).article_id}:
                continue
            if score >= TWO_AT and (best is None or score > best[0]):
                best = score, first, second
        return None if best is None else (best[1], best[2])

    def _promising(self, query: Query, runner_up: float) -> Iterator[Cut]:
        """Cuts that could still be believed, were both parts answered with certainty."""
        for cut in cuts(query.text)[:TRIED]:
            if BIAS + WHOLE * _log(runner_up) + _form(cut) >= TWO_AT:
                yield cut

    def _part(self, text: str, whole: Mapping[str, float]) -> Part:
        query = self.read(text)
        hits = self.search(query, self.limit)
        ranked = sorted(hits, key=lambda hit: -self._weight(hit, whole))
        return Part(query, tuple(ranked) or (Hit("", "", 0.0),))

    def _weight(self, hit: Hit, whole: Mapping[str, float]) -> float:
        fit = 1.0 if self.fits(hit.article_id) else OTHER_FACET
        return float(hit.p * (whole.get(hit.article_id, 0.0) + FLOOR) ** OF_WHOLE * fit)


def whole_first(parts: tuple[Part, Part], hits: Sequence[Hit]) -> tuple[Part, Part]:
    """The part that the whole message is about first: what is surely right opens the answer."""
    first, second = parts
    weight = {hit.article_id: hit.p for hit in hits}
    if weight.get(_top(second).article_id, 0.0) > 3 * weight.get(_top(first).article_id, 0.0):
        return second, first
    return parts


def _score(cut: Cut, first: Part, second: Part, whole: Mapping[str, float]) -> float:
    one, other = _top(first), _top(second)
    if one.article_id == other.article_id:
        return -math.inf
    weaker, stronger = sorted((one.p, other.p))
    known = min(whole.get(one.article_id, 0.0), whole.get(other.article_id, 0.0))
    evidence = WEAKER * _log(weaker) + STRONGER * _log(stronger) + WHOLE * _log(known)
    return BIAS + evidence + _form(cut)


def _form(cut: Cut) -> float:
    long = min(len(cut.first.split()), len(cut.second.split())) >= LONG_PART
    return BOTH_ASK * (asks(cut.first) and asks(cut.second)) + BOTH_LONG * long


def _log(p: float) -> float:
    return math.log(p + FLOOR)


def _top(part: Part) -> Hit:
    return part.hits[0]
