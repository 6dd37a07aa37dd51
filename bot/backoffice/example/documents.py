"""Certificates: what they say on the day of the order, and when they can be had."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import insert, select

from bot.backoffice import certificates as issues
from bot.backoffice import workdays
from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.example import contracts, people
from bot.backoffice.example import database as db
from bot.backoffice.example.pdf import Page
from bot.backoffice.example.work import Work, stamp
from bot.backoffice.records import (
    Certificate,
    CertificateKind,
    Contract,
    ContractStatus,
    Customer,
    Delivery,
)

OPEN = timedelta(days=1)  # how long a download stays open after the certificate is ready
ADDRESS_CHARS = 10


def offered(work: Work, ref: str) -> tuple[CertificateKind, ...]:
    customer = people.known(work, ref)
    return issues.offered(
        customer.kind, contracts.of_customer(work, ref), _earlier(work, ref), _income(work, ref), work.today
    )


def order(work: Work, ref: str, kind: str, delivery: Delivery, address: str | None) -> Certificate:
    customer = people.known(work, ref)
    issue = issues.ISSUES.get(kind)
    if issue is None or issue.audience is not customer.kind:
        kinds = [name for name, one in issues.ISSUES.items() if one.audience is customer.kind]
        raise BackofficeRefused("no_such_kind", {"kinds": kinds})
    own = contracts.of_customer(work, ref)
    refusal = issues.refuses(kind, own, _income(work, ref), work.today)
    if refusal is not None:
        raise BackofficeRefused(refusal.code, refusal.details)
    if delivery not in issue.ready:
        raise BackofficeRefused("no_such_delivery", {"deliveries": list(issue.ready)})
    if delivery is Delivery.MAIL and len((address or "").strip()) < ADDRESS_CHARS:
        raise BackofficeRefused("address_needed")

    price = issues.price(kind, delivery, _earlier(work, ref), work.today)
    ready = workdays.after(work.today, issue.ready[delivery])
    token = secrets.token_urlsafe(24) if delivery is Delivery.ELECTRONIC else None
    until = None if token is None else work.now + (ready - work.today) + OPEN
    row = {
        "customer_ref": ref,
        "kind": kind,
        "delivery": delivery.value,
        "ordered_on": work.today,
        "ready_on": ready,
        "address": address if delivery is Delivery.MAIL else None,
        "token": token,
        "token_until": None if until is None else stamp(until),
        "lines": _lines(kind, customer, issues.covered(kind, own, work.today), work.today),
    }
    (number,) = work.connection.execute(insert(db.certificates).values(**row)).inserted_primary_key or (0,)
    return Certificate(_number(number), kind, issue.title, delivery, price, ready, token, until)


def page(work: Work, token: str) -> Page:
    """What the PDF is made of; raises `no_certificate` and `not_ready`."""
    row = work.connection.execute(
        select(db.certificates).where(db.certificates.c.token == token)
    ).one_or_none()
    if row is None or work.now > datetime.fromisoformat(row.token_until):
        raise BackofficeRefused("no_certificate")
    if work.today < row.ready_on:
        raise BackofficeRefused("not_ready", {"ready_on": row.ready_on.isoformat()})
    return Page(
        number=_number(row.id),
        title=issues.ISSUES[row.kind].title,
        day=f"{row.ready_on:%d.%m.%Y}",
        lines=tuple(row.lines),
    )


def _number(number: int) -> str:
    return f"С-{number:06}"


def _earlier(work: Work, ref: str) -> tuple[tuple[str, Delivery, date], ...]:
    table = db.certificates.c
    rows = work.connection.execute(
        select(table.kind, table.delivery, table.ordered_on).where(table.customer_ref == ref)
    )
    return tuple((row.kind, Delivery(row.delivery), row.ordered_on) for row in rows)


def _income(work: Work, ref: str) -> bool:
    return bool(
        work.connection.execute(select(db.customers.c.income).where(db.customers.c.ref == ref)).scalar_one()
    )


def _lines(kind: str, customer: Customer, covered: tuple[Contract, ...], today: date) -> list[str]:
    born = "" if customer.birth_date is None else f", дата рождения {customer.birth_date:%d.%m.%Y}"
    lines = [f"Выдана: {customer.full_name}{born}.", f"По состоянию на {today:%d.%m.%Y}."]
    if kind == "income":
        return [*lines, "Сведения о доходе переданы в личный кабинет налогоплательщика."]
    for one in covered:
        lines.append(f"Договор {one.number} «{one.title.strip('«»')}» от {one.opened_on:%d.%m.%Y}.")
        if one.status is ContractStatus.CLOSED and one.closed_on is not None:
            lines.append(f"Закрыт {one.closed_on:%d.%m.%Y}. Задолженности нет.")
        else:
            overdue = "есть просроченный платёж" if one.overdue else "просрочки нет"
            lines.append(f"Внесено платежей: {one.payments_made}. Остаток {money(one.balance)}, {overdue}.")
    return lines


def money(amount: Decimal) -> str:
    """`1 234,50 ₽`, with spaces that do not break."""
    return f"{amount:,.2f}".replace(",", "\u00a0").replace(".", ",") + "\u00a0₽"
