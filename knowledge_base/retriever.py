"""Which articles may answer a question, with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bot.core.hits import Hits
from bot.core.types import Hit
from bot.nlu.query import Query
from knowledge_base.passages import PassageIndex
from knowledge_base.ranking import fusion
from knowledge_base.ranking.ranker import Ranker

CERTAIN = 0.995  # probability of an article that has this very question as an example
EXPLAINED = 3  # hits that carry their scores


@dataclass(frozen=True, slots=True)
class Retriever:
    """Ranks by example questions where the base has them, by its passages elsewhere.

    Never changed after it is built, so any number of threads may search. `gone` are articles that
    were withdrawn since; `asked` maps the lemmas of example questions and titles to their article.
    """

    titles: dict[str, str]
    passages: PassageIndex
    ranker: Ranker | None = None
    asked: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    gone: frozenset[str] = field(default=frozenset())

    def search(self, query: Query, limit: int = 10) -> Hits:
        """At most `limit` hits, the most probable first; empty when the query has no words."""
        if not query.tokens:
            return Hits.of(())
        if self.ranker is None:
            return self._by_passages(query, limit)
        return self._by_examples(self.ranker, query, limit)

    def _by_examples(self, ranker: Ranker, query: Query, limit: int) -> Hits:
        scores = ranker.scores(query)
        chances = ranker.weigh(scores)
        asked = self.asked.get(query.lemmas)
        if asked is not None:  # word for word what an editor promised to answer
            place = ranker.ids.index(asked)
            chances = np.minimum(chances, 1 - CERTAIN)
            chances[place] = CERTAIN
        order = np.argsort(-chances)[: limit + len(self.gone)].tolist()
        found = [number for number in order if ranker.ids[number] not in self.gone][:limit]
        why = {ranker.ids[number]: scores[:, number] for number in found[:EXPLAINED]}
        p = dict(zip((ranker.ids[number] for number in found), chances[found].tolist(), strict=True))

        def make(name: str) -> Hit:
            named = zip(fusion.SCORES, why[name].round(3).tolist(), strict=True) if name in why else ()
            return Hit(name, self.titles[name], p[name], why=dict(named))

        return Hits(p, make)

    def _by_passages(self, query: Query, limit: int) -> Hits:
        found = self.passages.search(query, limit + len(self.gone))
        kept = {one.article_id: one for one in found if one.article_id not in self.gone}

        def make(name: str) -> Hit:
            one = kept[name]
            return Hit(name, self.titles[name], one.p_score, one.text, one.parts)

        return Hits({name: one.p_score for name, one in kept.items()}, make)[:limit]
