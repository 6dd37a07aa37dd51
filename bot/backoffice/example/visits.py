"""Visits to an office: free half hours, the pass, the parking place, and call-backs."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.example import database as db
from bot.backoffice.example import people
from bot.backoffice.example.offices import office_in, slots, zone
from bot.backoffice.example.work import MOSCOW, Work, checked_phone, local, stamp
from bot.backoffice.records import Callback, CustomerKind, Office, Visit

AHEAD = timedelta(days=14)
NOTICE = timedelta(hours=2)  # until when a visit can be moved or cancelled
PARKING = timedelta(hours=2)  # for which a place is kept
ACTIVE = 2  # visits of one customer
GUESTS = {CustomerKind.INDIVIDUAL: 2, CustomerKind.COMPANY: 5}
# The line for calls about loans, instalments, the card and the account.
CALLS_FROM, CALLS_TO = time(8), time(22)


def free_slots(work: Work, city: str, day: date, *, leasing: bool = False) -> tuple[time, ...]:
    office = office_in(city)
    today = work.now.astimezone(zone(office)).date()
    if not today <= day <= today + AHEAD:
        return ()
    starts = (datetime.combine(day, start, zone(office)) for start in slots(office, day, leasing=leasing))
    return tuple(at.time() for at in starts if at > work.now and _windows_left(work, office, at) > 0)


def book(
    work: Work,
    *,
    city: str,
    at: datetime,
    topic: str,
    customer_ref: str | None,
    phone: str | None,
    guests: tuple[str, ...],
    plate: str | None,
) -> Visit:
    office = office_in(city)
    at = local(at, zone(office))
    kind = CustomerKind.INDIVIDUAL
    if customer_ref is not None:
        kind = people.known(work, customer_ref).kind
    if phone is not None:
        checked_phone(phone)
    if len(guests) > GUESTS[kind]:
        raise BackofficeRefused("too_many_guests", {"limit": GUESTS[kind]})
    if _active(work, customer_ref, phone) >= ACTIVE:
        raise BackofficeRefused("too_many_visits", {"limit": ACTIVE})
    _check_slot(work, office, at, topic)
    row = {
        "city": office.city,
        "at": stamp(at),
        "topic": topic,
        "customer_ref": customer_ref,
        "phone": phone,
        "guests": list(guests),
        "plate": plate,
        "parking_place": None if plate is None else _parking_place(work, office, at),
    }
    (number,) = work.connection.execute(insert(db.visits).values(**row)).inserted_primary_key or (0,)
    return _visit(_row(work, str(number)))


def next_of(work: Work, ref: str) -> Visit | None:
    table = db.visits.c
    row = work.connection.execute(
        select(db.visits)
        .where(table.customer_ref == ref, table.at > stamp(work.now), table.cancelled.is_(False))
        .order_by(table.at)
        .limit(1)
    ).one_or_none()
    return None if row is None else _visit(row)


def move(work: Work, visit_id: str, at: datetime) -> Visit:
    row = _movable(work, visit_id)
    office = office_in(row.city)
    at = local(at, zone(office))
    _check_slot(work, office, at, row.topic, besides=row.id)
    place = None if row.plate is None else _parking_place(work, office, at, besides=row.id)
    work.connection.execute(
        update(db.visits).where(db.visits.c.id == row.id).values(at=stamp(at), parking_place=place)
    )
    return _visit(_row(work, visit_id))


def cancel(work: Work, visit_id: str) -> Visit:
    row = _movable(work, visit_id)
    work.connection.execute(
        update(db.visits).where(db.visits.c.id == row.id).values(cancelled=True, parking_place=None)
    )
    return _visit(_row(work, visit_id))


def call_back(work: Work, phone: str, topic: str, at: datetime | None) -> Callback:
    checked_phone(phone)
    now = work.now.astimezone(MOSCOW)
    if at is None:
        at = max(now, now.replace(hour=CALLS_FROM.hour, minute=0, second=0, microsecond=0))
        if at.time() >= CALLS_TO:
            at = datetime.combine(now.date() + timedelta(days=1), CALLS_FROM, MOSCOW)
    else:
        at = local(at, MOSCOW)
        _check_time(at, work.now)
        if not CALLS_FROM <= at.time() < CALLS_TO:
            raise BackofficeRefused(
                "outside_hours", {"from": f"{CALLS_FROM:%H:%M}", "to": f"{CALLS_TO:%H:%M}"}
            )
    content = {"phone": phone, "topic": topic, "at": stamp(at)}
    return Callback(work.paper("callback", at.date(), content, None), phone, at, topic)


def _check_time(at: datetime, now: datetime) -> None:
    if at <= now:
        raise BackofficeRefused("in_the_past")
    last = now.astimezone(at.tzinfo).date() + AHEAD
    if at.date() > last:
        raise BackofficeRefused("too_far_ahead", {"until": last.isoformat()})


def _check_slot(work: Work, office: Office, at: datetime, topic: str, besides: int | None = None) -> None:
    _check_time(at, work.now)
    leasing = topic.strip().casefold() in {"лизинг", "leasing"}
    starts = tuple(slots(office, at.date(), leasing=leasing))
    if not starts:
        raise BackofficeRefused("closed", {"date": at.date().isoformat()})
    if at.time() not in starts or _windows_left(work, office, at, besides) <= 0:
        free = free_slots(work, office.city, at.date(), leasing=leasing)
        raise BackofficeRefused("slot_taken", {"free": [f"{start:%H:%M}" for start in free]})


def _windows_left(work: Work, office: Office, at: datetime, besides: int | None = None) -> int:
    """Half of the windows serve people who come without an appointment."""
    table = db.visits.c
    taken = select(func.count()).where(
        table.city == office.city,
        table.at == stamp(at),
        table.cancelled.is_(False),
        table.id != (besides or 0),
    )
    return (2 if office.cash_desk else 1) - int(work.connection.execute(taken).scalar_one())


def _parking_place(work: Work, office: Office, at: datetime, besides: int | None = None) -> int:
    """The lowest free number; raises `no_parking`."""
    table = db.visits.c
    taken = set(
        work.connection.execute(
            select(table.parking_place).where(
                table.city == office.city,
                table.at > stamp(at - PARKING),
                table.at < stamp(at + PARKING),
                table.cancelled.is_(False),
                table.parking_place.is_not(None),
                table.id != (besides or 0),
            )
        ).scalars()
    )
    for place in range(1, office.parking_places + 1):
        if place not in taken:
            return place
    raise BackofficeRefused("no_parking", {"places": office.parking_places})


def _active(work: Work, ref: str | None, phone: str | None) -> int:
    table = db.visits.c
    whose = [column == value for column, value in ((table.customer_ref, ref), (table.phone, phone)) if value]
    if not whose:
        return 0
    mine = select(func.count()).where(or_(*whose), table.at > stamp(work.now), table.cancelled.is_(False))
    return int(work.connection.execute(mine).scalar_one())


def _movable(work: Work, visit_id: str) -> Row[Any]:
    row = _row(work, visit_id)
    if row.cancelled:
        raise BackofficeRefused("no_visit")
    if datetime.fromisoformat(row.at) - work.now < NOTICE:
        raise BackofficeRefused("too_late", {"notice_minutes": int(NOTICE.total_seconds() // 60)})
    return row


def _row(work: Work, visit_id: str) -> Row[Any]:
    number = int(visit_id) if visit_id.isascii() and visit_id.isdecimal() and len(visit_id) < 16 else 0
    row = work.connection.execute(select(db.visits).where(db.visits.c.id == number)).one_or_none()
    if row is None:
        raise BackofficeRefused("no_visit")
    return row


def _visit(row: Row[Any]) -> Visit:
    office = office_in(row.city)
    return Visit(
        id=str(row.id),
        city=row.city,
        address=office.address,
        at=datetime.fromisoformat(row.at).astimezone(zone(office)),
        topic=row.topic,
        guests=tuple(row.guests),
        plate=row.plate,
        parking_place=row.parking_place,
        pass_number=f"П-{row.id:06}" if office.needs_pass and not row.cancelled else None,
        cancelled=row.cancelled,
    )
