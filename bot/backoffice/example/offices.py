"""The six offices of the example company, as `offices-addresses`, `offices-hours` and `account-parking`
have them; hours are local. Public holidays are not known here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.records import Office

SLOT = timedelta(minutes=30)
_WEEK = dict.fromkeys(range(5), "09:00-20:00")
_WITH_SATURDAY = {**_WEEK, 5: "10:00-17:00"}
LEASING_HOURS = dict.fromkeys(range(5), "09:00-18:00")


def _office(
    city: str,
    address: str,
    timezone: str = "Europe/Moscow",
    *,
    hours: Mapping[int, str] = _WITH_SATURDAY,
    cash_desk: bool = False,
    needs_pass: bool = False,
    parking_places: int = 0,
) -> Office:
    return Office(city, address, timezone, hours, cash_desk, needs_pass, parking_places)


# Two guest places of each car park are for people with disabilities and cannot be booked.
OFFICES = (
    _office("Москва", "ул. Условная, 10, БЦ «Переправа»", cash_desk=True, needs_pass=True, parking_places=10),
    _office("Санкт-Петербург", "Примерный пр-т, 24", cash_desk=True),
    _office("Казань", "ул. Пробная, 7", cash_desk=True, parking_places=4),
    _office("Екатеринбург", "ул. Образцовая, 15", "Asia/Yekaterinburg", hours=_WEEK),
    _office("Новосибирск", "ул. Демонстрационная, 3", "Asia/Novosibirsk"),
    _office("Нижний Новгород", "Показательный пер., 5", hours=_WEEK),
)


def office_in(city: str) -> Office:
    """Raises `no_office` with the cities that have one."""
    wanted = city.strip().casefold()
    for office in OFFICES:
        if office.city.casefold() == wanted:
            return office
    raise BackofficeRefused("no_office", {"cities": [office.city for office in OFFICES]})


def zone(office: Office) -> ZoneInfo:
    return ZoneInfo(office.timezone)


def slots(office: Office, day: date, *, leasing: bool = False) -> Iterator[time]:
    """Starts of the half hours of a day, taken or not."""
    hours = office.hours.get(day.weekday())
    if leasing:
        hours = LEASING_HOURS.get(day.weekday()) if hours else None
    if hours is None:
        return
    opens, closes = (time.fromisoformat(part) for part in hours.split("-"))
    at, end = datetime.combine(day, opens), datetime.combine(day, closes)
    while at + SLOT <= end:
        yield at.time()
        at += SLOT
