"""The serving index: built from the published articles, swapped in whole, cached on disk.

The cache only makes the next start fast. It carries checksums; what does not verify is thrown away and
built anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from bot.core.errors import FrontlineError
from bot.core.ports import Encoder
from bot.nlu.encoders.static import word_vectors
from bot.nlu.words import analyse
from knowledge_base.articles import Article
from knowledge_base.caching import Asked, Cache
from knowledge_base.passages import PassageIndex
from knowledge_base.ranking.ranker import Ranker, suits
from knowledge_base.retriever import Retriever

REFIT_AT = 0.2  # share of changed articles from which the weights are learnt anew, in the background
log = structlog.get_logger(__name__)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The knowledge at one revision."""

    revision: int
    articles: Mapping[str, Article]
    retriever: Retriever

    def without(self, gone: Collection[str]) -> Mapping[str, Article]:
        """The other articles."""
        return {key: one for key, one in self.articles.items() if key not in gone} if gone else self.articles


class KnowledgeIndex:
    """Holds the current snapshot. Readers take `current` once per question and never wait."""

    def __init__(
        self, encoder: Encoder, cache_dir: Path, *, negatives: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """`negatives` are families of questions that no article answers; the first weighs most."""
        self._encoder = encoder
        self._cache = Cache(cache_dir, encoder.name, negatives or {})
        self._negatives = negatives or {}
        self._passages = PassageIndex.build((), encoder)
        self._ranker: Ranker | None = None
        self._asked: Asked = {}
        self._opened = False
        self._building = threading.Lock()
        self._refitting = threading.Event()
        self._forgotten: frozenset[str] = frozenset()
        self.current = Snapshot(0, {}, Retriever({}, self._passages))

    def refresh(
        self, articles: Iterable[Article], revision: int, on_progress: Progress | None = None
    ) -> Snapshot:
        """Serves these articles from now on; blocks while it builds, the old snapshot serves meanwhile.

        Only what changed is read, encoded and learnt. The first call looks into the cache.
        """
        with self._building:
            self._forgotten = frozenset()
            given = tuple(articles)
            if not self._opened:
                cached = self._cache.load(self._encoder)
                if cached is not None:
                    self._passages, self._ranker, self._asked = cached
                self._opened = True
            before = self._ranker, self._passages
            self._passages = PassageIndex.build(
                given, self._encoder, previous=self._passages, on_progress=on_progress
            )
            self._ranker = self._ranked(given)
            self._asked = {one.hash: self._asked.get(one.hash) or _lemmas(one) for one in given}
            self._swap(given, revision)
            if self._ranker is not before[0] or self._passages.content != before[1].content:
                self._cache.save(self._passages, self._ranker, self._asked)
        if self._ranker is not None and self._ranker.drift >= REFIT_AT and not self._refitting.is_set():
            self._refitting.set()
            threading.Thread(target=self._refit, name="refit", daemon=True).start()
        return self.current

    def forget(self, article_id: str) -> None:
        """Never answers from it again, at once; the next refresh removes it from the index."""
        self._forgotten |= {article_id}
        self._withhold()

    def _withhold(self) -> None:
        now = self.current
        retriever = replace(now.retriever, gone=now.retriever.gone | self._forgotten)
        self.current = Snapshot(now.revision, now.without(self._forgotten), retriever)

    def _ranked(self, articles: Sequence[Article]) -> Ranker | None:
        if not suits(articles):
            return None
        if self._ranker is None:
            return self._fitted(articles)
        if self._ranker.hashes == {article.hash for article in articles}:
            return self._ranker
        return self._ranker.updated(articles)

    def _fitted(self, articles: Sequence[Article]) -> Ranker:
        ranker = Ranker(self._encoder, word_vectors(), self._negatives)
        ranker.fit(articles)
        return ranker

    def _swap(self, articles: Sequence[Article], revision: int) -> None:
        titles = {article.id: article.title for article in articles}
        retriever = Retriever(titles, self._passages, self._ranker, self._owners(articles))
        self.current = Snapshot(revision, {article.id: article for article in articles}, retriever)
        if self._forgotten:  # withdrawn while we were building
            self._withhold()

    def _owners(self, articles: Sequence[Article]) -> dict[tuple[str, ...], str]:
        """Articles by the lemmas of a title or question that is theirs; what two share belongs to neither."""
        owners: dict[tuple[str, ...], set[str]] = {}
        for article in articles:
            for lemmas in self._asked[article.hash]:
                owners.setdefault(lemmas, set()).add(article.id)
        return {lemmas: min(ids) for lemmas, ids in owners.items() if lemmas and len(ids) == 1}

    def _refit(self) -> None:
        """Learns the weights from what is served now; edits that come meanwhile are not waited for."""
        try:
            learnt = self.current
            ranker = self._fitted(tuple(learnt.articles.values()))
            with self._building:
                now = tuple(self.current.articles.values())
                self._ranker = ranker.updated(now) if suits(now) else None
                self._swap(now, self.current.revision)
                self._cache.save(self._passages, self._ranker, self._asked)
            log.info("knowledge.weights_learnt", articles=len(now))
        except FrontlineError as error:
            log.warning("knowledge.refit_failed", code=error.code)
        finally:
            self._refitting.clear()


def _lemmas(article: Article) -> tuple[tuple[str, ...], ...]:
    return tuple(analyse(text)[1] for text in (article.title, *article.questions))
