"""What the example company "sent" by SMS: for a demonstrator who has no such phone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, create_engine, select

from bot.backoffice.example import database as db

LAST = 20


@dataclass(frozen=True, slots=True)
class Sms:
    text: str
    at: str


def messages(connection: Connection, phone: str) -> tuple[Sms, ...]:
    """The last ones, newest first."""
    table = db.outbox.c
    rows = connection.execute(
        select(table.text, table.at).where(table.phone == phone).order_by(table.id.desc()).limit(LAST)
    )
    return tuple(Sms(row.text, row.at) for row in rows)


def messages_in(file: Path, phone: str) -> tuple[Sms, ...]:
    """From the database of a service that may be running; empty when there is none yet."""
    if not file.is_file():
        return ()
    engine = create_engine(f"sqlite+pysqlite:///{file}", hide_parameters=True)
    try:
        with engine.connect() as connection:
            return messages(connection, phone)
    finally:
        engine.dispose()
