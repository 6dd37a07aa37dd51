"""The pipeline without a server: the same knowledge and the same turn over a database of its own.

For evaluation, for `frontline ask` and for benchmarks: nothing that is played here is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import make_url

from bot.backoffice.opening import open_backoffice
from bot.bus import open_bus
from bot.core.clock import Clock, now
from bot.core.errors import FrontlineError
from bot.dialog.loading import builtin, load_thinker
from bot.dialog.thinking import Thinker
from bot.dialog.turns import Turns
from bot.nlu.encoders import open_encoder
from bot.nlu.project import Project
from bot.nlu.query import QueryBuilder
from bot.project.loading import load
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.records import NewArticle
from knowledge_base.articles import Article, load_folder, parse_article
from knowledge_base.indexing import KnowledgeIndex

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What is needed to play conversations."""

    store: Store
    turns: Turns
    knowledge: KnowledgeIndex
    query: QueryBuilder
    thinker: Thinker


@asynccontextmanager
async def workshop(
    settings: Settings, on_progress: Progress | None = None, *, clock: Clock = now
) -> AsyncIterator[Workshop]:
    """Opens it with what the configured database publishes, or with the folder that would fill it.

    Tasks are carried out by an example service of its own.
    """
    articles = await _articles(settings)
    encoder = await asyncio.to_thread(open_encoder, settings.retrieval)
    query = QueryBuilder(encoder)
    project = await asyncio.to_thread(load, settings.nlu_data)
    negatives = Project.of(project).negatives()
    knowledge = KnowledgeIndex(encoder, settings.index_dir, negatives=negatives)
    with TemporaryDirectory(prefix="frontline-") as folder:
        store = await Store.open(f"sqlite+aiosqlite:///{Path(folder) / 'workshop.db'}")
        new = [NewArticle(article.id, article.title, article.source) for article in articles]
        done = await store.articles.import_many(new, "workshop")
        await asyncio.to_thread(knowledge.refresh, articles, done.revision, on_progress)
        questions = [question for article in articles for question in article.questions]
        own = settings.model_copy(update={"data_dir": Path(folder)})
        async with open_backoffice(own, clock=clock) as backoffice:
            thinker = await asyncio.to_thread(
                load_thinker,
                settings,
                project,
                knowledge,
                query,
                engine=builtin(project),
                questions=questions,
                backoffice=backoffice,
            )
            bus = open_bus("")
            turns = Turns(store, thinker, bus, clock=clock)
            try:
                yield Workshop(store, turns, knowledge, query, thinker)
            finally:
                await turns.close()
                await bus.close()
                await store.close()


async def _articles(settings: Settings) -> tuple[Article, ...]:
    if _created(settings.database):
        store = await Store.open(settings.database)
        try:
            _, published = await store.articles.published()
        finally:
            await store.close()
        if published:
            return tuple(parse_article(one.source, f"{one.id}.md") for one in published)
    loaded = await asyncio.to_thread(load_folder, settings.articles)
    if not loaded.articles:
        raise FrontlineError("no_articles", f"no articles in {settings.articles}")
    return loaded.articles


def _created(database: str) -> bool:
    """Whether there is a database: opening an SQLite file that is missing would make one."""
    url = make_url(database)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()
