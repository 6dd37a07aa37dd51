"""Arithmetic of days: the nearest day of a kind before or after another."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Literal

Prefer = Literal["future", "past"]
YEARS = range(1900, 2101)  # that customers speak of


def made(year: int, month: int, day: int) -> date | None:
    """The date, if the calendar has it and customers speak of such years."""
    if year not in YEARS or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day)


def shifted(today: date, *, days: int = 0, months: int = 0) -> date | None:
    """A day of another month is the last one where that month is shorter."""
    month = today.month - 1 + months
    year = today.year + month // 12
    if year not in YEARS or abs(days) > 40_000:
        return None
    last = calendar.monthrange(year, month % 12 + 1)[1]
    moved = date(year, month % 12 + 1, min(today.day, last)) + timedelta(days=days)
    return moved if moved.year in YEARS else None


def working(today: date, days: int) -> date | None:
    """So many working days later; holidays count as working days."""
    if not 0 <= days <= 1000:
        return None
    moved = today
    for _ in range(days):
        moved += timedelta(days=3 if moved.weekday() == 4 else 2 if moved.weekday() == 5 else 1)
    return moved


def of_year(today: date, month: int, day: int, prefer: Prefer) -> date | None:
    """The nearest such day of a year, today included; a 29 February may be years away."""
    step = 1 if prefer == "future" else -1
    for years in range(9):
        found = made(today.year + step * years, month, day)
        if found is not None and (found - today).days * step >= 0:
            return found
    return None


def of_month(today: date, day: int, prefer: Prefer) -> date | None:
    """The nearest such day of a month, today included; a 31st skips the months without one."""
    step = 1 if prefer == "future" else -1
    for months in range(4):
        first = shifted(today.replace(day=1), months=step * months)
        found = first and made(first.year, first.month, day)
        if found and (found - today).days * step >= 0:
            return found
    return None


def of_week(today: date, weekday: int, prefer: Prefer) -> date:
    """The nearest such weekday (0 is Monday), never today: people call that «сегодня»."""
    ahead = (weekday - today.weekday()) % 7 or 7
    return today + timedelta(days=ahead if prefer == "future" else (ahead - 7 or -7))


def in_week(today: date, weekday: int, weeks: int) -> date:
    """A weekday of this week (0), the next (1), the last (-1); a week begins on Monday."""
    return today + timedelta(days=weekday - today.weekday() + 7 * weeks)


def part_of_month(first: date, part: str) -> date:
    """`begin`, `middle`, `end` of the month that begins with `first`."""
    last = calendar.monthrange(first.year, first.month)[1]
    return first.replace(day={"begin": 1, "middle": 15, "end": last}[part])


def full_year(short: int, today: date) -> int:
    """«88» is 1988, «26» is 2026: at most five years ahead."""
    return 2000 + short if 2000 + short <= today.year + 5 else 1900 + short
