"""Who did what: an append-only list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from bot.core.clock import Clock
from bot.store.database import Database
from bot.store.records import AuditEntry
from bot.store.tables import audit

INSERT = insert(audit).inline()
NEWEST = select(audit).order_by(audit.c.id.desc())


class Audit:
    """Written by the use cases of the team; read by administrators and supervisors."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def record(
        self, actor: str, action: str, subject: str, details: Mapping[str, Any] | None = None
    ) -> None:
        """`subject` is what was acted on. `details` must not contain message texts or secrets."""
        values = {
            "at": self._clock(),
            "actor": actor,
            "action": action,
            "object": subject,
            "details": dict(details or {}),
        }
        await self._database.write(lambda connection: connection.execute(INSERT, values).close())

    async def list(self, *, before: int | None = None, limit: int = 100) -> list[AuditEntry]:
        """Newest first; `before` is the id to continue from."""
        query = NEWEST if before is None else NEWEST.where(audit.c.id < before)
        rows = await self._database.read(lambda connection: connection.execute(query.limit(limit)).all())
        return [AuditEntry(row.id, row.at, row.actor, row.action, row.object, row.details) for row in rows]
