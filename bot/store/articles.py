"""Articles as the editors save them: append-only versions, drafts, publication, the revision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exc, insert, select, update

from bot.core.clock import Clock
from bot.core.errors import FrontlineError, NotFound
from bot.store.database import Database, checked_key
from bot.store.records import ArticleVersion, Imported, NewArticle, PublishedArticle, StoredArticle
from bot.store.tables import article_versions, articles, counters

REVISION = "knowledge"  # the row of `counters`, made by the migration
CHUNK = 500  # articles per statement of an import

INSERT, INSERT_VERSION = insert(articles), insert(article_versions)
CHANGED: dict[str, Any] = {"changed_by": bindparam("who"), "changed_at": bindparam("now")}
LOCK = select(articles).where(articles.c.id == bindparam("article")).with_for_update()
SAVED = (
    update(articles)
    .where(articles.c.id == bindparam("article"))
    .values(version=bindparam("new_version"), deleted=False, **CHANGED)
)
PUBLISH = (
    update(articles)
    .where(articles.c.id == bindparam("article"))
    .values(published_version=bindparam("new_version"), **CHANGED)
)
IMPORT_CHANGED = (
    update(articles)
    .where(articles.c.id == bindparam("article"))
    .values(
        version=bindparam("new_version"), published_version=bindparam("new_version"), deleted=False, **CHANGED
    )
)
WITHDRAW = (
    update(articles)
    .where(articles.c.id == bindparam("article"), articles.c.deleted.is_(False))
    .values(published_version=None, deleted=True, **CHANGED)
)
BUMP = (
    update(counters)
    .where(counters.c.name == REVISION)
    .values(value=counters.c.value + 1)
    .returning(counters.c.value)
)
CURRENT = select(counters.c.value).where(counters.c.name == REVISION)
PUBLISHED = (
    select(articles.c.id, article_versions.c.version, article_versions.c.source)
    .join(
        article_versions,
        (article_versions.c.article_id == articles.c.id)
        & (article_versions.c.version == articles.c.published_version),
    )
    .order_by(articles.c.id)
)
NEWEST = select(
    articles,
    article_versions.c.title,
    article_versions.c.source,
    article_versions.c.author,
    article_versions.c.created_at,
).join(
    article_versions,
    (article_versions.c.article_id == articles.c.id) & (article_versions.c.version == articles.c.version),
)
VERSIONS = (
    select(article_versions)
    .where(article_versions.c.article_id == bindparam("article"))
    .order_by(article_versions.c.version.desc())
)
ONE_VERSION = select(article_versions.c.version).where(
    article_versions.c.article_id == bindparam("article"), article_versions.c.version == bindparam("number")
)
KNOWN = (
    select(articles.c.id, articles.c.version)
    .where(articles.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(articles.c.id)
    .with_for_update()
)


class Articles:
    """The source of the knowledge base. The revision grows in the transaction that changes it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def save(self, article: NewArticle, author: str, base_version: int | None) -> int:
        """Appends a version (a draft) and returns its number.

        `base_version` is the version the author edited, None for a new article; when another one
        was saved meanwhile, raises `FrontlineError("article_conflict", 409)`. Saving over a deleted
        article (base_version None or its last version) starts it anew, unpublished.
        """
        checked_key(article.id)
        return await self._database.write(
            lambda connection: save(connection, article, author, base_version, self._clock())
        )

    async def publish(self, article_id: str, author: str, version: int | None = None) -> int:
        """Publishes the newest (or the named) version and returns the new revision; NotFound."""
        return await self._database.write(
            lambda connection: publish(connection, article_id, author, version, self._clock())
        )

    async def save_and_publish(self, article: NewArticle, author: str, base_version: int | None) -> int:
        """Both in one transaction; returns the version."""
        checked_key(article.id)

        def work(connection: Connection) -> int:
            at = self._clock()
            version = save(connection, article, author, base_version, at)
            publish(connection, article.id, author, version, at)
            return version

        return await self._database.write(work)

    async def delete(self, article_id: str, author: str) -> int:
        """Withdraws the article (its versions stay) and returns the new revision; NotFound."""

        def work(connection: Connection) -> int:
            values = {"article": article_id, "who": author, "now": self._clock()}
            if connection.execute(WITHDRAW, values).rowcount == 0:
                raise NotFound("article")
            return bumped(connection)

        return await self._database.write(work)

    async def published(self) -> tuple[int, list[PublishedArticle]]:
        """The revision and every published source, read in one transaction, ordered by id."""

        def work(connection: Connection) -> tuple[int, list[PublishedArticle]]:
            revision = connection.execute(CURRENT).scalar_one()
            rows = connection.execute(PUBLISHED)
            return revision, [PublishedArticle(row.id, row.version, row.source) for row in rows]

        return await self._database.read(work)

    async def revision(self) -> int:
        """Grows with each publish, delete and import that changed anything; 0 for an empty base."""
        return await self._database.read(lambda connection: connection.execute(CURRENT).scalar_one())

    async def get(self, article_id: str) -> StoredArticle:
        """The newest version; raises NotFound when it was never saved."""
        query = NEWEST.where(articles.c.id == article_id)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise NotFound("article")
        return article_of(row)

    async def versions(self, article_id: str) -> list[ArticleVersion]:
        """Every saved version, newest first; raises NotFound."""
        rows = await self._database.read(
            lambda connection: connection.execute(VERSIONS, {"article": article_id}).all()
        )
        if not rows:
            raise NotFound("article")
        return [
            ArticleVersion(row.article_id, row.version, row.title, row.source, row.author, row.created_at)
            for row in rows
        ]

    async def import_many(
        self,
        new: Sequence[NewArticle],
        author: str,
        on_progress: Callable[[int], None] | None = None,
    ) -> Imported:
        """Saves and publishes all of them in one transaction; the revision grows by one at most.

        `on_progress` is called with the number done, possibly from another thread. Raises
        `FrontlineError("duplicate_article", 422)` when two have one id.
        """
        ordered = sorted(new, key=lambda article: article.id)
        for one, other in pairwise(ordered):
            if one.id == other.id:
                raise FrontlineError("duplicate_article", f"two articles are called {one.id}", status=422)
        for article in ordered:
            checked_key(article.id)

        def work(connection: Connection) -> Imported:
            added = changed = 0
            for start in range(0, len(ordered), CHUNK):
                chunk = ordered[start : start + CHUNK]
                counts = import_chunk(connection, chunk, author, self._clock())
                added, changed = added + counts[0], changed + counts[1]
                if on_progress is not None:
                    on_progress(start + len(chunk))
            touched = added + changed
            revision = bumped(connection) if touched else connection.execute(CURRENT).scalar_one()
            return Imported(added, changed, len(ordered) - touched, revision)

        return await self._database.write(work)

    async def list(self, *, deleted: bool = False) -> list[StoredArticle]:
        """Every article ordered by id; deleted ones only when asked for."""
        query = NEWEST if deleted else NEWEST.where(articles.c.deleted.is_(False))
        rows = await self._database.read(
            lambda connection: connection.execute(query.order_by(articles.c.id)).all()
        )
        return [article_of(row) for row in rows]


def save(
    connection: Connection, article: NewArticle, author: str, base_version: int | None, at: datetime
) -> int:
    """Appends a version unless somebody else has saved another one."""
    change = {"who": author, "now": at}
    conflict = FrontlineError("article_conflict", "the article was changed by somebody else", status=409)
    row = connection.execute(LOCK, {"article": article.id}).one_or_none()
    if row is None:
        if base_version is not None:
            raise conflict
        try:
            connection.execute(
                INSERT,
                {"id": article.id, "version": 1, "deleted": False, "changed_by": author, "changed_at": at},
            )
        except exc.IntegrityError as error:
            raise conflict from error
        version = 1
    else:
        if base_version != row.version and not (row.deleted and base_version is None):
            raise conflict
        version = row.version + 1
        connection.execute(SAVED, {"article": article.id, "new_version": version, **change})
    connection.execute(INSERT_VERSION, version_row(article, version, author, at))
    return version


def publish(connection: Connection, article_id: str, author: str, version: int | None, at: datetime) -> int:
    """Makes a version the one that customers get."""
    row = connection.execute(LOCK, {"article": article_id}).one_or_none()
    if row is None or row.deleted:
        raise NotFound("article")
    version = row.version if version is None else version
    if connection.execute(ONE_VERSION, {"article": article_id, "number": version}).one_or_none() is None:
        raise NotFound("article_version")
    connection.execute(PUBLISH, {"article": article_id, "new_version": version, "who": author, "now": at})
    return bumped(connection)


def import_chunk(
    connection: Connection, chunk: Sequence[NewArticle], author: str, at: datetime
) -> tuple[int, int]:
    """Saves and publishes what is new or differs from what is published; returns (added, changed)."""
    ids = [article.id for article in chunk]
    versions = {row.id: row.version for row in connection.execute(KNOWN, {"ids": ids})}
    sources = {row.id: row.source for row in connection.execute(PUBLISHED.where(articles.c.id.in_(ids)))}
    fresh = [article for article in chunk if article.id not in versions]
    changed = [
        article for article in chunk if article.id in versions and sources.get(article.id) != article.source
    ]
    if fresh:
        rows: list[dict[str, Any]] = [
            {
                "id": article.id,
                "version": 1,
                "published_version": 1,
                "deleted": False,
                "changed_by": author,
                "changed_at": at,
            }
            for article in fresh
        ]
        connection.execute(INSERT, rows)
    if changed:
        connection.execute(
            IMPORT_CHANGED,
            [
                {"article": article.id, "new_version": versions[article.id] + 1, "who": author, "now": at}
                for article in changed
            ],
        )
    if fresh or changed:
        connection.execute(
            INSERT_VERSION,
            [
                version_row(article, versions.get(article.id, 0) + 1, author, at)
                for article in (*fresh, *changed)
            ],
        )
    return len(fresh), len(changed)


def version_row(article: NewArticle, version: int, author: str, at: datetime) -> dict[str, Any]:
    """The row of `article_versions`."""
    return {
        "article_id": article.id,
        "version": version,
        "title": article.title,
        "source": article.source,
        "author": author,
        "created_at": at,
    }


def bumped(connection: Connection) -> int:
    """The next revision."""
    revision: int = connection.execute(BUMP).scalar_one()
    return revision


def article_of(row: Row[Any]) -> StoredArticle:
    """A row of `NEWEST`."""
    return StoredArticle(
        id=row.id,
        title=row.title,
        source=row.source,
        version=row.version,
        published_version=row.published_version,
        deleted=row.deleted,
        author=row.author,
        updated_at=row.created_at,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )
