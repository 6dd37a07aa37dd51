"""Keeps the serving index in step with the published articles.

The store's revision is the truth; a bus hint, or a look every few seconds, says that it grew. The
new index is built in a thread while the old one serves, then swapped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot.core.errors import FrontlineError, InvalidContent
from bot.core.ports import EventBus
from bot.store.engine import Store
from bot.store.records import PublishedArticle
from bot.web.logs import logger
from knowledge_base.articles import Article, parse_article
from knowledge_base.indexing import KnowledgeIndex

log = logger("frontline.library")
TOPIC = "knowledge"
_POLL, _RETRY = 5.0, 1.0  # seconds between looks: when all is well, and after a failure


class Library:
    """The knowledge of this process. `failure` says why the last refresh did not work."""

    def __init__(self, store: Store, bus: EventBus) -> None:
        self.failure: str | None = None
        self._store = store
        self._bus = bus
        self._index: KnowledgeIndex | None = None
        self._parsed: dict[tuple[str, int], Article] = {}
        self._one = asyncio.Lock()
        self._hinted = asyncio.Event()
        self._served = False

    async def open(self, index: KnowledgeIndex) -> None:
        """From now on this index serves; returns when it holds what is published."""
        self._index = index
        await self.refresh()

    @property
    def ready(self) -> bool:
        """Whether the index holds what was published when we started, or later."""
        return self._served

    @property
    def articles(self) -> Mapping[str, Article]:
        return {} if self._index is None else self._index.current.articles

    @property
    def revision(self) -> int:
        return 0 if self._index is None else self._index.current.revision

    async def refresh(self) -> None:
        """Serves what is published now, when that is newer than what is served."""
        if self._index is None:
            return
        async with self._one:
            if self._served and await self._store.articles.revision() <= self.revision:
                self.failure = None
                return
            revision, published = await self._store.articles.published()
            articles = await asyncio.to_thread(self._parse, published)
            await asyncio.to_thread(self._index.refresh, articles, revision)
            self._served, self.failure = True, None
            log.info("knowledge_served", revision=revision, articles=len(articles))

    def forget(self, article_id: str) -> None:
        """Never answers from it again, at once."""
        if self._index is not None:
            self._index.forget(article_id)

    async def changed(self) -> None:
        """After a change of ours: tells the other processes, returns when it is answered from here."""
        await self._bus.publish(TOPIC, "")
        await self.refresh()

    def hinted(self) -> None:
        self._hinted.set()

    async def watch(self) -> None:
        """Runs for the life of the process."""
        while True:
            await self._try_refresh()
            try:
                async with asyncio.timeout(_RETRY if self.failure else _POLL):
                    await self._hinted.wait()
            except TimeoutError:
                continue  # nobody said anything: look anyway, a hint may be lost
            finally:
                self._hinted.clear()

    async def _try_refresh(self) -> None:
        try:
            await self.refresh()
        except FrontlineError as error:  # the database is away: the old index serves
            self.failure = error.code
            log.warning("knowledge_not_refreshed", code=error.code, problem=error.message)
        except Exception as error:  # an engine's own failure must not end the watcher
            self.failure = type(error).__name__
            log.exception("knowledge_not_refreshed")

    def _parse(self, published: list[PublishedArticle]) -> list[Article]:
        """Parses what is new; an article that does not parse is left out and reported."""
        parsed: dict[tuple[str, int], Article] = {}
        for item in published:
            key = (item.id, item.version)
            try:
                parsed[key] = self._parsed.get(key) or parse_article(
                    item.source, f"{item.id}.md", strict=False
                )
            except InvalidContent as error:
                log.warning("article_left_out", article=item.id, problem=error.message)
        self._parsed = parsed
        return list(parsed.values())
