"""What every function of the example company gets: its open transaction, and the moment it is in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.example import database as db

MOSCOW = ZoneInfo("Europe/Moscow")
_PHONE = re.compile(r"\+\d{10,15}")
_PREFIX = {"case": "О", "refund": "В", "callback": "Т"}


@dataclass(frozen=True, slots=True)
class Work:
    connection: Connection
    now: datetime  # UTC

    @property
    def today(self) -> date:
        """The day in Moscow, by which the company counts."""
        return self.now.astimezone(MOSCOW).date()

    def paper(self, kind: str, done_by: date, content: dict[str, Any], customer_ref: str | None) -> str:
        """Registers something that gets a number; returns the number."""
        row = insert(db.papers).values(
            kind=kind,
            customer_ref=customer_ref,
            created_at=stamp(self.now),
            done_by=done_by.isoformat(),
            content=content,
        )
        (number,) = self.connection.execute(row).inserted_primary_key or (0,)
        return f"{_PREFIX.get(kind, 'З')}-{number:06}"


def stamp(moment: datetime) -> str:
    """A moment as the tables keep it: sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """In the zone; a time without a zone is meant there."""
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def checked_phone(phone: str) -> str:
    if not _PHONE.fullmatch(phone):
        raise BackofficeRefused("invalid_phone")
    return phone
