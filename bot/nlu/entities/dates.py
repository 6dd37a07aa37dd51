"""Dates: «послезавтра», «на следующей неделе в среду», «28 мая», «до десятого», «14.02.1988»."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from bot.nlu.entities import day_of_month, days, numbers, times
from bot.nlu.entities.calendar_words import (
    MONTHS,
    PARTS,
    RELATIVE,
    SHORT_WEEKDAYS,
    UNITS,
    WEEKDAYS,
    week_shift,
)
from bot.nlu.entities.choice import meant, without_overlaps
from bot.nlu.entities.days import Prefer
from bot.nlu.entities.numbers import Number
from bot.nlu.entities.said import EXTRACTOR, Said
from bot.project.model import EntitySpan

_WRITTEN = re.compile(
    r"(?<![\d.,/:-])(?:(?P<day>\d{1,2})(?P<sign>[./-])(?P<month>\d{1,2})(?:(?P=sign)(?P<year>\d{4}|\d{2}))?"
    r"|(?P<d>\d{1,2}) (?P<m>\d{1,2}) (?P<y>(?:19|20)\d\d)"
    r"|(?P<yyyy>\d{4})-(?P<mm>\d{2})-(?P<dd>\d{2}))(?![\d/:-]|[.,]\d)"
)
_KEYED = re.compile(r"\s*(\d{2})(\d{2})(\d{4})\s*", re.ASCII)  # the keys of a telephone
_AGO = frozenset(["назад", "тому"])
_MONTHS_IN = {"month": 1, "year": 12}
_DAYS_IN = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class _Near:
    """Where dates without a year are looked for."""

    today: date
    prefer: Prefer


Found = tuple[date | None, int, int]  # None: no calendar has it; first token, last (exclusive)


def read(text: str, now: datetime, prefer: Prefer = "future") -> date | None:
    """The date that a text names; without a year the nearest on the preferred side of today.

    Days of a month count too: «на 20-е», and dates dictated digit by digit: «четырнадцать ноль два …».
    """
    said = Said.of(text)
    if (dictated := _dictated(said, now.date())) is not None:
        return dictated
    found = list(find(said, now, prefer))
    for span in day_of_month.find(said):
        day = days.of_month(now.date(), span.value, prefer)
        found.append(EntitySpan("date", day and day.isoformat(), span.start, span.end))
    chosen = meant(said, [span for span in without_overlaps(found, ("date",)) if span.value])
    return date.fromisoformat(chosen.value) if chosen else None


def _dictated(said: Said, today: date) -> date | None:
    """Day, month and year of six or eight digits where nothing else is said."""
    if sum(number.last - number.first for number in said.numbers) != len(said.tokens):
        return None
    digits = "".join(numbers.dictated(number, said.tokens) for number in said.numbers)
    if len(digits) not in {6, 8}:
        return None
    year = int(digits[4:]) if len(digits) == 8 else days.full_year(int(digits[4:]), today)
    return days.made(year, int(digits[2:4]), int(digits[:2]))


def find(said: Said, now: datetime, prefer: Prefer = "future") -> Iterator[EntitySpan]:
    """Dates as "2026-06-05"; the value is None for what only looks like one: «31 февраля».

    A date read as past has the role `past`.
    """
    role = "past" if prefer == "past" else None
    near = _Near(now.date(), prefer)
    for day, start, end in _written(said.text, near):
        yield EntitySpan("date", day and day.isoformat(), start, end, role, extractor=EXTRACTOR)
    at = 0
    while at < len(said.tokens):
        found = _at(said, at, near)
        if found is None:
            at += 1
            continue
        day, first, last = found
        start, end = said.tokens[first].start, said.tokens[last - 1].end
        yield EntitySpan("date", day and day.isoformat(), start, end, role, extractor=EXTRACTOR)
        at = last


def _written(text: str, near: _Near) -> Iterator[tuple[date | None, int, int]]:
    if keyed := _KEYED.fullmatch(text):
        if found := days.made(int(keyed[3]), int(keyed[2]), int(keyed[1])):
            yield found, keyed.start(1), keyed.end(3)
        return
    for match in _WRITTEN.finditer(text):
        day, month = (int(match[name] or match[name[0]] or match[name[0] * 2]) for name in ("day", "month"))
        year = match["year"] or match["y"] or match["yyyy"]
        if year is not None:
            full = int(year) if len(year) == 4 else days.full_year(int(year), near.today)
            yield days.made(full, month, day), *match.span()
        elif match["sign"] != "-" and not _is_other(text, match, day, month):
            found = days.of_year(near.today, month, day, near.prefer)
            if found is not None:
                yield found, *match.span()


def _is_other(text: str, match: re.Match[str], hour: int, minute: int) -> bool:
    """«в 10.05» is a time, «до 10.05» a date, «1/2» is neither."""
    if match["sign"] == "/":
        return len(match[0]) < 4
    return times.follows_preposition(text, match.start()) and hour < 24 and minute < 60


def _at(said: Said, at: int, near: _Near) -> Found | None:  # noqa: PLR0911 - one return per beginning
    """A date in words that begins at this token."""
    form = said.form(at)
    if form in RELATIVE:
        return _relative(said, at, near.today)
    if form in WEEKDAYS or week_shift(form) is not None:
        return _weekday(said, at, near)
    if form in PARTS:
        return _part(said, at, near)
    if form in {"через", "спустя"}:
        return _later(said, at, near.today)
    if form in UNITS:
        return _unit_first(said, at, near.today)
    if form == "полгода" and said.form(at + 1) in _AGO:
        return days.shifted(near.today, months=-6), at, at + 2
    if form == "после" and said.form(at + 1) == "завтра":
        return days.shifted(near.today, days=2), at, at + 2
    if form in MONTHS and form.isascii():
        return _month_first(said, at, near)
    number = said.at.get(at)
    return None if number is None else _day_first(said, number, near) or _ago(said, number, near.today)


def _relative(said: Said, at: int, today: date) -> Found:
    last = at + 1
    if len(said.form(at)) > 7 and said.form(last) in {"день", "дня", "дню", "число", "числа", "числом"}:
        last += 1  # «завтрашний день»
    return days.shifted(today, days=RELATIVE[said.form(at)]), at, last


def _weekday(said: Said, at: int, near: _Near) -> Found | None:
    """«в среду», «в следующую среду», «на следующей неделе в среду», «в среду, 10 июня»."""
    weeks, here = week_shift(said.form(at)), at
    of_week = False
    if weeks is not None:
        here += 1
        of_week = said.form(here) in {"неделе", "неделю", "недели"}
        here += of_week
        here += of_week and said.form(here) in {"в", "во", "на", "к"}
    weekday = WEEKDAYS.get(said.form(here))
    if weekday is None or (
        said.form(here) in SHORT_WEEKDAYS and said.form(here - 1) not in {"в", "во", "на", "к", "до"}
    ):
        return None
    last = here + 1
    if said.form(last) in {"на", "этой"} and weeks is None:  # «в среду на следующей неделе»
        on = last + (said.form(last) == "на")
        if said.form(on + 1) == "неделе" and week_shift(said.form(on)) is not None:
            weeks, last, of_week = week_shift(said.form(on)), on + 2, True
    after = said.at.get(last + (said.form(last) == ","))
    exact = after and _day_first(said, after, near)
    if exact:
        return exact[0], at, exact[2]
    if weeks is None or (weeks == 0 and not of_week):
        return days.of_week(near.today, weekday, near.prefer), at, last
    if weeks == -1 and not of_week:
        if said.form(at) == "той":
            return None
        return days.of_week(near.today, weekday, "past"), at, last
    return days.in_week(near.today, weekday, weeks), at, last


def _part(said: Said, at: int, near: _Near) -> Found | None:
    """«в конце месяца», «в начале следующего месяца», «в середине июня»."""
    part, here = PARTS[said.form(at)], at + 1
    shift = week_shift(said.form(here))
    here += shift is not None
    first = near.today.replace(day=1)
    step = 1 if near.prefer == "future" else -1
    if said.form(here) == "месяца":
        months = [0, step] if shift is None else [shift]
    elif said.form(here) in MONTHS and shift is None:
        first = first.replace(month=MONTHS[said.form(here)])
        months = [0, step * 12]
    else:
        return None
    for moved in (days.shifted(first, months=count) for count in months):
        found = moved and days.part_of_month(moved, part)
        if found and (shift is not None or (found - near.today).days * step >= 0):
            return found, at, here + 1
    return None


def _day_first(said: Said, number: Number, near: _Near) -> Found | None:
    """«5 июня», «пятого числа следующего месяца», «до десятого», «четырнадцатое второго 1988 года»."""
    day, last = number.whole, number.last
    if (
        day is None
        or number.scaled
        or number.value > 31
        or (number.case in {"d", "o"} and not number.ordinal)
    ):
        return None
    month = MONTHS.get(said.form(last))
    if month is not None and (number.ordinal or number.written or number.case == "n"):
        return _with_year(said, number.first, last + 1, (day, month), near)
    if number.ordinal and number.case in {"n", "g"}:
        spoken = _spoken(said, number, near)
        if spoken is not None:
            return spoken
    if not day_of_month.in_genitive(said, number):
        return None
    last += said.form(last) in day_of_month.NUMBER
    shift = week_shift(said.form(last))
    if shift is not None and said.form(last + 1) == "месяца":
        first = days.shifted(near.today.replace(day=1), months=shift)
        found = None if first is None else days.made(first.year, first.month, day)
        return found, number.first, last + 2
    return days.of_month(near.today, day, near.prefer), number.first, last


def _month_first(said: Said, at: int, near: _Near) -> Found | None:
    """«June 5» of an English message."""
    number = said.at.get(at + 1)
    if number is None or number.whole is None or not number.written or not 1 <= number.value <= 31:
        return None
    return days.of_year(near.today, MONTHS[said.form(at)], number.whole, near.prefer), at, number.last


def _spoken(said: Said, number: Number, near: _Near) -> Found | None:
    """«четырнадцатое ноль второе тысяча девятьсот восемьдесят восьмого»: the year must be there."""
    at = number.last + (said.form(number.last) == "ноль")
    month = said.at.get(at)
    if month is None or not month.ordinal or month.whole is None or not 1 <= month.whole <= 12:
        return None
    found = _with_year(said, number.first, month.last, (int(number.value), month.whole), near)
    return found if found[2] > month.last else None


def _with_year(said: Said, first: int, last: int, day: tuple[int, int], near: _Near) -> Found:
    number = said.at.get(last)
    year = None if number is None else _year(said, number, near.today)
    if number is None or year is None:
        return days.of_year(near.today, day[1], day[0], near.prefer), first, last
    last = number.last + (said.form(number.last) in {"год", "года", "году", "г"})
    return days.made(year, day[1], day[0]), first, last


def _year(said: Said, number: Number, today: date) -> int | None:
    """A year as written, as said, or by its last two digits where the word «года» follows."""
    value = number.whole
    if value is None:
        return None
    if 1900 <= value <= 2100 and (number.ordinal or not number.scaled):
        return value
    short = said.form(number.last) in {"года", "г"} or (number.ordinal and value > 31)
    return days.full_year(value, today) if short and 0 <= value < 100 else None


def _later(said: Said, at: int, today: date) -> Found | None:
    """«через неделю», «через 3 дня», «через пару недель», «через 5 рабочих дней», «через полгода»."""
    here, count = at + 1, 1
    if said.form(here) == "полгода":
        return days.shifted(today, months=6), at, here + 1
    number = said.at.get(here)
    if number is not None:
        if number.whole is None or number.ordinal:
            return None
        count, here = number.whole, number.last
    elif said.form(here) in {"пару", "пара"}:
        count, here = 2, here + 1
    elif said.form(here) == "несколько":
        return None
    if said.form(here) in {"рабочих", "рабочий", "рабочие"} and UNITS.get(said.form(here + 1)) == "day":
        return days.working(today, count), at, here + 2
    here += said.form(here) in {"календарных", "календарный"}
    unit = UNITS.get(said.form(here))
    return None if unit is None else (_moved(today, count, unit), at, here + 1)


def _unit_first(said: Said, at: int, today: date) -> Found | None:
    """«дня через три», «дней десять назад», «неделю назад»."""
    unit = UNITS[said.form(at)]
    if said.form(at + 1) in _AGO:
        return _moved(today, -1, unit), at, _past_ago(said, at + 1)
    through = said.form(at + 1) == "через"
    number = said.at.get(at + 1 + through)
    if number is None or number.whole is None or number.ordinal:
        return None
    if through:
        return _moved(today, number.whole, unit), at, number.last
    if said.form(number.last) in _AGO:
        return _moved(today, -number.whole, unit), at, _past_ago(said, number.last)
    return None


def _ago(said: Said, number: Number, today: date) -> Found | None:
    """«5 дней назад», «две недели тому назад»."""
    unit = UNITS.get(said.form(number.last))
    if unit is None or number.whole is None or number.ordinal or said.form(number.last + 1) not in _AGO:
        return None
    return _moved(today, -number.whole, unit), number.first, _past_ago(said, number.last + 1)


def _past_ago(said: Said, at: int) -> int:
    return at + 1 + (said.form(at) == "тому" and said.form(at + 1) == "назад")


def _moved(today: date, count: int, unit: str) -> date | None:
    if abs(count) > 10_000:
        return None
    if unit in _DAYS_IN:
        return days.shifted(today, days=count * _DAYS_IN[unit])
    return days.shifted(today, months=count * _MONTHS_IN[unit])
