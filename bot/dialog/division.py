"""Whether a message asks two things, and which.

A message is cut in two where a second question may begin; it is believed to be two questions only
when two different articles answer the two parts clearly, and the whole message is about both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.core.types import Hit
from bot.nlu.query import Query
from bot.nlu.segments import cuts

Search = Callable[[Query, int], Sequence[Hit]]
MIN_WORDS = 6  # shorter messages hold one question
SURE_ALONE = 0.9  # a whole message answered this surely holds one question
PART_AT = 0.35  # each part, read alone, is answered at least this surely
WHOLE_AT = 0.02  # and the whole message knows the article at least this much
TRIED = 4  # cuts that are looked at


@dataclass(frozen=True, slots=True)
class Part:
    """One question of a message and what may answer it."""

    query: Query
    hits: tuple[Hit, ...]


def divide(
    query: Query, hits: Sequence[Hit], read: Callable[[str], Query], search: Search, limit: int
) -> tuple[Part, Part] | None:
    """The two questions in the order they were asked, or None for one question."""
    if len(query.tokens) < MIN_WORDS or not hits or hits[0].p >= SURE_ALONE:
        return None
    whole = {hit.article_id: hit.p for hit in hits}
    best: tuple[float, Part, Part] | None = None
    for cut in cuts(query.text)[:TRIED]:
        first, second = (_part(text, whole, read, search, limit) for text in (cut.first, cut.second))
        score = _score(first, second, hits[0].article_id)
        if score > 0 and (best is None or score > best[0]):
            best = score, first, second
    return None if best is None else (best[1], best[2])


def _part(
    text: str, whole: Mapping[str, float], read: Callable[[str], Query], search: Search, limit: int
) -> Part:
    query = read(text)
    return Part(
        query, tuple(hit for hit in search(query, limit) if whole.get(hit.article_id, 0.0) >= WHOLE_AT)
    )


def _score(first: Part, second: Part, whole_best: str) -> float:
    """How surely these are two questions; 0 when they are not."""
    if not first.hits or not second.hits:
        return 0.0
    one, other = first.hits[0], second.hits[0]
    if one.article_id == other.article_id or whole_best not in {one.article_id, other.article_id}:
        return 0.0
    weaker = min(one.p, other.p)
    return weaker if weaker >= PART_AT else 0.0
