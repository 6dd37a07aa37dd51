"""`Store`: one object that opens the database, migrates it, and groups what may be done with it."""

from __future__ import annotations

from typing import Self

from bot.core.clock import Clock, now
from bot.store.articles import Articles
from bot.store.audit import Audit
from bot.store.conversations import Conversations
from bot.store.database import Database, open_database
from bot.store.handoffs import Handoffs
from bot.store.keys import ApiKeys
from bot.store.operators import Operators
from bot.store.outbound import Outbound
from bot.store.outbox import Outbox
from bot.store.visitors import Visitors


class Store:
    """Everything durable. Methods raise `StorageUnavailable` while the database does not answer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self.conversations = Conversations(database, clock)
        self.handoffs = Handoffs(database, clock)
        self.articles = Articles(database, clock)
        self.operators = Operators(database, clock)
        self.visitors = Visitors(database, clock)
        self.outbox = Outbox(database, clock)
        self.outbound = Outbound(database, clock)
        self.audit = Audit(database, clock)
        self.keys = ApiKeys(database, clock)

    @classmethod
    async def open(cls, url: str, *, clock: Clock = now) -> Self:
        """Connects and migrates; raises `StorageUnavailable` or `FrontlineError("database_newer")`."""
        database = open_database(url)
        try:
            await database.migrate()
        except BaseException:
            await database.close()
            raise
        return cls(database, clock)

    async def ping(self) -> None:
        """Returns when the database answers a query; raises `StorageUnavailable` otherwise."""
        await self._database.ping()

    async def close(self) -> None:
        """Finishes the transactions under way and closes every connection."""
        await self._database.close()
