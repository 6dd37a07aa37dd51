"""API keys of partners, `flk_…`. The key is kept as SHA-256; the webhook secret must be readable."""

from __future__ import annotations

from bot.core.clock import Clock
from bot.store.database import Database
from bot.store.records import ApiKey


class ApiKeys:
    """Who may use the REST channel, and where its events are pushed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def create(self, name: str, created_by: str, webhook_url: str | None = None) -> tuple[ApiKey, str]:
        """The record and the key itself, which is shown once and not kept."""
        raise NotImplementedError

    async def by_key(self, key: str) -> ApiKey | None:
        """The record of a key that is not revoked; notes its use (at most once an hour)."""
        raise NotImplementedError

    async def get(self, key_id: str) -> ApiKey:
        """Raises NotFound."""
        raise NotImplementedError

    async def list(self) -> list[ApiKey]:
        """Every key, newest first."""
        raise NotImplementedError

    async def revoke(self, key_id: str) -> None:
        """Makes the key useless; NotFound."""
        raise NotImplementedError
