"""Transactions: plain functions over a SQLAlchemy `Connection`, run whole on SQLite or PostgreSQL.

A transaction is a function and not a sequence of awaited statements, because that is what makes
SQLite fast: one hop to a thread per transaction where aiosqlite makes one per statement (measured:
0.7 ms against 6 ms of CPU for the two transactions of a turn). PostgreSQL runs the same function
over asyncpg. A function must be repeatable: it may run again when its first run was rolled back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, exc, text

from bot.core.errors import FrontlineError, StorageUnavailable

T = TypeVar("T")
Work = Callable[[Connection], T]

# PostgreSQL: connection lost, refused or to a missing database, no resources (disk full), shutting
# down, read-only, deadlock.
UNAVAILABLE_STATES = ("08", "28", "3D", "53", "57", "25006", "40", "55P03", "58")
UNREACHABLE = (exc.TimeoutError, exc.OperationalError, exc.InterfaceError, OSError)
UNFIT = (exc.DataError, UnicodeEncodeError, OverflowError)
# PostgreSQL: text that is not text (NUL), a number out of range.
INVALID_STATES = ("22",)
KEY_CHARS = 255
PING = text("SELECT 1")


class Database(ABC):
    """Runs a transaction from begin to commit; the caller goes on only when it is durable."""

    @abstractmethod
    async def write(self, work: Work[T]) -> T:
        """Runs `work` in a transaction of its own; an exception from it leaves nothing behind."""

    @abstractmethod
    async def read(self, work: Work[T]) -> T:
        """Runs `work`, which changes nothing, on one consistent state; never waits for writers."""

    @abstractmethod
    async def migrate(self) -> None:
        """Brings the schema to the newest revision; safe when several processes start at once."""

    @abstractmethod
    async def close(self) -> None:
        """Finishes what is under way and closes every connection."""

    async def ping(self) -> None:
        """Returns when the database answers."""
        await self.read(lambda connection: connection.execute(PING).scalar_one())


def translated(error: Exception) -> Exception:
    """The error that callers see for one that the driver raised; others come back as they are."""
    driver = error.orig if isinstance(error, exc.DBAPIError) else error
    state = str(getattr(driver, "sqlstate", None) or "")
    if isinstance(error, exc.IntegrityError | FrontlineError):
        return error
    # asyncpg refuses an argument that does not fit its column with a ValueError of its own.
    unfit = isinstance(error, UNFIT) or isinstance(getattr(driver, "__cause__", None), ValueError)
    if unfit or state.startswith(INVALID_STATES):
        return FrontlineError("invalid_value", "a value that the database cannot keep", status=422)
    if (
        isinstance(error, UNREACHABLE)
        or state.startswith(UNAVAILABLE_STATES)
        or (isinstance(error, exc.DBAPIError) and error.connection_invalidated)
    ):
        return StorageUnavailable(f"the database refuses: {reason(driver)}")
    return error


def reason(error: BaseException | None) -> str:
    """The driver's own first line; never the statement, whose parameters are personal data."""
    return str(error).partition("\n")[0].rpartition("'>: ")[2] or type(error).__name__


def cleaned(value: Any) -> Any:
    """The same JSON without NUL characters and half surrogates, which PostgreSQL cannot keep."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {cleaned(name): cleaned(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in value]
    return value


def checked_key(value: str) -> str:
    """An identifier from outside that may become a key; raises `invalid_identifier` (422).

    PostgreSQL cannot index more than 2,700 bytes nor keep NUL; nobody's identifier is that long.
    """
    if not value or len(value) > KEY_CHARS or cleaned(value) != value:
        raise FrontlineError(
            "invalid_identifier", f"an identifier has 1 to {KEY_CHARS} printable characters", status=422
        )
    return value


def dump_json(value: Any) -> str:
    """JSON text of what a column keeps."""
    try:
        document = orjson.dumps(value)
        if b"\\u0000" not in document:
            return document.decode()
    except orjson.JSONEncodeError:
        pass  # half surrogates; anything else raises again below
    return orjson.dumps(cleaned(value)).decode()


def open_database(url: str) -> Database:
    """The database of an SQLAlchemy URL, not migrated yet."""
    if url.startswith("sqlite"):
        from bot.store.sqlite import SqliteDatabase

        return SqliteDatabase(url)
    from bot.store.postgresql import PostgresDatabase

    return PostgresDatabase(url)
