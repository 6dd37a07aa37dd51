"""PostgreSQL through asyncpg: a pool that checks a connection before it is used."""

from __future__ import annotations

import orjson
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.core.errors import StorageUnavailable
from bot.store.database import Database, T, Work, dump_json, translated
from bot.store.migrations import upgrade

MIGRATION_LOCK = text("SELECT pg_advisory_xact_lock(7023445310)")
CONNECT_S = 5
STATEMENT_S = 60


class PostgresDatabase(Database):
    """READ COMMITTED; whatever must not race locks the conversation's row first."""

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(
            url,
            pool_size=10,
            max_overflow=10,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args={"timeout": CONNECT_S, "command_timeout": STATEMENT_S},
            json_serializer=dump_json,
            json_deserializer=orjson.loads,
            hide_parameters=True,
        )
        self._closed = False

    async def write(self, work: Work[T]) -> T:
        if self._closed:
            raise StorageUnavailable("the store is closed")
        try:
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)
        except Exception as error:
            raise translated(error) from error

    async def read(self, work: Work[T]) -> T:
        if self._closed:
            raise StorageUnavailable("the store is closed")
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                return await connection.run_sync(work)
        except Exception as error:
            raise translated(error) from error

    async def migrate(self) -> None:
        await self.write(locked_upgrade)

    async def close(self) -> None:
        self._closed = True
        await self._engine.dispose()


def locked_upgrade(connection: Connection) -> None:
    """One process migrates, the others wait for it and find nothing to do."""
    connection.execute(MIGRATION_LOCK)
    upgrade(connection)
