"""Who did what: an append-only list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.core.clock import Clock
from bot.store.database import Database
from bot.store.records import AuditEntry


class Audit:
    """Written by the use cases of the team; read by administrators and supervisors."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def record(
        self,
        actor: str,
        action: str,
        object: str,  # noqa: A002  the word of the audit trade
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """`details` must not contain message texts or secrets."""
        raise NotImplementedError

    async def list(self, *, before: int | None = None, limit: int = 100) -> list[AuditEntry]:
        """Newest first; `before` is the id to continue from."""
        raise NotImplementedError
