"""API keys of partners, `flk_…`. The key is kept as SHA-256; the webhook secret must be readable."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from bot.core.clock import Clock
from bot.core.errors import NotFound
from bot.store.database import Database
from bot.store.records import ApiKey
from bot.store.tables import api_keys, new_id
from bot.store.tokens import digest, new_token

PREFIX = "flk_"
NOTE_EVERY = timedelta(hours=1)
BELIEVED_S = 1.0  # a key that was good is believed so long: a busy partner's is not looked up every time
INSERT = insert(api_keys)
BY_KEY = select(api_keys).where(api_keys.c.key_hash == bindparam("hash"), api_keys.c.revoked_at.is_(None))
GET = select(api_keys).where(api_keys.c.id == bindparam("key"))
ALL = select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
USED = update(api_keys).where(api_keys.c.id == bindparam("key")).values(last_used_at=bindparam("now"))
REVOKE = (
    update(api_keys)
    .where(api_keys.c.id == bindparam("key"))
    .values(revoked_at=func.coalesce(api_keys.c.revoked_at, bindparam("now")))
)


class ApiKeys:
    """Who may use the REST channel, and where its events are pushed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._good: dict[str, tuple[float, ApiKey]] = {}

    async def create(self, name: str, created_by: str, webhook_url: str | None = None) -> tuple[ApiKey, str]:
        """The record and the key itself, which is shown once and not kept."""
        key = new_token(PREFIX)
        record = ApiKey(
            id=new_id(),
            name=name,
            prefix=key[: len(PREFIX) + 6],
            webhook_url=webhook_url,
            secret=new_token(),
            created_by=created_by,
            created_at=self._clock(),
        )
        values = {
            "id": record.id,
            "key_hash": digest(key),
            "name": name,
            "prefix": record.prefix,
            "webhook_url": webhook_url,
            "secret": record.secret,
            "created_by": created_by,
            "created_at": record.created_at,
        }
        await self._database.write(lambda connection: connection.execute(INSERT, values).close())
        return record, key

    async def by_key(self, key: str) -> ApiKey | None:
        """The record of a key that is not revoked; notes its use (at most once an hour).

        What another process revokes is still believed for a second.
        """
        hashed = digest(key)
        since, record = self._good.get(hashed, (-BELIEVED_S, None))
        if record is not None and monotonic() - since < BELIEVED_S:
            return record
        self._good.pop(hashed, None)
        row = await self._database.read(
            lambda connection: connection.execute(BY_KEY, {"hash": hashed}).one_or_none()
        )
        if row is None:
            return None
        at = self._clock()
        if row.last_used_at is None or at - row.last_used_at >= NOTE_EVERY:
            values = {"key": row.id, "now": at}
            await self._database.write(lambda connection: connection.execute(USED, values).close())
        self._good[hashed] = monotonic(), key_of(row)
        return key_of(row)

    async def get(self, key_id: str) -> ApiKey:
        """Raises NotFound."""
        row = await self._database.read(
            lambda connection: connection.execute(GET, {"key": key_id}).one_or_none()
        )
        if row is None:
            raise NotFound("api_key")
        return key_of(row)

    async def revoke(self, key_id: str) -> None:
        """Makes the key useless; NotFound."""
        values = {"key": key_id, "now": self._clock()}
        self._good.clear()
        if await self._database.write(lambda connection: connection.execute(REVOKE, values).rowcount) == 0:
            raise NotFound("api_key")

    async def list(self) -> list[ApiKey]:
        """Every key, newest first."""
        rows = await self._database.read(lambda connection: connection.execute(ALL).all())
        return [key_of(row) for row in rows]


def key_of(row: Row[Any]) -> ApiKey:
    """A row of `api_keys`."""
    return ApiKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        webhook_url=row.webhook_url,
        secret=row.secret,
        created_by=row.created_by,
        created_at=row.created_at,
        revoked=row.revoked_at is not None,
        last_used_at=row.last_used_at,
    )
