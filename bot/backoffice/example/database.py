"""The example company's tables and its transactions.

A transaction is a plain function over a `Connection`. It holds SQLite's write lock from its begin,
so that whoever takes the last place, or comes with the same key, is alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.pool import StaticPool

from bot.store.sqlite import use_wal

metadata = MetaData()

customers = Table(
    "customers",
    metadata,
    Column("ref", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("full_name", String, nullable=False),
    Column("contact", String),
    Column("phone", String, nullable=False, unique=True),
    Column("birth_date", Date),
    Column("income", Boolean, nullable=False, default=False),
)
cards = Table(
    "cards",
    metadata,
    Column("number", String, primary_key=True),  # the last four digits
    Column("customer_ref", String, nullable=False, index=True),
    Column("blocked", String),  # BlockKind
)
contracts = Table(
    "contracts",
    metadata,
    Column("number", String, primary_key=True),
    Column("customer_ref", String, nullable=False, index=True),
    Column("product", String, nullable=False),
    Column("title", String, nullable=False),
    Column("status", String, nullable=False, default="active"),
    Column("payment_day", Integer),
    Column("new_day", Integer),  # agreed, in force from `new_day_from`
    Column("new_day_from", Date),
    Column("payments_made", Integer, nullable=False, default=0),
    Column("overdue", Boolean, nullable=False, default=False),
    Column("balance", String, nullable=False, default="0"),  # a Decimal as text, like all money here
    Column("yearly_rate", String, nullable=False, default="0"),  # percent
    Column("opened_on", Date, nullable=False),
    Column("closed_on", Date),
    Column("last_date_change", Date),
)
applications = Table(
    "applications",
    metadata,
    Column("number", String, primary_key=True),
    Column("customer_ref", String, nullable=False, index=True),
    Column("product", String, nullable=False),
    Column("title", String, nullable=False),
    Column("status", String, nullable=False),
    Column("created_at", String, nullable=False),  # ISO, UTC, like all moments here
    Column("decided_at", String),
)
charges = Table(
    "charges",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer_ref", String, nullable=False, index=True),
    Column("amount", String, nullable=False),
    Column("on", Date, nullable=False),
    Column("title", String, nullable=False),
    Column("mistaken", Boolean, nullable=False),
    Column("refunded_on", Date),
)
visits = Table(
    "visits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("city", String, nullable=False),
    Column("at", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("customer_ref", String),
    Column("phone", String),
    Column("guests", JSON, nullable=False),
    Column("plate", String),
    Column("parking_place", Integer),
    Column("cancelled", Boolean, nullable=False, default=False),
)
certificates = Table(
    "certificates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer_ref", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("delivery", String, nullable=False),
    Column("ordered_on", Date, nullable=False),
    Column("ready_on", Date, nullable=False),
    Column("address", String),
    Column("token", String, unique=True),  # SHA-256 of what the customer got
    Column("token_until", String),
    Column("lines", JSON, nullable=False),  # what it says, as it was on the day of the order
)
papers = Table(  # tickets, cases, call-backs, refunds: what gets a number and is done by people
    "papers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("customer_ref", String),
    Column("created_at", String, nullable=False),
    Column("done_by", String, nullable=False),
    Column("content", JSON, nullable=False),
)
codes = Table(  # one row per pair that somebody tried, whether or not it exists
    "codes",
    metadata,
    Column("contract_number", String, primary_key=True),
    Column("phone", String, primary_key=True),
    Column("code", String),
    Column("sent_at", JSON, nullable=False),  # moments of the last hour
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", String),
)
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("phone", String, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("at", String, nullable=False),
)
answers = Table(  # idempotency: what the first request with this key was answered
    "answers",
    metadata,
    Column("operation", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("request", String, nullable=False),  # SHA-256 of the arguments
    Column("body", Text, nullable=False),
    Column("at", String, nullable=False),
)
demo = Table("demo", metadata, Column("seeded_on", Date, primary_key=True))


class Database:
    """SQLite in one file. Opened at the start of the service, closed at its end."""

    def __init__(self, url: str) -> None:
        file = make_url(url).database
        if file and file != ":memory:":
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._engine = _engine(url)
        with self.transaction() as connection:
            metadata.create_all(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commits at the end, rolls back on an exception. Blocks: call it from a thread."""
        with self._lock, self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._engine.dispose()


def _engine(url: str) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="sqlite+pysqlite"),
        poolclass=StaticPool,
        isolation_level="AUTOCOMMIT",  # the beginning of transactions is ours
        connect_args={"check_same_thread": False, "timeout": 5},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine
