"""Working days are Monday to Friday. Public holidays are not known here: a company counts its own."""

from __future__ import annotations

from datetime import date, timedelta

_DAY = timedelta(days=1)
SATURDAY = 5


def is_working(day: date) -> bool:
    return day.weekday() < SATURDAY


def after(day: date, count: int) -> date:
    """The `count`-th working day after `day`; `day` itself for 0."""
    while count:
        day += _DAY
        count -= is_working(day)
    return day


def before(day: date, count: int) -> date:
    """The `count`-th working day before `day`; `day` itself for 0."""
    while count:
        day -= _DAY
        count -= is_working(day)
    return day


def year_after(day: date) -> date:
    """The same day twelve months later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)
