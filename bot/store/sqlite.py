"""SQLite: one thread that writes, a few that read, WAL between them.

Writers never meet on SQLite's lock: they queue for the writing thread, which commits those that
wait together (at most `BATCH` at a time) and wakes each caller after that commit. With
`synchronous=NORMAL` a commit survives the death of the process; the last ones may be lost when the
machine loses power.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, cast

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool

from bot.core.errors import StorageUnavailable
from bot.store.database import Database, T, Work, dump_json, translated
from bot.store.migrations import upgrade

BATCH = 32
READERS = 3
BUSY_MS = 5000  # how long to wait for another process, e.g. an import from the command line


@dataclass(slots=True)
class Job:
    """A transaction in the queue and the caller that waits for it."""

    work: Work[Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop

    def finish(self, result: Any, error: BaseException | None) -> None:
        with contextlib.suppress(RuntimeError):  # the caller's loop is closed: nobody waits
            self.loop.call_soon_threadsafe(self._wake, result, error)

    def _wake(self, result: Any, error: BaseException | None) -> None:
        if self.future.done():  # the caller was cancelled; the commit stands
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


def engine_of(url: str, *, writer: bool) -> Engine:
    """An engine whose connections leave the beginning of transactions to us."""
    engine = create_engine(
        make_url(url).set(drivername="sqlite+pysqlite"),
        poolclass=QueuePool,
        pool_size=1 if writer else READERS,
        max_overflow=0,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
        json_serializer=dump_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.create_function("lower", 1, lower, deterministic=True)
        if writer:
            use_wal(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
        else:
            connection.execute("PRAGMA query_only = ON")

    return engine


def use_wal(connection: sqlite3.Connection) -> None:
    """Turns the log on; SQLite does not wait by itself when another process is doing the same."""
    given_up = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > given_up:
                raise
            time.sleep(0.01)


def lower(value: str | float | bytes | None) -> str | float | bytes | None:
    """Replaces SQLite's own `lower`, which knows Latin letters only."""
    return value.lower() if isinstance(value, str) else value


class SqliteDatabase(Database):
    def __init__(self, url: str) -> None:
        file = make_url(url).database
        if not file or file == ":memory:":
            raise ValueError("SQLite needs a file: several connections share it")
        with contextlib.suppress(OSError):  # opening the file says it better
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        self._writer = engine_of(url, writer=True)
        self._reader = engine_of(url, writer=False)
        self._readers = ThreadPoolExecutor(READERS, "sqlite-read")
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name="sqlite-write", daemon=True)
        self._thread.start()
        self._closed = False

    async def write(self, work: Work[T]) -> T:
        if self._closed:
            raise StorageUnavailable("the store is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(Job(work, future, loop))
        return await future

    async def read(self, work: Work[T]) -> T:
        if self._closed:
            raise StorageUnavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def migrate(self) -> None:
        await self.write(upgrade)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
            await asyncio.to_thread(self._readers.shutdown)
            self._reader.dispose()
            self._writer.dispose()

    def _read(self, work: Work[T]) -> T:
        try:
            with self._reader.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                try:
                    return work(connection)
                finally:
                    connection.exec_driver_sql("ROLLBACK")
        except Exception as error:
            raise translated(error) from error

    def _serve(self) -> None:
        """The writing thread: takes what waits, commits it together, wakes the callers."""
        while (first := self._jobs.get()) is not None:
            jobs: list[Job] = [first]
            stop = False
            with contextlib.suppress(Empty):
                while len(jobs) < BATCH and not stop:
                    job = self._jobs.get_nowait()
                    if job is None:
                        stop = True
                    else:
                        jobs.append(job)
            self._commit(jobs)
            if stop:
                return

    def _commit(self, jobs: Sequence[Job]) -> None:
        """Commits the jobs together; when one fails, each by itself, so that only that one fails."""
        try:
            results = self._transaction([job.work for job in jobs])
        except BaseException as error:  # whatever it is belongs to a caller, not to this thread
            if len(jobs) == 1:
                jobs[0].finish(None, as_raised(error))
                return
            for job in jobs:
                self._commit([job])
        else:
            for job, result in zip(jobs, results, strict=True):
                job.finish(result, None)

    def _transaction(self, works: Sequence[Work[Any]]) -> list[Any]:
        with self._writer.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                results = [work(connection) for work in works]
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                roll_back(connection)
                raise
            return results


def roll_back(connection: Connection) -> None:
    """Ends the transaction; SQLite has done so itself after some errors (disk full)."""
    raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    if raw.in_transaction:
        raw.execute("ROLLBACK")


def as_raised(error: BaseException) -> BaseException:
    """The translated error, with the driver's as its cause."""
    if not isinstance(error, Exception):
        return StorageUnavailable("the writing thread was interrupted")
    result = translated(error)
    if result is not error:
        result.__cause__ = error
    return result
