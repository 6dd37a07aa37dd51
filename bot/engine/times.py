"""Dates and times said in English, as Duckling's `time` gives them: the moment at which they begin.

Where a year or a day is left out, the next one from now on is meant. Time zones are not read: a moment
has that of `now`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

_MONTHS = {name.lower(): at for at, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): at for at, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name.lower(): at for at, name in enumerate(calendar.day_name)}
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_NAMED = {"now": 0, "right now": 0, "today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_AMOUNT = r"(?P<count>\d+|" + "|".join(sorted(_COUNTS, key=len, reverse=True)) + ")"
_CLOCK = r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?\s?(?P<half>am|pm)|(?P<hour24>\d{1,2}):(?P<minute24>\d\d)"
_UNITS = r"(?P<unit>minute|hour|day|week|month|year)s?"
_EXPRESSIONS = {
    "iso": r"(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)",
    "date": rf"(?:on\s+)?{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s+(?P<year>\d{{4}}))?",
    "day_first": rf"(?:on\s+)?(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}"
    r"(?:,?\s+(?P<year>\d{4}))?",
    "month": rf"(?:in\s+)?{_MONTH}(?:,?\s+(?P<year>\d{{4}}))?",
    "named": r"(?P<name>right now|now|today|tonight|tomorrow|yesterday)"
    rf"(?:\s+at\s+(?:{_CLOCK}))?",
    "weekday": rf"(?:on\s+)?(?:(?P<which>this|next|last)\s+)?(?P<weekday>{'|'.join(_DAYS)})"
    rf"(?:\s+at\s+(?:{_CLOCK}))?",
    "period": rf"(?P<which>this|next|last)\s+{_UNITS}",
    "ahead": rf"in\s+{_AMOUNT}\s+{_UNITS}",
    "ago": rf"{_AMOUNT}\s+{_UNITS}\s+ago",
    "clock": rf"(?:at\s+)?(?:{_CLOCK})",
}
_PATTERNS = {
    name: re.compile(rf"(?<![\w-])(?:{text})(?![\w-])", re.IGNORECASE) for name, text in _EXPRESSIONS.items()
}
_MAY_BE_WORDS = frozenset({"may", "mar", "march", "sat", "sun"})  # a month alone that is also another word


def find(text: str, now: datetime) -> Iterator[tuple[int, int, object]]:
    """Start, end and ISO moment of each, the longest where several begin at the same place."""
    found = [
        (match.start(), -match.end(), moment.isoformat(timespec="milliseconds"))
        for name, pattern in _PATTERNS.items()
        for match in pattern.finditer(text)
        if (moment := _moment(name, match, now)) is not None
    ]
    until = 0
    for start, end, said in sorted(found):
        if start >= until:
            yield start, -end, said
            until = -end


def _moment(name: str, match: re.Match[str], now: datetime) -> datetime | None:
    try:
        return _READERS[name](match, now)
    except ValueError:  # the 31st of June
        return None


def _iso(match: re.Match[str], now: datetime) -> datetime:
    return _midnight(now).replace(year=int(match["year"]), month=int(match["number"]), day=int(match["day"]))


def _date(match: re.Match[str], now: datetime) -> datetime:
    month, day = _MONTHS[match["month"].lower()], int(match["day"])
    return _dated(now, match["year"], month, day)


def _month(match: re.Match[str], now: datetime) -> datetime | None:
    said = match["month"].lower()
    if said in _MAY_BE_WORDS and not match["year"] and not match[0].lower().startswith("in"):
        return None
    return _dated(now, match["year"], _MONTHS[said], 1)


def _named(match: re.Match[str], now: datetime) -> datetime:
    name = match["name"].lower()
    if name.endswith("now"):
        return now.replace(microsecond=0)
    day = _midnight(now) + timedelta(days=_NAMED[name])
    return _at(match, day) or (day.replace(hour=18) if name == "tonight" else day)


def _weekday(match: re.Match[str], now: datetime) -> datetime:
    wanted = _DAYS[match["weekday"].lower()]
    ahead = (wanted - now.weekday() - 1) % 7 + 1
    which = (match["which"] or "").lower()
    if which == "last":
        ahead -= 7
    day = _midnight(now) + timedelta(days=ahead)
    return _at(match, day) or day


def _period(match: re.Match[str], now: datetime) -> datetime | None:
    step = {"this": 0, "next": 1, "last": -1}[match["which"].lower()]
    return _moved(now, match["unit"].lower(), step)


def _ahead(match: re.Match[str], now: datetime) -> datetime | None:
    return _later(now, match, 1)


def _ago(match: re.Match[str], now: datetime) -> datetime | None:
    return _later(now, match, -1)


def _clock(match: re.Match[str], now: datetime) -> datetime | None:
    at = _at(match, _midnight(now))
    return at + timedelta(days=1) if at and at < now else at


_READERS = {
    "iso": _iso,
    "date": _date,
    "day_first": _date,
    "month": _month,
    "named": _named,
    "weekday": _weekday,
    "period": _period,
    "ahead": _ahead,
    "ago": _ago,
    "clock": _clock,
}


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _dated(now: datetime, year: str | None, month: int, day: int) -> datetime:
    moment = _midnight(now).replace(year=int(year) if year else now.year, month=month, day=day)
    return moment.replace(year=now.year + 1) if year is None and moment < _midnight(now) else moment


def _at(match: re.Match[str], day: datetime) -> datetime | None:
    if match["hour24"]:
        return day.replace(hour=int(match["hour24"]), minute=int(match["minute24"]))
    if not match["hour"]:
        return None
    hour = int(match["hour"])
    if not 1 <= hour <= 12:
        raise ValueError(match["hour"])
    afternoon = match["half"].lower() == "pm"
    return day.replace(hour=hour % 12 + 12 * afternoon, minute=int(match["minute"] or 0))


def _moved(now: datetime, unit: str, step: int) -> datetime | None:
    """The beginning of this, the next or the last period."""
    today = _midnight(now)
    match unit:
        case "day":
            return today + timedelta(days=step)
        case "week":
            return today + timedelta(days=7 * step - today.weekday())
        case "month":
            months = today.year * 12 + today.month - 1 + step
            return today.replace(year=months // 12, month=months % 12 + 1, day=1)
        case "year":
            return today.replace(year=today.year + step, month=1, day=1)
        case _:
            return None


def _later(now: datetime, match: re.Match[str], sign: int) -> datetime | None:
    said, unit = match["count"].lower(), match["unit"].lower()
    count = sign * (_COUNTS[said] if said in _COUNTS else int(said))
    match unit:
        case "minute" | "hour":
            return now.replace(second=0, microsecond=0) + timedelta(**{f"{unit}s": count})
        case "day" | "week":
            return _midnight(now) + timedelta(**{f"{unit}s": count})
        case _:
            return _moved(now, unit, count)
