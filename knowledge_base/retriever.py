"""Which articles may answer a question, with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

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

    def search(self, query: Query, limit: int = 10) -> list[Hit]:
        """At most `limit` hits, the most probable first; empty when the query has no words."""
        if not query.tokens:
            return []
        if self.ranker is None:
            return self._by_passages(query, limit)
        return self._by_examples(self.ranker, query, limit)

    def _by_examples(self, ranker: Ranker, query: Query, limit: int) -> list[Hit]:
        scores = ranker.scores(query)
        chances = ranker.weigh(scores)
        asked = self.asked.get(query.lemmas)
        if asked is not None:  # word for word what an editor promised to answer
            place = ranker.ids.index(asked)
            chances = np.minimum(chances, 1 - CERTAIN)
            chances[place] = CERTAIN
        order = np.argsort(-chances)[: limit + len(self.gone)]
        hits: list[Hit] = []
        for number in order:
            article = ranker.ids[number]
            if article not in self.gone and len(hits) < limit:
                why = scores[:, number].round(3).tolist() if len(hits) < EXPLAINED else []
                named = dict(zip(fusion.SCORES, why, strict=True)) if why else {}
                hits.append(Hit(article, self.titles[article], float(chances[number]), why=named))
        return hits

    def _by_passages(self, query: Query, limit: int) -> list[Hit]:
        found = self.passages.search(query, limit + len(self.gone))
        return [
            Hit(one.article_id, self.titles[one.article_id], one.p_score, one.text, one.parts)
            for one in found
            if one.article_id not in self.gone
        ][:limit]
