"""A day of payment may be chosen exactly when the articles' conditions hold, counted day by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import takewhile

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backoffice import rules, workdays
from bot.backoffice.records import Contract, ContractStatus, Product

DAY = timedelta(days=1)
dates = st.dates(date(2024, 1, 1), date(2032, 12, 31))
contracts = st.builds(
    Contract,
    number=st.just("МП-1"),
    customer_ref=st.just("c"),
    product=st.sampled_from(Product),
    title=st.just("«Мост План»"),
    status=st.sampled_from(ContractStatus),
    payment_day=st.none() | st.integers(1, 28),
    payments_made=st.integers(0, 4),
    overdue=st.booleans(),
    balance=st.decimals(0, 5_000_000, places=2),
    opened_on=st.just(date(2023, 1, 1)),
    last_date_change=st.none() | st.dates(date(2023, 1, 1), date(2032, 12, 31)),
)
# Most of what can stand in the way does not: otherwise hardly an example would get to the day itself.
clean = st.builds(
    Contract,
    number=st.just("МП-1"),
    customer_ref=st.just("c"),
    product=st.sampled_from(Product),
    title=st.just("«Мост План»"),
    status=st.just(ContractStatus.ACTIVE),
    payment_day=st.integers(1, 28),
    payments_made=st.integers(1, 4),
    overdue=st.just(False),
    balance=st.decimals(0, 5_000_000, places=2),
    opened_on=st.just(date(2023, 1, 1)),
    last_date_change=st.none(),
)


def following(start: date) -> Iterator[date]:
    while True:
        yield start
        start += DAY


def allowed(contract: Contract, day: int, today: date) -> bool:
    """The articles, word by word, with nothing of the module under test."""
    if contract.status is ContractStatus.CLOSED or contract.payment_day is None or contract.overdue:
        return False
    payment = next(one for one in following(today) if one.day == contract.payment_day)
    moved = next(one for one in following(payment) if one.day == day)
    notice = sum(one.weekday() < 5 for one in takewhile(payment.__gt__, following(today)))
    shift = (moved - payment).days
    changed = contract.last_date_change
    within_a_year = changed is not None and (
        (today.year, today.month, today.day) < (changed.year + 1, changed.month, changed.day)
    )
    if contract.product is Product.LOAN:
        return (
            0 < shift <= 15
            and notice >= 3
            and contract.payments_made >= 1
            and not within_a_year
            and day <= 28
        )
    if contract.product is Product.POS:
        return 0 < shift <= 10 and notice >= 5 and changed is None and day <= 28
    return (
        day in {5, 10, 15, 20, 25}
        and shift > 0
        and notice >= 10
        and contract.payments_made >= 2
        and not within_a_year
    )


@settings(max_examples=500)
@given(contracts | clean, st.integers(1, 28), dates, st.integers(0, 20))
def test_a_day_is_allowed_exactly_when_the_article_says_so(
    contract: Contract, day: int, month: date, before: int
) -> None:
    # Mostly within the notice or just outside it, where an answer may be wrong by a day.
    today = month.replace(day=contract.payment_day or 1) - before * DAY
    options = rules.date_change(contract, Decimal(72), today)
    assert (options.refuses(day) is None) == allowed(contract, day, today)
    assert (options.refusal is None) or options.days == ()


@given(clean, st.integers(-400, 400).filter(lambda day: not 1 <= day <= 28), dates)
def test_a_day_that_a_month_may_lack_is_never_allowed(contract: Contract, day: int, today: date) -> None:
    refusal = rules.date_change(contract, Decimal(0), today).refuses(day)
    assert refusal is not None
    assert day not in refusal.details.get("days", [])


@given(clean, st.integers(1, 28), dates)
def test_a_refusal_of_a_day_offers_only_days_that_can_be_had(
    contract: Contract, day: int, today: date
) -> None:
    options = rules.date_change(contract, Decimal(0), today)
    refusal = options.refuses(day)
    if refusal is not None and refusal.code in {"too_far", "same_day"}:
        assert all(options.refuses(other) is None for other in refusal.details["days"])


@given(dates, st.integers(0, 40))
def test_working_days_are_counted_one_by_one(day: date, count: int) -> None:
    late = workdays.after(day, count)
    passed = [
        one for one in (day + DAY * step for step in range(1, (late - day).days + 1)) if one.weekday() < 5
    ]
    assert len(passed) == count
    if count:
        assert late.weekday() < 5
        assert workdays.before(late + DAY, 1) == late


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_an_amount_is_money_or_refused(amount: Decimal) -> None:
    fine = (
        amount.is_finite()
        and 0 < amount <= 1_000_000_000
        and (amount * 100) == (amount * 100).to_integral_value()
    )
    assert (rules.amount_refuses(amount) is None) == fine
