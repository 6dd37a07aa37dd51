"""The outbox: committed events on their way to channels that must be pushed to."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, exists, func, select, update

from bot.core.clock import Clock
from bot.core.types import Event
from bot.store.database import Database
from bot.store.records import Parcel
from bot.store.tables import events, outbox

EARLIER = outbox.alias("earlier")
DUE = (
    select(outbox.c.id)
    .where(
        outbox.c.due_at <= bindparam("now"),
        ~exists(
            select(EARLIER.c.id).where(
                EARLIER.c.conversation_id == outbox.c.conversation_id,
                EARLIER.c.seq < outbox.c.seq,
                EARLIER.c.due_at.is_not(None),
            )
        ),
    )
    .order_by(outbox.c.due_at, outbox.c.id)
    .with_for_update(skip_locked=True)
)
LEASE = (
    update(outbox)
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)))
    .values(due_at=bindparam("leased_until"))
)
PARCELS = (
    select(outbox.c.id, outbox.c.channel, outbox.c.address, outbox.c.attempts, events)
    .join(events, (events.c.conversation_id == outbox.c.conversation_id) & (events.c.seq == outbox.c.seq))
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(outbox.c.id)
)
SENT = (
    update(outbox)
    .where(outbox.c.id == bindparam("parcel"))
    .values(due_at=None, sent_at=bindparam("now"), error=None)
)
# A parcel that somebody else has sent after our lease ran out stays sent.
FAILED = (
    update(outbox)
    .where(outbox.c.id == bindparam("parcel"), outbox.c.sent_at.is_(None))
    .values(due_at=bindparam("next_at"), attempts=outbox.c.attempts + 1, error=bindparam("code"))
)
BACKLOG = select(func.count()).select_from(outbox).where(outbox.c.due_at.is_not(None))


class Outbox:
    """At-least-once delivery, in order per conversation: one event of a conversation at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def due(
        self, now: datetime, limit: int = 100, *, lease: timedelta = timedelta(minutes=1)
    ) -> list[Parcel]:
        """Parcels to send now. They are leased: no other worker gets them before `lease` is over."""

        def work(connection: Connection) -> list[Parcel]:
            ids = connection.execute(DUE.limit(limit), {"now": now}).scalars().all()
            if not ids:
                return []
            connection.execute(LEASE, {"ids": ids, "leased_until": now + lease})
            return [
                Parcel(
                    id=row.id,
                    channel=row.channel,
                    address=row.address,
                    event=Event(row.conversation_id, row.seq, row.kind, row.data, row.at),
                    attempts=row.attempts,
                )
                for row in connection.execute(PARCELS, {"ids": ids})
            ]

        return await self._database.write(work)

    async def sent(self, parcel_id: int) -> None:
        """The channel took it."""
        values = {"parcel": parcel_id, "now": self._clock()}
        await self._database.write(lambda connection: connection.execute(SENT, values).close())

    async def failed(self, parcel_id: int, error: str, next_at: datetime | None) -> None:
        """Not taken; tried again at `next_at`, or given up when that is None. `error` is a code."""
        values = {"parcel": parcel_id, "code": error, "next_at": next_at}
        await self._database.write(lambda connection: connection.execute(FAILED, values).close())

    async def backlog(self) -> int:
        """How many parcels are still to be sent."""
        return await self._database.read(lambda connection: connection.execute(BACKLOG).scalar_one())
