"""The retriever as one turn uses it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bot.core.types import Hit
from bot.nlu.query import Query
from knowledge_base.retriever import Retriever


class Search:
    """The retriever, timed, without articles that are gone."""

    def __init__(self, retriever: Retriever, gone: frozenset[str]) -> None:
        self._retriever, self._gone = retriever, gone
        self._found: dict[tuple[str, int], Sequence[Hit]] = {}
        self.ms = 0.0

    def __call__(self, query: Query, limit: int) -> Sequence[Hit]:
        """Each text is searched once."""
        key = (query.text, limit)
        if key not in self._found:
            started = time.perf_counter()
            hits = self._retriever.search(query, limit)
            self.ms += (time.perf_counter() - started) * 1000
            self._found[key] = [hit for hit in hits if hit.article_id not in self._gone]
        return self._found[key]
