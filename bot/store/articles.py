"""Articles as the editors save them: append-only versions, drafts, publication, the revision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.core.clock import Clock
from bot.store.database import Database
from bot.store.records import ArticleVersion, Imported, NewArticle, PublishedArticle, StoredArticle


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
        raise NotImplementedError

    async def publish(self, article_id: str, author: str, version: int | None = None) -> int:
        """Publishes the newest (or the named) version and returns the new revision; NotFound."""
        raise NotImplementedError

    async def save_and_publish(self, article: NewArticle, author: str, base_version: int | None) -> int:
        """Both in one transaction; returns the version."""
        raise NotImplementedError

    async def delete(self, article_id: str, author: str) -> int:
        """Withdraws the article (its versions stay) and returns the new revision; NotFound."""
        raise NotImplementedError

    async def published(self) -> tuple[int, list[PublishedArticle]]:
        """The revision and every published source, read in one transaction, ordered by id."""
        raise NotImplementedError

    async def revision(self) -> int:
        """Grows with each publish, delete and import that changed anything; 0 for an empty base."""
        raise NotImplementedError

    async def get(self, article_id: str) -> StoredArticle:
        """The newest version; raises NotFound when it was never saved."""
        raise NotImplementedError

    async def list(self, *, deleted: bool = False) -> list[StoredArticle]:
        """Every article ordered by id; deleted ones only when asked for."""
        raise NotImplementedError

    async def versions(self, article_id: str) -> list[ArticleVersion]:
        """Every saved version, newest first; raises NotFound."""
        raise NotImplementedError

    async def import_many(
        self,
        articles: Sequence[NewArticle],
        author: str,
        on_progress: Callable[[int], None] | None = None,
    ) -> Imported:
        """Saves and publishes all of them in one transaction; the revision grows by one at most.

        `on_progress` is called with the number done, possibly from another thread.
        """
        raise NotImplementedError
