"""Transactions: plain functions over a SQLAlchemy `Connection`, run whole on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Database(Protocol):
    """Runs a transaction from begin to commit; the caller returns only when it is durable."""

    async def write(self, work: Callable[[Connection], T]) -> T: ...

    async def read(self, work: Callable[[Connection], T]) -> T: ...

    async def ping(self) -> None: ...

    async def close(self) -> None: ...


async def open_database(url: str) -> Database:
    raise NotImplementedError
