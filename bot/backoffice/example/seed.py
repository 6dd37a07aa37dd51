"""The customers of the example company; `docs/backoffice.md` says who shows what.

Written into an empty database, and anew at the first start of a later day, so that what is told
relative to today (a fee a week ago, a visit at three) is true on the day of the demonstration.
Tickets, cases, certificates and answers that were given are kept.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from bot.backoffice.example import database as db
from bot.backoffice.example.offices import office_in, slots, zone
from bot.backoffice.example.work import MOSCOW, stamp

_DAY = timedelta(days=1)


def seed(connection: Connection, now: datetime) -> None:
    """Does nothing when it was done today already."""
    today = now.astimezone(MOSCOW).date()
    if connection.execute(select(db.demo.c.seeded_on)).scalar_one_or_none() == today:
        return
    for table in (db.customers, db.cards, db.contracts, db.applications, db.charges, db.codes, db.demo):
        connection.execute(delete(table))
    ours = [person["ref"] for person in CUSTOMERS]
    connection.execute(delete(db.visits).where(db.visits.c.customer_ref.in_(ours)))
    connection.execute(delete(db.papers).where(db.papers.c.kind == "refund"))  # their charges are new too

    connection.execute(insert(db.demo).values(seeded_on=today))
    _insert(connection, db.customers, CUSTOMERS)
    _insert(connection, db.cards, CARDS)
    _insert(connection, db.contracts, contracts(today))
    _insert(connection, db.applications, applications(now))
    _insert(connection, db.charges, charges(today))
    _insert(connection, db.visits, [visit(now)])


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    for row in rows:  # one by one: rows leave out what has a default
        connection.execute(insert(table).values(**row))


CUSTOMERS: list[dict[str, Any]] = [
    {
        "ref": "c-smirnova",
        "kind": "individual",
        "full_name": "Смирнова Анна Олеговна",
        "birth_date": date(1988, 2, 14),
        "phone": "+79000000011",
    },
    {
        "ref": "c-orlov",
        "kind": "individual",
        "full_name": "Орлов Дмитрий Сергеевич",
        "birth_date": date(1990, 6, 21),
        "phone": "+79000000012",
    },
    {
        "ref": "c-belova",
        "kind": "individual",
        "full_name": "Белова Марина Игоревна",
        "birth_date": date(1985, 11, 3),
        "phone": "+79000000013",
    },
    {
        "ref": "c-vector",
        "kind": "company",
        "full_name": "ООО «Вектор»",
        "contact": "Титов Павел Андреевич",
        "phone": "+79000000014",
    },
    {
        "ref": "c-zueva",
        "kind": "individual",
        "full_name": "Зуева Ольга Николаевна",
        "birth_date": date(1979, 9, 30),
        "phone": "+79000000015",
    },
    {
        "ref": "c-khasanov",
        "kind": "individual",
        "full_name": "Хасанов Тимур Рашидович",
        "birth_date": date(1994, 1, 17),
        "phone": "+79000000016",
    },
    {
        "ref": "c-klimova",
        "kind": "individual",
        "full_name": "Климова Вера Петровна",
        "birth_date": date(2001, 4, 9),
        "phone": "+79000000017",
    },
    {
        "ref": "c-panin",
        "kind": "individual",
        "full_name": "Панин Олег Викторович",
        "birth_date": date(1982, 12, 25),
        "phone": "+79000000018",
    },
]

CARDS: list[dict[str, Any]] = [
    {"number": "4417", "customer_ref": "c-smirnova"},
    {"number": "8052", "customer_ref": "c-khasanov"},
]


def contracts(today: date) -> list[dict[str, Any]]:
    april = last("04-14", today)
    return [
        _loan("МП-118230", "c-smirnova", today, months=7, day=18, payments=6, balance="42300.00"),
        # Nothing is against moving this one.
        _loan("МП-204518", "c-orlov", today, months=5, day=10, payments=4, balance="61750.40"),
        _loan("МП-275310", "c-belova", today, months=3, day=22, payments=2, balance="27900.00"),
        {
            "number": "РС-330417",
            "customer_ref": "c-belova",
            "product": "pos",
            "title": "Рассрочка «Техника у дома»",
            "payment_day": 5,
            "payments_made": 2,
            "balance": "31500.00",
            "opened_on": today - 80 * _DAY,
        },
        {
            "number": "ЛЗ-5501",
            "customer_ref": "c-vector",
            "product": "leasing",
            "title": "Автолизинг",
            "payment_day": 10,
            "payments_made": 7,
            "balance": "2480000.00",
            "opened_on": today - 225 * _DAY,
        },
        {
            "number": "МП-190077",
            "customer_ref": "c-zueva",
            "product": "loan",
            "title": "«Мост План»",
            "status": "closed",
            "payments_made": 6,
            "opened_on": april - 182 * _DAY,
            "closed_on": april,
        },
        # Paid at once at the end: its date cannot be moved, only the loan prolonged.
        {
            "number": "МС-410266",
            "customer_ref": "c-khasanov",
            "product": "loan",
            "title": "«Мост Старт»",
            "balance": "15000.00",
            "yearly_rate": "182.5",
            "opened_on": today - 6 * _DAY,
        },
        _loan("МП-166902", "c-panin", today, months=9, day=12, payments=6, balance="38400.00")
        | {"overdue": True},
    ]


def _loan(
    number: str, ref: str, today: date, *, months: int, day: int, payments: int, balance: str
) -> dict[str, Any]:
    return {
        "number": number,
        "customer_ref": ref,
        "product": "loan",
        "title": "«Мост План»",
        "payment_day": day,
        "payments_made": payments,
        "balance": balance,
        "yearly_rate": "72",
        "opened_on": today - 30 * months * _DAY,
    }


def applications(now: datetime) -> list[dict[str, Any]]:
    """One in each status."""

    def applied(number: str, ref: str, status: str, hours: int, decided: int | None = None) -> dict[str, Any]:
        return {
            "number": number,
            "customer_ref": ref,
            "product": "loan",
            "title": "«Мост План»",
            "status": status,
            "created_at": stamp(now - timedelta(hours=hours)),
            "decided_at": None if decided is None else stamp(now - timedelta(hours=decided)),
        }

    return [
        applied("ЗВ-500101", "c-klimova", "received", hours=0),
        applied("ЗВ-500102", "c-khasanov", "checking", hours=2),
        applied("ЗВ-500103", "c-zueva", "approved", hours=5, decided=4),
        applied("ЗВ-500104", "c-panin", "refused", hours=72, decided=71),
        applied("ЗВ-500105", "c-orlov", "paid_out", hours=24 * 150, decided=24 * 150 - 1),
    ]


def charges(today: date) -> list[dict[str, Any]]:
    """Of one customer: refunded at once, too large for that, rightly taken, too old."""
    taken = [
        (last("05-28", today), "450.00", "Комиссия за перевод", True),
        (last("05-20", today), "2600.00", "Плата за услугу", True),
        (today - 7 * _DAY, "450.00", "Комиссия за перевод", True),
        (today - 12 * _DAY, "990.00", "Плата за услугу", True),
        (today - 20 * _DAY, "300.50", "Комиссия за перевод", True),
        (today - 15 * _DAY, "2600.00", "Плата за услугу", True),
        (today - 9 * _DAY, "59.00", "СМС об операциях", False),
        (today - 120 * _DAY, "120.00", "Комиссия за перевод", True),
    ]
    rows = {(on, amount): (title, mistaken) for on, amount, title, mistaken in taken}
    return [
        {
            "id": f"{on:%Y%m%d}-{amount}",
            "customer_ref": "c-smirnova",
            "on": on,
            "amount": amount,
            "title": title,
            "mistaken": mistaken,
        }
        for (on, amount), (title, mistaken) in rows.items()
    ]


def visit(now: datetime) -> dict[str, Any]:
    """In Kazan at 15:00: today while it can still be moved, else on the next day that is open."""
    office = office_in("Казань")
    here = now.astimezone(zone(office))
    at = datetime.combine(here.date(), time(15), zone(office))
    while at - here < timedelta(hours=2) or not any(slots(office, at.date())):
        at += _DAY
    return {
        "city": office.city,
        "at": stamp(at),
        "topic": "займ",
        "customer_ref": "c-khasanov",
        "guests": [],
    }


def last(month_day: str, today: date) -> date:
    """The latest such day (`05-28`) that is not in the future."""
    day = date.fromisoformat(f"{today.year}-{month_day}")
    return day if day <= today else day.replace(year=day.year - 1)
