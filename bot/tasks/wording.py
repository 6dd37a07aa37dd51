"""Dates, spans of days and sums as Russian says them, for the values of responses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

_MONTHS = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)
_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")


def on(day: date) -> str:
    """ "5 июня"."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def weekday(day: date) -> str:
    return _WEEKDAYS[day.weekday()]


def clock(moment: time | datetime) -> str:
    """ "9:00"."""
    return f"{moment.hour}:{moment.minute:02d}"


def roubles(amount: Decimal | float) -> str:
    """ "2 600", with kopecks where there are any."""
    exact = Decimal(str(amount)).quantize(Decimal("0.01"))
    whole = f"{int(exact):,}".replace(",", " ")
    kopecks = int(exact * 100) % 100
    return f"{whole},{kopecks:02d}" if kopecks else whole


def within(today: date, until: date) -> str:
    """ "1 рабочего дня": working days from today, as in "in the course of…"."""
    count = _working_days(today, until)
    return f"{count} рабочего дня" if count % 10 == 1 and count % 100 != 11 else f"{count} рабочих дней"


def ahead(today: date, until: date) -> str:
    """ "3 рабочих дня": as in "it takes…"."""
    count = _working_days(today, until)
    if count % 10 == 1 and count % 100 != 11:
        return f"{count} рабочий день"
    few = count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14)
    return f"{count} рабочих дня" if few else f"{count} рабочих дней"


def _working_days(today: date, until: date) -> int:
    return sum((today + timedelta(days=step)).weekday() < 5 for step in range(1, (until - today).days + 1))


def phone(number: str) -> str:
    """ "+7 900 000-00-13"; what is no Russian number stays as it is."""
    digits = number.removeprefix("+7")
    if len(digits) != 10 or not digits.isdigit():
        return number
    return f"+7 {digits[:3]} {digits[3:6]}-{digits[6:8]}-{digits[8:]}"


def days(numbers: Iterable[int]) -> str:
    """ "1–28" for a run, else "5, 10, 15"."""
    given = sorted(set(numbers))
    if len(given) > 2 and given[-1] - given[0] == len(given) - 1:
        return f"{given[0]}–{given[-1]}"
    return ", ".join(map(str, given))


def day_of(value: object) -> int:
    """The day of the month of "2026-06-20", "20" or 20."""
    return int(str(value).rsplit("-", 1)[-1])
