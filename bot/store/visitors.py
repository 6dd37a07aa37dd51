"""Web-chat visitors: a browser's token stands for an address. Tokens are kept as SHA-256 only."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, insert, or_, select, update

from bot.core.clock import Clock
from bot.store.database import Database, checked_key
from bot.store.records import Verified, Visitor
from bot.store.tables import chat_sessions
from bot.store.tokens import digest, new_token

NOTE_EVERY = timedelta(hours=1)
INSERT = insert(chat_sessions)
BY_TOKEN = select(chat_sessions).where(chat_sessions.c.token_hash == bindparam("hash"))
SEEN = (
    update(chat_sessions)
    .where(chat_sessions.c.token_hash == bindparam("hash"))
    .values(last_seen=bindparam("now"))
)
# A session that spoke for one customer never speaks for another.
VERIFY = (
    update(chat_sessions)
    .where(
        chat_sessions.c.token_hash == bindparam("hash"),
        or_(chat_sessions.c.customer_ref.is_(None), chat_sessions.c.customer_ref == bindparam("ref")),
    )
    .values(customer_ref=bindparam("ref"), verified_until=bindparam("until"))
)


class Visitors:
    """Who the browser is, and when it consented to what."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def create(
        self,
        address: str,
        *,
        locale: str = "ru",
        consent_version: str = "",
        verified: Verified | None = None,
    ) -> str:
        """Records the consent and returns the new token, which is not kept."""
        token, at = new_token(), self._clock()
        values = {
            "token_hash": digest(token),
            "address": checked_key(address),
            "locale": locale,
            "consent_version": consent_version,
            "created_at": at,
            "last_seen": at,
            "customer_ref": None if verified is None else verified.ref,
            "verified_until": None if verified is None else verified.until,
        }
        await self._database.write(lambda connection: connection.execute(INSERT, values).close())
        return token

    async def by_token(self, token: str) -> Visitor | None:
        """The visitor of this token; notes that it was seen (at most once an hour)."""
        key = {"hash": digest(token)}
        row = await self._database.read(lambda connection: connection.execute(BY_TOKEN, key).one_or_none())
        if row is None:
            return None
        at = self._clock()
        if at - row.last_seen >= NOTE_EVERY:
            values = {**key, "now": at}
            await self._database.write(lambda connection: connection.execute(SEEN, values).close())
        verified = None if row.customer_ref is None else Verified(row.customer_ref, row.verified_until)
        return Visitor(row.address, row.locale, row.consent_version, row.created_at, row.last_seen, verified)

    async def verify(self, token: str, verified: Verified) -> bool:
        """Says who the visitor is; False, and nothing changes, when the session is another customer's."""
        values = {"hash": digest(token), "ref": verified.ref, "until": verified.until}
        return await self._database.write(lambda connection: connection.execute(VERIFY, values).rowcount == 1)
