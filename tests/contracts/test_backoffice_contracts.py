"""Contracts, applications and certificates: inside the process and over a real port."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pytest
from company import (
    TODAY,
    Company,
    refusal,
)
from pypdf import PdfReader

from bot.backoffice.records import (
    ApplicationStatus,
    ContractStatus,
    Delivery,
    NextStep,
    Product,
)


async def test_contracts_are_as_seeded(company: Company) -> None:
    pos, loan = sorted(
        await company.backoffice.contracts("c-belova"), key=lambda one: one.product, reverse=True
    )
    assert (pos.number, pos.product, pos.payment_day) == ("РС-330417", Product.POS, 5)
    assert (loan.title, loan.payment_day, loan.overdue) == ("«Мост План»", 22, False)
    (closed,) = await company.backoffice.contracts("c-zueva")
    assert (closed.status, closed.closed_on) == (ContractStatus.CLOSED, date(2026, 4, 14))
    assert await company.backoffice.contracts("nobody") == ()


@pytest.mark.parametrize(
    ("ref", "status", "step"),
    [
        ("c-klimova", ApplicationStatus.RECEIVED, NextStep.WAIT),
        ("c-khasanov", ApplicationStatus.CHECKING, NextStep.ANSWER_CALL),
        ("c-zueva", ApplicationStatus.APPROVED, NextStep.SIGN),
        ("c-panin", ApplicationStatus.REFUSED, NextStep.APPLY_AGAIN),
        ("c-orlov", ApplicationStatus.PAID_OUT, NextStep.NOTHING),
    ],
)
async def test_there_is_an_application_in_each_status(
    company: Company, ref: str, status: ApplicationStatus, step: NextStep
) -> None:
    found = await company.backoffice.application(customer_ref=ref)
    assert found is not None
    assert (found.status, found.next_step) == (status, step)
    assert (found.valid_until is not None) == (status is ApplicationStatus.APPROVED)
    assert (found.again_on is not None) == (status is ApplicationStatus.REFUSED)
    assert await company.backoffice.application(number=found.number.lower()) == found
    assert await company.backoffice.application(customer_ref="c-smirnova", number=found.number) is None


async def test_a_payment_date_changes_once_with_one_key(company: Company) -> None:
    change = company.backoffice.change_payment_date
    number = "МП-204518"
    options = await company.backoffice.date_change_options(number, TODAY)
    assert (options.days, options.fee, options.refusal) == (tuple(range(11, 26)), 0, None)
    assert (await refusal(change(contract_number=number, day=30, key="k")))[0] == "day_not_allowed"
    assert (await refusal(change(contract_number=number, day=28, key="k")))[1]["limit_days"] == 15
    # A refusal has left the key unused.
    ticket = await change(contract_number=number, day=20, key="k")
    assert (ticket.kind, ticket.done_by, ticket.fee) == ("date_change", date(2026, 6, 4), 0)
    assert await change(contract_number=number, day=20, key="k") == ticket
    assert (await refusal(change(contract_number=number, day=21, key="k")))[0] == "key_reused"
    reason, details = await refusal(change(contract_number=number, day=20, key="another"))
    assert (reason, details) == ("already_changed", {"again_on": "2027-06-03"})

    (contract,) = await company.backoffice.contracts("c-orlov")
    assert (contract.payment_day, contract.last_date_change) == (10, TODAY)  # until the answer, the old day
    company.clock.advance(timedelta(days=1))
    (contract,) = await company.backoffice.contracts("c-orlov")
    assert contract.payment_day == 20


async def test_each_product_has_its_rules(company: Company) -> None:
    options = company.backoffice.date_change_options
    company.clock.advance(timedelta(days=14))
    pos = await options("РС-330417", date(2026, 6, 17))
    assert pos.days == tuple(range(6, 16))
    leasing = await options("лз-5501", date(2026, 6, 16))
    assert (leasing.days, leasing.fee) == ((5, 15, 20, 25), 3000)
    assert (
        await company.backoffice.change_payment_date(contract_number="РС-330417", day=12, key="p")
    ).fee == 0
    paid = await company.backoffice.change_payment_date(contract_number="ЛЗ-5501", day=20, key="l")
    assert (paid.fee, paid.done_by) == (3000, date(2026, 6, 24))
    reasons = {}
    for number in ("МП-190077", "МС-410266", "МП-166902", "РС-330417"):
        found = (await options(number, date(2026, 6, 17))).refusal
        assert found is not None
        reasons[number] = found.code
    assert reasons == {
        "МП-190077": "contract_closed",
        "МС-410266": "not_offered",
        "МП-166902": "overdue",
        "РС-330417": "already_changed",
    }
    assert (await refusal(options("МП-000000", TODAY)))[0] == "no_contract"


# Certificates.


async def test_an_electronic_certificate_is_a_pdf_at_once(company: Company) -> None:
    order = {"customer_ref": "c-zueva", "kind": "no_debt", "delivery": Delivery.ELECTRONIC}
    made = await company.backoffice.order_certificate(**order, key="беседа:1")
    assert (made.price, made.ready_on) == (0, TODAY)
    assert await company.backoffice.order_certificate(**order, key="беседа:1") == made
    assert made.token is not None
    document = PdfReader(BytesIO(await company.backoffice.certificate_pdf(made.token)))
    text = document.pages[0].extract_text()
    for words in (made.number, "Справка об отсутствии задолженности", "Зуева Ольга Николаевна", "МП-190077"):
        assert words in text
    assert (await refusal(company.backoffice.certificate_pdf("another")))[0] == "no_certificate"
    company.clock.advance(timedelta(days=1, minutes=1))
    assert (await refusal(company.backoffice.certificate_pdf(made.token)))[0] == "no_certificate"


async def test_paper_takes_days_and_the_second_one_costs(company: Company) -> None:
    order = {"customer_ref": "c-zueva", "kind": "no_debt"}
    by_post = {**order, "delivery": Delivery.MAIL}
    assert (await refusal(company.backoffice.order_certificate(**by_post, key="1")))[0] == "address_needed"
    first = await company.backoffice.order_certificate(
        **by_post, address="Самара, ул. Мирная, 8, кв. 15", key="1"
    )
    assert (first.price, first.ready_on, first.token) == (0, date(2026, 6, 8), None)
    second = await company.backoffice.order_certificate(**order, delivery=Delivery.PAPER_OFFICE, key="2")
    assert second.price == 200
    offered = {one.kind: one for one in await company.backoffice.certificates("c-zueva")}
    assert [option.price for option in offered["no_debt"].deliveries] == [0, 200, 200]


async def test_a_certificate_that_takes_days_cannot_be_fetched_yet(company: Company) -> None:
    made = await company.backoffice.order_certificate(
        customer_ref="c-orlov", kind="tax", delivery=Delivery.ELECTRONIC, key="1"
    )
    assert made.token is not None
    assert await refusal(company.backoffice.certificate_pdf(made.token)) == (
        "not_ready",
        {"ready_on": "2026-06-10"},
    )
    company.clock.advance(timedelta(days=7))
    assert await company.backoffice.certificate_pdf(made.token)


async def test_certificates_say_why_they_cannot_be_had(company: Company) -> None:
    offered = {one.kind: one.refusal for one in await company.backoffice.certificates("c-orlov")}
    codes = {kind: refused and refused.code for kind, refused in offered.items()}
    assert codes == {
        "no_debt": "no_closed_contract",
        "current_debt": None,
        "tax": None,
        "civil_servant": None,
        "income": "no_income",
    }
    order = company.backoffice.order_certificate
    electronic = Delivery.ELECTRONIC
    for ref, kind, expected in (
        ("c-orlov", "no_debt", "no_closed_contract"),
        ("c-orlov", "leasing_payments", "no_such_kind"),
        ("c-vector", "no_debt", "no_such_kind"),
        ("c-orlov", "выписка", "no_such_kind"),
        ("nobody", "no_debt", "no_customer"),
    ):
        assert (await refusal(order(customer_ref=ref, kind=kind, delivery=electronic, key=kind)))[
            0
        ] == expected
    paper = order(
        customer_ref="c-orlov", kind="tax", delivery=Delivery.MAIL, key="t", address="Самара, ул. 1"
    )
    assert await refusal(paper) == ("no_such_delivery", {"deliveries": ["electronic"]})
