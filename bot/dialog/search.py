"""The retriever as one turn uses it."""

from __future__ import annotations

import time

from bot.core.hits import Hits
from bot.nlu.query import Query
from knowledge_base.retriever import Retriever


class Search:
    """The retriever, timed, without articles that are gone."""

    def __init__(self, retriever: Retriever, gone: frozenset[str]) -> None:
        self._retriever, self._gone = retriever, gone
        self._found: dict[str, tuple[int, Hits]] = {}  # how many were looked for, and what was found
        self.ms = 0.0

    def __call__(self, query: Query, limit: int) -> Hits:
        """Each text is searched once, unless more hits of it are wanted later."""
        wanted, found = self._found.get(query.text, (0, None))
        if found is None or wanted < limit:
            started = time.perf_counter()
            found = self._retriever.search(query, limit).without(self._gone)
            self.ms += (time.perf_counter() - started) * 1000
            self._found[query.text] = limit, found
        return found[:limit]
