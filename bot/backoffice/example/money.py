"""Fees that should not have been taken, cases, the card, and advertising."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select, update

from bot.backoffice import rules, workdays
from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.example import contracts, people
from bot.backoffice.example import database as db
from bot.backoffice.example.work import Work, checked_phone
from bot.backoffice.records import (
    BlockKind,
    CardBlock,
    Case,
    CaseKind,
    Charge,
    ContractStatus,
    Customer,
    CustomerKind,
    Product,
    Refund,
    RefundTo,
    Ticket,
)

OTHER_BANK = 3  # working days to the card of another bank
FREEZE = timedelta(days=30)
REISSUE = Decimal(300)
SMS_STOPS = timedelta(days=1)


def charge(work: Work, ref: str, amount: Decimal, day: date) -> Charge | None:
    row = _charge(work, ref, amount, day)
    if row is None:
        return None
    return Charge(
        row.id, Decimal(row.amount), row.on, row.title, row.mistaken, refunded=row.refunded_on is not None
    )


def refund(work: Work, ref: str, amount: Decimal, day: date, to: RefundTo) -> Refund:
    customer = people.known(work, ref)
    if customer.kind is CustomerKind.COMPANY:
        raise BackofficeRefused("not_for_business")
    row = _charge(work, ref, amount, day)
    if amount > rules.REFUND_LIMIT:
        raise BackofficeRefused("too_large", {"limit": int(rules.REFUND_LIMIT)})
    if row is None:
        raise BackofficeRefused("no_charge")
    if row.refunded_on is not None:
        raise BackofficeRefused("already_refunded", {"on": row.refunded_on.isoformat()})
    if work.today - row.on > timedelta(days=rules.REFUND_DAYS):
        raise BackofficeRefused("too_old", {"limit_days": rules.REFUND_DAYS})
    if not row.mistaken:
        raise BackofficeRefused("not_mistaken", {"title": row.title})
    left = _refunds_left(work, ref)
    if not left:
        raise BackofficeRefused("limit_reached", {"limit": rules.REFUNDS_A_YEAR, "months": 12})
    _check_destination(work, customer, to)

    work.connection.execute(
        update(db.charges).where(db.charges.c.id == row.id).values(refunded_on=work.today)
    )
    paid_by = workdays.after(work.today, OTHER_BANK) if to is RefundTo.OTHER_CARD else work.today
    content = {"charge": row.id, "amount": str(amount), "to": to.value}
    number = work.paper("refund", paid_by, content, ref)
    return Refund(number, amount, to, paid_by, left - 1)


def open_case(work: Work, kind: CaseKind, ref: str | None, fields: Mapping[str, str]) -> Case:
    if ref is not None:
        people.known(work, ref)
    answer_by = rules.case_deadline(kind, work.today)
    content = {"case": kind.value, "fields": dict(fields)}
    return Case(work.paper("case", answer_by, content, ref), kind, answer_by)


def block_card(
    work: Work,
    *,
    kind: BlockKind,
    customer_ref: str | None,
    phone: str | None,
    full_name: str | None,
    birth_date: date | None,
) -> CardBlock:
    """A card that is stolen stays so; a frozen one may become stolen."""
    if customer_ref is not None:
        customer: Customer | None = people.known(work, customer_ref)
    elif birth_date is None:
        raise BackofficeRefused("too_few_criteria")
    else:
        customer = people.find(work, phone=phone, full_name=full_name, birth_date=birth_date)
    if customer is None:
        raise BackofficeRefused("no_customer")
    own = db.cards.c.customer_ref == customer.ref
    cards = work.connection.execute(select(db.cards).where(own).order_by(db.cards.c.number)).all()
    if not cards:
        raise BackofficeRefused("no_card")
    if kind is BlockKind.FREEZE and all(card.blocked == BlockKind.STOLEN for card in cards):
        kind = BlockKind.STOLEN
    change = update(db.cards).where(own)
    if kind is BlockKind.FREEZE:
        change = change.where(db.cards.c.blocked.is_(None))
    work.connection.execute(change.values(blocked=kind.value))
    return CardBlock(
        kind=kind,
        cards=tuple(card.number for card in cards),
        blocked_at=work.now,
        reversible_until=work.today + FREEZE if kind is BlockKind.FREEZE else None,
        reissue_price=REISSUE,
    )


def unsubscribe(work: Work, phone: str | None, ref: str | None) -> Ticket:
    if ref is not None:
        people.known(work, ref)
    elif phone is None:
        raise BackofficeRefused("too_few_criteria")
    if phone is not None:
        checked_phone(phone)
    done_by = work.today + SMS_STOPS
    return Ticket(work.paper("unsubscribe", done_by, {"phone": phone}, ref), "unsubscribe", done_by)


def _charge(work: Work, ref: str, amount: Decimal, day: date) -> Row[Any] | None:
    refusal = rules.amount_refuses(amount)
    if refusal is not None:
        raise BackofficeRefused(refusal.code)
    rows = work.connection.execute(
        select(db.charges)
        .where(db.charges.c.customer_ref == ref, db.charges.c.on == day)
        .order_by(db.charges.c.refunded_on.is_not(None), db.charges.c.id)
    )
    return next((row for row in rows if Decimal(row.amount) == amount), None)


def _refunds_left(work: Work, ref: str) -> int:
    made = select(db.papers.c.created_at).where(db.papers.c.kind == "refund", db.papers.c.customer_ref == ref)
    days = [date.fromisoformat(moment[:10]) for moment in work.connection.execute(made).scalars()]
    return rules.refunds_left(days, work.today)


def _check_destination(work: Work, customer: Customer, to: RefundTo) -> None:
    if to is RefundTo.CARD_MOST and not customer.has_card:
        raise BackofficeRefused("no_card")
    owed = (
        one.status is ContractStatus.ACTIVE and one.product is not Product.LEASING
        for one in contracts.of_customer(work, customer.ref)
    )
    if to is RefundTo.PAYMENT and not any(owed):
        raise BackofficeRefused("no_contract")
