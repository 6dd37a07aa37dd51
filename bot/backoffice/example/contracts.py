"""Contracts, applications, and the day of payment."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select, update

from bot.backoffice import rules
from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.example import database as db
from bot.backoffice.example.people import tidy
from bot.backoffice.example.work import MOSCOW, Work
from bot.backoffice.records import (
    Application,
    ApplicationStatus,
    Contract,
    ContractStatus,
    DateChange,
    Product,
    Ticket,
)


def of_customer(work: Work, ref: str) -> tuple[Contract, ...]:
    rows = work.connection.execute(
        select(db.contracts).where(db.contracts.c.customer_ref == ref).order_by(db.contracts.c.opened_on)
    )
    return tuple(_contract(row, work.today) for row in rows)


def application(work: Work, ref: str | None, number: str | None) -> Application | None:
    if ref is None and number is None:
        raise BackofficeRefused("too_few_criteria")
    wanted = select(db.applications).order_by(db.applications.c.created_at.desc()).limit(1)
    if ref is not None:
        wanted = wanted.where(db.applications.c.customer_ref == ref)
    if number is not None:
        wanted = wanted.where(db.applications.c.number == tidy(number))
    row = work.connection.execute(wanted).one_or_none()
    return None if row is None else _application(row)


def date_change(work: Work, number: str, today: date) -> DateChange:
    row = work.connection.execute(
        select(db.contracts).where(db.contracts.c.number == tidy(number))
    ).one_or_none()
    if row is None:
        raise BackofficeRefused("no_contract")
    return rules.date_change(_contract(row, today), Decimal(row.yearly_rate), today)


def change_date(work: Work, number: str, day: int) -> Ticket:
    """The new day is in force from the day of the answer; until then the old one is."""
    options = date_change(work, number, work.today)
    refusal = options.refuses(day)
    if refusal is not None:
        raise BackofficeRefused(refusal.code, refusal.details)
    where = db.contracts.c.number == options.contract_number
    work.connection.execute(
        update(db.contracts)
        .where(where)
        .values(new_day=day, new_day_from=options.answer_by, last_date_change=work.today)
    )
    ref = work.connection.execute(select(db.contracts.c.customer_ref).where(where)).scalar_one()
    content = {"contract_number": options.contract_number, "day": day, "fee": str(options.fee)}
    ticket = work.paper("date_change", options.answer_by, content, ref)
    return Ticket(ticket, "date_change", options.answer_by, options.fee)


def _contract(row: Row[Any], today: date) -> Contract:
    agreed = row.new_day_from is not None and today >= row.new_day_from
    return Contract(
        number=row.number,
        customer_ref=row.customer_ref,
        product=Product(row.product),
        title=row.title,
        status=ContractStatus(row.status),
        payment_day=row.new_day if agreed else row.payment_day,
        payments_made=row.payments_made,
        overdue=row.overdue,
        balance=Decimal(row.balance),
        opened_on=row.opened_on,
        closed_on=row.closed_on,
        last_date_change=row.last_date_change,
    )


def _application(row: Row[Any]) -> Application:
    status, product = ApplicationStatus(row.status), Product(row.product)
    decided = None if row.decided_at is None else datetime.fromisoformat(row.decided_at)
    day = None if decided is None else decided.astimezone(MOSCOW).date()
    return Application(
        number=row.number,
        customer_ref=row.customer_ref,
        product=product,
        title=row.title,
        status=status,
        created_at=datetime.fromisoformat(row.created_at),
        next_step=rules.next_step(status),
        decided_at=decided,
        valid_until=rules.approval_ends(product, day)
        if day and status is ApplicationStatus.APPROVED
        else None,
        again_on=rules.next_application(product, day)
        if day and status is ApplicationStatus.REFUSED
        else None,
    )
