"""What the example company allows, as its articles say it; pure functions of what is known today.

Dates of payment: `repay-change-date`, `pos-change-date`, `leasing-change-date`. Certificates: the
category `documents`. Refunds: `complaints-fee-refund`. Deadlines: `complaints-deadlines`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from bot.backoffice import workdays
from bot.backoffice.records import (
    ApplicationStatus,
    CaseKind,
    Contract,
    ContractStatus,
    DateChange,
    NextStep,
    Product,
    Refusal,
)


@dataclass(frozen=True, slots=True)
class DateRule:
    """`limit_days`: how far forward; `every_year`: again after 12 months, else once per contract."""

    days: tuple[int, ...]
    limit_days: int | None
    notice: int  # working days before the next payment
    min_payments: int
    every_year: bool
    fee: Decimal
    answer: int  # working days


MONTH = tuple(range(1, 29))
DATE_RULES: Mapping[Product, DateRule] = {
    Product.LOAN: DateRule(MONTH, 15, 3, 1, True, Decimal(0), 1),
    Product.POS: DateRule(MONTH, 10, 5, 0, False, Decimal(0), 1),
    Product.LEASING: DateRule((5, 10, 15, 20, 25), None, 10, 2, True, Decimal(3000), 5),
}


def next_payment(day: int, today: date) -> date:
    """The first day of payment that is not past. `day` is 1 to 28, which every month has."""
    this_month = today.replace(day=day)
    return this_month if this_month >= today else _next_month(this_month)


def _next_month(day: date) -> date:
    if day.month == 12:
        return day.replace(year=day.year + 1, month=1)
    return day.replace(month=day.month + 1)


def shift(payment: date, day: int) -> int:
    """By how many days a payment moves forward to the next such day of the month."""
    return (next_payment(day, payment) - payment).days


def date_change(contract: Contract, yearly_rate: Decimal, today: date) -> DateChange:
    """What may be chosen today. Interest of a day is `balance × yearly_rate / 365`, in whole kopecks."""
    rule = DATE_RULES[contract.product]
    refusal = _contract_refuses(contract, rule, today)
    payment = None if contract.payment_day is None else next_payment(contract.payment_day, today)
    days: tuple[int, ...] = ()
    if refusal is None and payment is not None:
        limit = 31 if rule.limit_days is None else rule.limit_days
        days = tuple(day for day in rule.days if 0 < shift(payment, day) <= limit)
    interest = (contract.balance * yearly_rate / 100 / 365).quantize(Decimal("0.01"))
    return DateChange(
        contract_number=contract.number,
        product=contract.product,
        payment_day=contract.payment_day,
        next_payment=payment,
        known_days=rule.days,
        days=days,
        limit_days=rule.limit_days,
        fee=rule.fee,
        interest_per_day=interest,
        answer_by=workdays.after(today, rule.answer),
        refusal=refusal,
    )


def _contract_refuses(contract: Contract, rule: DateRule, today: date) -> Refusal | None:
    """The condition that no choice of a day can meet; what cannot be helped comes first."""
    if contract.status is ContractStatus.CLOSED:
        return Refusal("contract_closed")
    if contract.payment_day is None:  # paid at once at the end: such a loan is prolonged instead
        return Refusal("not_offered")
    if contract.overdue:
        return Refusal("overdue")
    if contract.payments_made < rule.min_payments:
        return Refusal("too_few_payments", {"needed": rule.min_payments, "made": contract.payments_made})
    return _changed_before(contract, rule, today) or _too_soon(contract.payment_day, rule, today)


def _changed_before(contract: Contract, rule: DateRule, today: date) -> Refusal | None:
    if contract.last_date_change is None:
        return None
    if not rule.every_year:
        return Refusal("already_changed")
    again = workdays.year_after(contract.last_date_change)
    return Refusal("already_changed", {"again_on": again.isoformat()}) if today < again else None


def _too_soon(payment_day: int, rule: DateRule, today: date) -> Refusal | None:
    payment = next_payment(payment_day, today)
    if today <= workdays.before(payment, rule.notice):
        return None
    again = payment + timedelta(days=1)
    return Refusal("too_soon", {"notice_days": rule.notice, "again_on": again.isoformat()})


# Refunds at once.
REFUND_LIMIT = Decimal(1000)
REFUNDS_A_YEAR = 2
REFUND_DAYS = 90
LARGEST_AMOUNT = Decimal(1_000_000_000)


def amount_refuses(amount: Decimal) -> Refusal | None:
    """Money has kopecks and an end."""
    if not amount.is_finite() or not 0 < amount <= LARGEST_AMOUNT or amount != round(amount, 2):
        return Refusal("invalid_amount")
    return None


def refunds_left(earlier: list[date], today: date) -> int:
    """How many refunds at once are left, given the days of earlier ones."""
    return max(0, REFUNDS_A_YEAR - sum(today < workdays.year_after(day) for day in earlier))


# Cases: working days, or calendar days where the article says so.
_WORKING = {
    CaseKind.FEE_REFUND: 15,
    CaseKind.CLAIM: 15,
    CaseKind.EMPLOYEE: 5,
    CaseKind.PERSONAL_DATA: 10,
    CaseKind.CREDIT_HISTORY: 10,
}
_CALENDAR = {
    CaseKind.PARTNER: 30,
    CaseKind.QUESTION: 1,
    CaseKind.CARD_DISPUTE: 30,
    CaseKind.CARD_DISPUTE_ABROAD: 60,
}


def case_deadline(kind: CaseKind, today: date) -> date:
    if kind in _CALENDAR:
        return today + timedelta(days=_CALENDAR[kind])
    return workdays.after(today, _WORKING[kind])


# Applications.
def approval_ends(product: Product, decided: date) -> date:
    """Loans: five working days; instalments: three days; leasing: five working days for the advance."""
    if product is Product.POS:
        return decided + timedelta(days=3)
    return workdays.after(decided, 5)


def next_application(product: Product, refused: date) -> date:
    """A week after a refused instalment, 30 days after anything else."""
    return refused + timedelta(days=7 if product is Product.POS else 30)


def next_step(status: ApplicationStatus) -> NextStep:
    return {
        ApplicationStatus.RECEIVED: NextStep.WAIT,
        ApplicationStatus.CHECKING: NextStep.ANSWER_CALL,
        ApplicationStatus.APPROVED: NextStep.SIGN,
        ApplicationStatus.REFUSED: NextStep.APPLY_AGAIN,
        ApplicationStatus.PAID_OUT: NextStep.NOTHING,
    }[status]
