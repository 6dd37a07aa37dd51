"""Web-chat visitors: a browser's token stands for an address. Tokens are kept as SHA-256 only."""

from __future__ import annotations

from bot.core.clock import Clock
from bot.store.database import Database
from bot.store.records import Visitor


class Visitors:
    """Who the browser is, and when it consented to what."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def create(self, address: str, *, locale: str = "ru", consent_version: str = "") -> str:
        """Records the consent and returns the new token, which is not kept."""
        raise NotImplementedError

    async def by_token(self, token: str) -> Visitor | None:
        """The visitor of this token; notes that it was seen (at most once an hour)."""
        raise NotImplementedError
