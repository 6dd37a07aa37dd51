"""Shift hours, in the company's time zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.errors import FrontlineError
from bot.dialog.shift import Shift


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "moment", "is_open"),
    [
        ("08:00-22:00", at(5), True),  # 8:00 in Moscow
        ("08:00-22:00", at(4, 59), False),
        ("08:00-22:00", at(19), False),  # 22:00
        ("20:00-08:00", at(22), True),  # 1:00, past midnight
        ("20:00-08:00", at(9), False),
        ("00:00-00:00", at(1), True),
    ],
)
def test_open(hours: str, moment: datetime, is_open: bool) -> None:
    assert Shift.parse(hours, "Europe/Moscow").is_open(moment) is is_open


def test_opens_today() -> None:
    shift = Shift.parse("08:00-22:00", "Europe/Moscow")
    assert shift.opens_today(at(2))
    assert not shift.opens_today(at(20))


@pytest.mark.parametrize(
    ("hours", "zone"), [("8-22", "Europe/Moscow"), ("08:00", "UTC"), ("08:00-22:00", "Луна")]
)
def test_what_cannot_be_read_is_named(hours: str, zone: str) -> None:
    with pytest.raises(FrontlineError) as caught:
        Shift.parse(hours, zone)
    assert caught.value.code == "invalid_configuration"
