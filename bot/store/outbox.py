"""The outbox: committed events on their way to channels that must be pushed to."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.clock import Clock
from bot.store.database import Database
from bot.store.records import Parcel


class Outbox:
    """At-least-once delivery, in order per conversation: one event of a conversation at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def due(
        self, now: datetime, limit: int = 100, *, lease: timedelta = timedelta(minutes=1)
    ) -> list[Parcel]:
        """Parcels to send now. They are leased: no other worker gets them before `lease` is over."""
        raise NotImplementedError

    async def sent(self, parcel_id: int) -> None:
        """The channel took it."""
        raise NotImplementedError

    async def failed(self, parcel_id: int, error: str, next_at: datetime | None) -> None:
        """Not taken; tried again at `next_at`, or given up when that is None. `error` is a code."""
        raise NotImplementedError

    async def backlog(self) -> int:
        """How many parcels are still to be sent."""
        raise NotImplementedError
