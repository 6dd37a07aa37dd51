"""Which certificates the example company issues, to whom, how soon and for how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from bot.backoffice.records import (
    CertificateKind,
    Contract,
    ContractStatus,
    CustomerKind,
    Delivery,
    DeliveryOption,
    Product,
    Refusal,
)

POST_DAYS = 10  # working days a letter may take


@dataclass(frozen=True, slots=True)
class Issue:
    """`ready`: working days per way of delivery. `price`: of every one on paper (or of every one at
    all, `paid_file`) after the first of its `period`."""

    title: str
    audience: CustomerKind
    ready: Mapping[Delivery, int]
    price: Decimal = Decimal(0)
    period: Literal["month", "quarter"] = "month"
    paid_file: bool = False


_FILE, _OFFICE, _MAIL = Delivery.ELECTRONIC, Delivery.PAPER_OFFICE, Delivery.MAIL
_PERSON, _COMPANY = CustomerKind.INDIVIDUAL, CustomerKind.COMPANY
ISSUES: Mapping[str, Issue] = {
    "no_debt": Issue(
        "Справка об отсутствии задолженности", _PERSON, {_FILE: 0, _OFFICE: 3, _MAIL: 3}, Decimal(200)
    ),
    "current_debt": Issue(
        "Справка о текущей задолженности", _PERSON, {_FILE: 0, _OFFICE: 3, _MAIL: 3}, Decimal(200)
    ),
    "tax": Issue("Справка для налоговой", _PERSON, {_FILE: 5}),
    "civil_servant": Issue("Справка для госслужащего", _PERSON, {_FILE: 0}),
    "income": Issue("Справка о доходах", _PERSON, {_FILE: 3}),
    "leasing_payments": Issue(
        "Справка о платежах по договору лизинга",
        _COMPANY,
        {_FILE: 3, _OFFICE: 3},
        Decimal(500),
        "quarter",
        paid_file=True,
    ),
    "reconciliation": Issue("Акт сверки", _COMPANY, {_FILE: 3, _OFFICE: 7, _MAIL: 7}),
}


def covered(kind: str, contracts: Iterable[Contract], today: date) -> tuple[Contract, ...]:
    """The contracts that the certificate speaks of; a closed one counts from the next day."""
    if kind == "no_debt":
        return tuple(
            one for one in contracts if one.status is ContractStatus.CLOSED and _before(one.closed_on, today)
        )
    if kind == "current_debt":
        return tuple(one for one in contracts if one.status is ContractStatus.ACTIVE)
    if kind in {"leasing_payments", "reconciliation"}:
        return tuple(one for one in contracts if one.product is Product.LEASING)
    return tuple(contracts)


def refuses(kind: str, contracts: Iterable[Contract], income: bool, today: date) -> Refusal | None:
    """Why this customer cannot have it today."""
    if kind == "income":
        return None if income else Refusal("no_income")
    if kind == "civil_servant" and (today.month, today.day) < (1, 15):
        return Refusal("not_yet", {"from": today.replace(day=15).isoformat()})
    speaks_of = covered(kind, contracts, today)
    if not speaks_of:
        return Refusal("no_closed_contract" if kind == "no_debt" else "no_contract")
    if kind == "leasing_payments" and any(one.overdue for one in speaks_of):
        return Refusal("overdue")
    return None


def price(
    kind: str, delivery: Delivery, earlier: Iterable[tuple[str, Delivery, date]], today: date
) -> Decimal:
    """What the next one costs; `earlier` are the customer's orders: kind, delivery, day."""
    issue = ISSUES[kind]
    if not issue.price or not _charged(issue, delivery):
        return Decimal(0)
    since = period_start(issue.period, today)
    # Papers of all kinds share one free sheet a month; leasing has its own quarter.
    used = any(
        day >= since and (ISSUES[other].period, ISSUES[other].price) == (issue.period, issue.price)
        for other, way, day in earlier
        if _charged(ISSUES[other], way)
    )
    return issue.price if used else Decimal(0)


def offered(
    audience: CustomerKind,
    contracts: tuple[Contract, ...],
    earlier: tuple[tuple[str, Delivery, date], ...],
    income: bool,
    today: date,
) -> tuple[CertificateKind, ...]:
    """Everything for this kind of customer, with the reason where it cannot be had now."""
    return tuple(
        CertificateKind(
            kind,
            issue.title,
            tuple(
                DeliveryOption(
                    delivery,
                    days,
                    price(kind, delivery, earlier, today),
                    POST_DAYS if delivery is Delivery.MAIL else 0,
                )
                for delivery, days in issue.ready.items()
            ),
            refuses(kind, contracts, income, today),
        )
        for kind, issue in ISSUES.items()
        if issue.audience is audience
    )


def period_start(period: Literal["month", "quarter"], today: date) -> date:
    month = today.month if period == "month" else (today.month - 1) // 3 * 3 + 1
    return date(today.year, month, 1)


def _charged(issue: Issue, delivery: Delivery) -> bool:
    return bool(issue.price) and (issue.paid_file or delivery is not Delivery.ELECTRONIC)


def _before(day: date | None, today: date) -> bool:
    return day is not None and day + timedelta(days=1) <= today
