"""Money, the card and advertising: inside the process and over a real port."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from company import (
    TODAY,
    Company,
    refusal,
)

from bot.backoffice.records import (
    BlockKind,
    CaseKind,
    RefundTo,
)

SMIRNOVA = {"customer_ref": "c-smirnova", "to": RefundTo.CARD_MOST}
MAY_28 = date(2026, 5, 28)


async def test_a_mistaken_fee_comes_back_at_once_and_once(company: Company) -> None:
    charge = await company.backoffice.charge("c-smirnova", Decimal(450), MAY_28)
    assert charge is not None
    assert (charge.amount, charge.mistaken, charge.refunded) == (Decimal("450.00"), True, False)
    refund = company.backoffice.refund_fee
    done = await refund(**SMIRNOVA, amount=Decimal(450), date=MAY_28, key="r")
    assert (done.amount, done.paid_by, done.refunds_left) == (450, TODAY, 1)
    assert await refund(**SMIRNOVA, amount=Decimal(450), date=MAY_28, key="r") == done
    again = refund(**SMIRNOVA, amount=Decimal(450), date=MAY_28, key="another")
    assert await refusal(again) == ("already_refunded", {"on": "2026-06-03"})
    charge = await company.backoffice.charge("c-smirnova", Decimal("450.00"), MAY_28)
    assert charge is not None
    assert charge.refunded


async def test_the_third_refund_in_twelve_months_is_a_case(company: Company) -> None:
    refund = company.backoffice.refund_fee
    week, older, oldest = (TODAY - timedelta(days=days) for days in (7, 12, 20))
    await refund(**SMIRNOVA, amount=Decimal(450), date=week, key="1")
    other = await refund(
        customer_ref="c-smirnova", to=RefundTo.OTHER_CARD, amount=Decimal(990), date=older, key="2"
    )
    assert (other.paid_by, other.refunds_left) == (date(2026, 6, 8), 0)
    third = refund(**SMIRNOVA, amount=Decimal("300.50"), date=oldest, key="3")
    assert await refusal(third) == ("limit_reached", {"limit": 2, "months": 12})
    case = await company.backoffice.open_case(
        kind=CaseKind.FEE_REFUND,
        customer_ref="c-smirnova",
        fields={"amount": "300.50", "date": oldest.isoformat(), "description": "комиссия"},
        key="3",
    )
    assert re.fullmatch(r"О-\d{6}", case.number)
    assert case.answer_by == date(2026, 6, 24)


@pytest.mark.parametrize(
    ("ref", "amount", "days_ago", "to", "expected"),
    [
        ("c-smirnova", "2600", 14, RefundTo.CARD_MOST, "too_large"),
        ("c-smirnova", "451", 6, RefundTo.CARD_MOST, "no_charge"),
        ("c-smirnova", "59", 9, RefundTo.CARD_MOST, "not_mistaken"),
        ("c-smirnova", "120", 120, RefundTo.CARD_MOST, "too_old"),
        ("c-vector", "450", 6, RefundTo.PAYMENT, "not_for_business"),
        ("nobody", "450", 6, RefundTo.PAYMENT, "no_customer"),
        ("c-smirnova", "0", 6, RefundTo.CARD_MOST, "invalid_amount"),
        ("c-smirnova", "-450", 6, RefundTo.CARD_MOST, "invalid_amount"),
        ("c-smirnova", "0.001", 6, RefundTo.CARD_MOST, "invalid_amount"),
        ("c-smirnova", "1e12", 6, RefundTo.CARD_MOST, "invalid_amount"),
        ("c-smirnova", "NaN", 6, RefundTo.CARD_MOST, "invalid_request"),
        ("c-smirnova", "450", 40_000, RefundTo.CARD_MOST, "invalid_request"),
    ],
)
async def test_money_that_does_not_come_back(
    company: Company, *, ref: str, amount: str, days_ago: int, to: RefundTo, expected: str
) -> None:
    on = TODAY - timedelta(days=days_ago)
    work = company.backoffice.refund_fee(customer_ref=ref, amount=Decimal(amount), date=on, to=to, key="r")
    assert (await refusal(work))[0] == expected


async def test_a_case_of_nobody_is_taken_too(company: Company) -> None:
    case = await company.backoffice.open_case(
        kind=CaseKind.EMPLOYEE, fields={"what": "нагрубила " * 300}, key="c"
    )
    assert case.answer_by == date(2026, 6, 10)
    too_much = {f"field {number}": "x" for number in range(51)}
    flood = company.backoffice.open_case(kind=CaseKind.EMPLOYEE, fields=too_much, key="d")
    assert await refusal(flood) == ("invalid_request", {"fields": ["body.fields"]})


# The card, and advertising.


async def test_a_card_is_blocked_by_what_the_customer_knows(company: Company) -> None:
    block = company.backoffice.block_card
    born = date(1988, 2, 14)
    frozen = await block(kind=BlockKind.FREEZE, phone="+79000000011", birth_date=born, key="1")
    assert (frozen.cards, frozen.reversible_until) == (("4417",), date(2026, 7, 3))
    stolen = await block(kind=BlockKind.STOLEN, customer_ref="c-smirnova", key="2")
    assert (stolen.kind, stolen.reversible_until, stolen.reissue_price) == (BlockKind.STOLEN, None, 300)
    for_good = await block(kind=BlockKind.FREEZE, customer_ref="c-smirnova", key="3")
    assert for_good.kind is BlockKind.STOLEN
    assert (await refusal(block(kind=BlockKind.STOLEN, birth_date=born, key="4")))[0] == "too_few_criteria"
    other = block(kind=BlockKind.STOLEN, phone="+79000000012", birth_date=born, key="5")
    assert (await refusal(other))[0] == "no_customer"
    assert (await refusal(block(kind=BlockKind.STOLEN, customer_ref="c-orlov", key="6")))[0] == "no_card"


async def test_advertising_stops_for_any_phone(company: Company) -> None:
    known = await company.backoffice.unsubscribe(phone="+79000000012", key="1")
    strange = await company.backoffice.unsubscribe(phone="+79000000999", key="2")
    assert known.done_by == strange.done_by == date(2026, 6, 4)
    assert (await refusal(company.backoffice.unsubscribe(key="3")))[0] == "too_few_criteria"
