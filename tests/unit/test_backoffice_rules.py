"""What the example company's articles promise, case by case; and that the code repeats their tables."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from bot.backoffice import certificates, rules
from bot.backoffice.example import seed
from bot.backoffice.example.offices import OFFICES, slots
from bot.backoffice.records import CaseKind, Contract, ContractStatus, CustomerKind, Delivery, Product

ARTICLES = Path(__file__).resolve().parents[2] / "knowledge_base" / "articles"
WEDNESDAY = date(2026, 6, 3)
LOAN = Contract(
    "МП-204518",
    "c",
    Product.LOAN,
    "«Мост План»",
    ContractStatus.ACTIVE,
    10,
    4,
    False,
    Decimal("61750.40"),
    date(2026, 1, 3),
)
POS = replace(LOAN, product=Product.POS, payment_day=5)
LEASING = replace(LOAN, product=Product.LEASING, payments_made=7)


def refused(contract: Contract, day: int, today: date) -> tuple[str, dict[str, object]] | None:
    refusal = rules.date_change(contract, Decimal(72), today).refuses(day)
    return None if refusal is None else (refusal.code, dict(refusal.details))


def code(contract: Contract, day: int, today: date) -> str | None:
    refusal = refused(contract, day, today)
    return None if refusal is None else refusal[0]


def test_a_loan_moves_up_to_fifteen_days() -> None:
    assert refused(LOAN, 30, WEDNESDAY) == ("day_not_allowed", {"days": list(range(1, 29))})
    assert refused(LOAN, 28, WEDNESDAY) == ("too_far", {"limit_days": 15, "days": list(range(11, 26))})
    assert code(LOAN, 25, WEDNESDAY) is None
    assert code(LOAN, 10, WEDNESDAY) == "same_day"
    assert code(LOAN, 5, WEDNESDAY) == "too_far"  # forward to 5 July, not back to 5 June


def test_the_end_of_a_month_is_passed() -> None:
    late = replace(LOAN, payment_day=25)
    assert code(late, 5, WEDNESDAY) is None  # 25 June to 5 July
    assert code(late, 12, WEDNESDAY) == "too_far"


@pytest.mark.parametrize(
    ("contract", "last_day"),
    [
        (LOAN, date(2026, 6, 5)),  # payment on Wednesday 10 June: Friday is the third working day before
        (replace(POS, payment_day=10), date(2026, 6, 3)),
        (LEASING, date(2026, 5, 27)),
    ],
)
def test_notice_is_counted_in_working_days(contract: Contract, last_day: date) -> None:
    assert code(contract, 15, last_day) is None
    following = last_day.replace(day=last_day.day + 1)
    assert refused(contract, 15, following) == (
        "too_soon",
        {"notice_days": rules.DATE_RULES[contract.product].notice, "again_on": "2026-06-11"},
    )


def test_an_instalment_changes_once_and_the_others_once_a_year() -> None:
    changed = date(2025, 6, 4)
    again = {"again_on": "2026-06-04"}
    assert refused(replace(LOAN, last_date_change=changed), 20, WEDNESDAY) == ("already_changed", again)
    assert code(replace(LOAN, last_date_change=changed), 20, date(2026, 6, 4)) is None
    assert refused(replace(POS, last_date_change=date(2020, 1, 1)), 12, WEDNESDAY) == ("already_changed", {})


def test_leasing_knows_five_days_and_costs_three_thousand() -> None:
    options = rules.date_change(LEASING, Decimal(0), date(2026, 6, 16))
    assert (options.known_days, options.days, options.fee) == ((5, 10, 15, 20, 25), (5, 15, 20, 25), 3000)
    assert options.answer_by == date(2026, 6, 23)
    assert code(LEASING, 12, date(2026, 6, 16)) == "day_not_allowed"
    assert refused(replace(LEASING, payments_made=1), 20, date(2026, 6, 16)) == (
        "too_few_payments",
        {"needed": 2, "made": 1},
    )


def test_what_cannot_be_helped_is_said_first() -> None:
    assert code(replace(LOAN, overdue=True, payments_made=0), 20, WEDNESDAY) == "overdue"
    assert code(replace(LOAN, payments_made=0), 20, WEDNESDAY) == "too_few_payments"
    assert code(replace(LOAN, status=ContractStatus.CLOSED, overdue=True), 20, WEDNESDAY) == "contract_closed"
    assert code(replace(LOAN, payment_day=None), 20, WEDNESDAY) == "not_offered"


def test_interest_of_a_day_is_a_365th_of_a_year() -> None:
    assert rules.date_change(LOAN, Decimal(72), WEDNESDAY).interest_per_day == Decimal("121.81")


def test_two_refunds_in_twelve_months() -> None:
    days = [date(2025, 6, 3), date(2025, 6, 4), date(2026, 1, 9)]
    assert rules.refunds_left(days, date(2026, 6, 2)) == 0
    assert rules.refunds_left(days, date(2026, 6, 3)) == 0
    assert rules.refunds_left(days, date(2026, 6, 4)) == 1


@pytest.mark.parametrize(
    ("kind", "answer_by"),
    [
        (CaseKind.FEE_REFUND, date(2026, 6, 24)),
        (CaseKind.EMPLOYEE, date(2026, 6, 10)),
        (CaseKind.QUESTION, date(2026, 6, 4)),
        (CaseKind.CARD_DISPUTE_ABROAD, date(2026, 8, 2)),
    ],
)
def test_deadlines_of_cases(kind: CaseKind, answer_by: date) -> None:
    assert rules.case_deadline(kind, WEDNESDAY) == answer_by


def test_every_kind_of_case_has_a_deadline() -> None:
    assert all(rules.case_deadline(kind, WEDNESDAY) > WEDNESDAY for kind in CaseKind)


def test_the_first_paper_of_a_month_is_free() -> None:
    paper, file = Delivery.PAPER_OFFICE, Delivery.ELECTRONIC
    price = certificates.price
    assert price("no_debt", paper, [("no_debt", paper, date(2026, 5, 31))], WEDNESDAY) == 0
    assert price("no_debt", paper, [("current_debt", Delivery.MAIL, date(2026, 6, 1))], WEDNESDAY) == 200
    assert price("no_debt", paper, [("no_debt", file, date(2026, 6, 1))], WEDNESDAY) == 0
    assert price("no_debt", file, [("no_debt", paper, date(2026, 6, 1))], WEDNESDAY) == 0
    leasing = ("leasing_payments", file, date(2026, 4, 1))
    assert price("leasing_payments", file, [leasing], WEDNESDAY) == 500
    assert price("leasing_payments", file, [leasing], date(2026, 7, 1)) == 0


def test_the_office_list_is_that_of_the_article() -> None:
    table = (ARTICLES / "offices" / "offices-addresses.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (да|нет) \| (да|нет) \|$", table, re.MULTILINE)
    ours = [
        (
            one.city,
            one.address,
            "да" if one.cash_desk else "нет",
            "да" if one.parking_places else "нет",
        )
        for one in OFFICES
    ]
    assert ours == rows


def test_half_hours_fill_the_hours_of_an_office() -> None:
    moscow, ekaterinburg = OFFICES[0], OFFICES[3]
    saturday = date(2026, 6, 6)
    day = list(slots(moscow, WEDNESDAY))
    assert (day[0], day[-1], len(day)) == (time(9), time(19, 30), 22)
    assert [*slots(moscow, saturday)][-1] == time(16, 30)
    assert [*slots(ekaterinburg, saturday)] == []
    assert [*slots(moscow, saturday, leasing=True)] == []
    assert [*slots(moscow, WEDNESDAY, leasing=True)][-1] == time(17, 30)


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("day", [1, 14, 28])
@pytest.mark.parametrize("hour", [0, 9, 12, 23])
def test_the_demonstration_works_on_any_day(month: int, day: int, hour: int) -> None:
    now = datetime(2027, month, day, hour, 30, tzinfo=UTC)
    charges = [one for one in seed.charges(now.date()) if one["customer_ref"] == "c-smirnova"]
    assert len({one["id"] for one in charges}) == len(charges)
    assert all(one["on"] <= now.date() for one in charges)
    small = [one for one in charges if one["mistaken"] and Decimal(one["amount"]) <= 1000]
    assert sum((now.date() - one["on"]).days <= rules.REFUND_DAYS for one in small) >= 3
    visit = datetime.fromisoformat(seed.visit(now)["at"])
    assert 2 <= (visit - now).total_seconds() / 3600 <= 72
    assert visit.hour == 12  # 15:00 in Kazan
    kinds = {person["kind"] for person in seed.CUSTOMERS}
    assert kinds == {kind.value for kind in CustomerKind}
