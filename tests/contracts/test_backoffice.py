"""The company's systems as a dialogue uses them: inside the process and over a real port, one suite."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from company import WEDNESDAY, Company, clock_at, company_inside, company_on_a_port
from pypdf import PdfReader

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.records import (
    ApplicationStatus,
    BlockKind,
    CaseKind,
    ContractStatus,
    CustomerKind,
    Delivery,
    NextStep,
    Product,
    RefundTo,
)

TODAY = WEDNESDAY.date()
ORLOV = {"contract_number": "МП-204518", "phone": "+79000000012"}
MOSCOW_FRIDAY = datetime(2026, 6, 5, 11)  # noqa: DTZ001 - a time without a zone is the office's own


@pytest.fixture(params=["inside", pytest.param("port", marks=pytest.mark.live)])
async def company(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Company]:
    start = company_inside if request.param == "inside" else company_on_a_port
    async with start(tmp_path / "backoffice.db", clock_at(WEDNESDAY)) as running:
        yield running


async def refusal(work: Awaitable[object]) -> tuple[str, dict[str, Any]]:
    with pytest.raises(BackofficeRefused) as raised:
        await work
    assert raised.value.code == "backoffice_refused"
    return raised.value.refusal, dict(raised.value.details)


# Who it is.


async def test_a_code_names_the_customer_once(company: Company) -> None:
    code = await company.code(**ORLOV)
    customer = await company.backoffice.check_code(**ORLOV, code=code)
    assert customer is not None
    assert (customer.ref, customer.full_name, customer.has_card) == (
        "c-orlov",
        "Орлов Дмитрий Сергеевич",
        False,
    )
    assert await company.backoffice.customer("c-orlov") == customer
    assert await company.backoffice.check_code(**ORLOV, code=code) is None


async def test_who_has_only_applied_is_known_by_the_application(company: Company) -> None:
    pair = {"contract_number": "зв 500101", "phone": "+79000000017"}
    customer = await company.backoffice.check_code(**pair, code=await company.code(**pair))
    assert customer is not None
    assert customer.ref == "c-klimova"


async def test_a_strange_pair_is_answered_like_a_true_one(company: Company) -> None:
    strange = {"contract_number": "МП-204518", "phone": "+79000000011"}
    told = await company.backoffice.send_code(**strange)
    assert told == await company.backoffice.send_code(**ORLOV)
    assert await company.last_sms("+79000000011") is None
    again = await refusal(company.backoffice.send_code(**strange))
    assert again[0] == (await refusal(company.backoffice.send_code(**ORLOV)))[0] == "code_too_often"
    assert 55 <= again[1]["retry_after_s"] <= 60
    for number in range(5):
        assert await company.backoffice.check_code(**strange, code=f"x{number}") is None
    assert (await refusal(company.backoffice.check_code(**strange, code="0000")))[0] == "too_many_attempts"


async def test_five_wrong_codes_close_for_an_hour(company: Company) -> None:
    code = await company.code(**ORLOV)
    wrong = f"{(int(code) + 1) % 10000:04}"
    for _ in range(5):
        assert await company.backoffice.check_code(**ORLOV, code=wrong) is None
    reason, details = await refusal(company.backoffice.check_code(**ORLOV, code=code))
    assert (reason, details["retry_after_s"] <= 3600) == ("too_many_attempts", True)
    assert (await refusal(company.backoffice.send_code(**ORLOV)))[0] == "too_many_attempts"
    company.clock.advance(timedelta(hours=1, seconds=1))
    assert await company.backoffice.check_code(**ORLOV, code=await company.code(**ORLOV)) is not None


async def test_a_new_code_does_not_forgive_wrong_ones(company: Company) -> None:
    for attempts in (3, 2):
        code = await company.code(**ORLOV)
        for _ in range(attempts):
            await company.backoffice.check_code(**ORLOV, code="none")
        company.clock.advance(timedelta(seconds=61))
    assert (await refusal(company.backoffice.check_code(**ORLOV, code=code)))[0] == "too_many_attempts"


async def test_a_code_lives_five_minutes_and_only_the_last_one(company: Company) -> None:
    first = await company.code(**ORLOV)
    company.clock.advance(timedelta(seconds=61))
    second = await company.code(**ORLOV)
    if first != second:
        assert await company.backoffice.check_code(**ORLOV, code=first) is None
    company.clock.advance(timedelta(minutes=5, seconds=1))
    assert await company.backoffice.check_code(**ORLOV, code=second) is None


async def test_five_codes_an_hour(company: Company) -> None:
    for _ in range(5):
        await company.code(**ORLOV)
        company.clock.advance(timedelta(seconds=61))
    reason, details = await refusal(company.backoffice.send_code(**ORLOV))
    assert (reason, 3000 < details["retry_after_s"] < 3600) == ("code_too_often", True)
    company.clock.advance(timedelta(seconds=details["retry_after_s"]))
    assert await company.code(**ORLOV)


async def test_a_person_may_be_known_by_what_they_know(company: Company) -> None:
    verify = company.backoffice.verify
    born = date(1988, 2, 14)
    found = await verify(contract_number="мп-118230", full_name="анна олеговна СМИРНОВА", birth_date=born)
    assert found is not None
    assert found.ref == "c-smirnova"
    for _ in range(5):
        assert (
            await verify(contract_number="МП-118230", full_name=found.full_name, birth_date=date(1988, 2, 15))
            is None
        )
    closed = await refusal(verify(contract_number="МП-118230", full_name=found.full_name, birth_date=born))
    assert closed[0] == "too_many_attempts"


async def test_one_detail_finds_nobody(company: Company) -> None:
    find = company.backoffice.find_customer
    assert (await refusal(find(phone="+79000000014")))[0] == "too_few_criteria"
    found = await find(contract_number="ЛЗ-5501", phone="+79000000014")
    assert found is not None
    assert (found.kind, found.contact) == (CustomerKind.COMPANY, "Титов Павел Андреевич")
    assert await find(contract_number="ЛЗ-5501", phone="+79000000011") is None
    assert await find(contract_number="нет", full_name="нет") is None
    assert await company.backoffice.customer("nobody") is None


# Contracts and applications.


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


# Visits and call-backs.


async def test_a_visit_brings_a_pass_and_a_parking_place(company: Company) -> None:
    slots = await company.backoffice.free_slots("москва", date(2026, 6, 5))
    assert (slots[0], slots[-1], len(slots)) == (time(9), time(19, 30), 22)
    visit = await company.backoffice.book_visit(
        city="Москва",
        at=MOSCOW_FRIDAY,
        topic="документы",
        customer_ref="c-orlov",
        guests=("Иванов Пётр Ильич",),
        plate="А123ВС77",
        key="v",
    )
    assert visit.at.isoformat() == "2026-06-05T11:00:00+03:00"
    assert (visit.parking_place, visit.guests, visit.plate) == (1, ("Иванов Пётр Ильич",), "А123ВС77")
    assert re.fullmatch(r"П-\d{6}", visit.pass_number or "")
    assert await company.backoffice.visit_of("c-orlov") == visit


async def test_a_visit_is_moved_and_cancelled(company: Company) -> None:
    seeded = await company.backoffice.visit_of("c-khasanov")
    assert seeded is not None
    assert (seeded.city, seeded.at.isoformat(), seeded.pass_number) == (
        "Казань",
        "2026-06-03T15:00:00+03:00",
        None,
    )
    monday = datetime(2026, 6, 8, 15, 30)  # noqa: DTZ001 - a time without a zone is the office's own
    moved = await company.backoffice.move_visit(visit_id=seeded.id, at=monday, key="m")
    assert (moved.id, moved.at.isoformat()) == (seeded.id, "2026-06-08T15:30:00+03:00")
    assert await company.backoffice.move_visit(visit_id=seeded.id, at=monday, key="m") == moved
    gone = await company.backoffice.cancel_visit(visit_id=seeded.id, key="c")
    assert gone.cancelled
    assert await company.backoffice.visit_of("c-khasanov") is None
    again = company.backoffice.move_visit(visit_id=seeded.id, at=monday, key="n")
    assert (await refusal(again))[0] == "no_visit"
    assert (await refusal(company.backoffice.cancel_visit(visit_id="x1", key="d")))[0] == "no_visit"


async def test_less_than_two_hours_before_it_is_too_late(company: Company) -> None:
    visit = await company.backoffice.visit_of("c-khasanov")
    assert visit is not None
    company.clock.advance(timedelta(hours=2))
    late = company.backoffice.cancel_visit(visit_id=visit.id, key="c")
    assert await refusal(late) == ("too_late", {"notice_minutes": 120})


@pytest.mark.parametrize(
    ("city", "at", "topic", "expected"),
    [
        ("Самара", "2026-06-05T11:00", "займ", "no_office"),
        ("Москва", "2026-06-03T10:00", "займ", "in_the_past"),
        ("Москва", "2020-02-29T10:00", "займ", "in_the_past"),
        ("Москва", "2026-06-18T10:00", "займ", "too_far_ahead"),
        ("Москва", "2099-06-18T10:00", "займ", "too_far_ahead"),
        ("Москва", "2026-06-07T10:00", "займ", "closed"),
        ("Екатеринбург", "2026-06-06T10:00", "займ", "closed"),
        ("Москва", "2026-06-06T10:00", "лизинг", "closed"),
        ("Москва", "2026-06-05T18:00", "лизинг", "slot_taken"),
        ("Москва", "2026-06-05T11:10", "займ", "slot_taken"),
        ("Москва", "2026-06-05T22:00", "займ", "slot_taken"),
        ("Москва", "2201-06-05T22:00", "займ", "invalid_request"),
    ],
)
async def test_a_visit_that_cannot_be(
    company: Company, city: str, at: str, topic: str, expected: str
) -> None:
    booking = company.backoffice.book_visit(
        city=city, at=datetime.fromisoformat(at), topic=topic, customer_ref="c-orlov", key="v"
    )
    reason, _ = await refusal(booking)
    assert reason == expected


async def test_days_without_free_half_hours_are_empty(company: Company) -> None:
    for day in (date(2026, 6, 7), date(2026, 6, 2), date(2026, 6, 18)):
        assert await company.backoffice.free_slots("Москва", day) == ()
    today = await company.backoffice.free_slots("Москва", TODAY)
    assert today[0] == time(11, 30)
    novosibirsk = await company.backoffice.free_slots("Новосибирск", TODAY)
    assert novosibirsk[0] == time(15, 30)  # four hours later there
    assert (await refusal(company.backoffice.free_slots("Самара", TODAY)))[0] == "no_office"


async def test_visits_have_limits(company: Company) -> None:
    book = company.backoffice.book_visit
    visit = {"city": "Казань", "at": MOSCOW_FRIDAY, "topic": "займ"}
    guests = ("Один", "Два", "Три")
    crowd = book(**visit, customer_ref="c-orlov", guests=guests, key="0")
    assert await refusal(crowd) == ("too_many_guests", {"limit": 2})
    assert (await book(**visit, customer_ref="c-vector", guests=guests, key="1")).guests == guests
    await book(**visit, phone="+79000000099", key="2")
    full = await refusal(book(**visit, phone="+79000000098", key="3"))
    assert full[0] == "slot_taken"
    assert "11:00" not in full[1]["free"]
    await book(**visit | {"at": MOSCOW_FRIDAY + timedelta(hours=1)}, phone="+79000000099", key="4")
    third = book(**visit | {"at": MOSCOW_FRIDAY + timedelta(hours=2)}, phone="+79000000099", key="5")
    assert (await refusal(third))[0] == "too_many_visits"
    far = book(city="Екатеринбург", at=MOSCOW_FRIDAY, topic="займ", phone="+79000000097", plate="А1", key="6")
    assert await refusal(far) == ("no_parking", {"places": 0})


async def test_the_last_parking_place_goes_to_one(company: Company) -> None:
    async def park(number: int) -> int | str:
        try:
            visit = await company.backoffice.book_visit(
                city="Казань",
                at=MOSCOW_FRIDAY + timedelta(minutes=30 * (number // 2)),
                topic="займ",
                phone=f"+790000001{number:02}",
                plate=f"А{number:03}ВС16",
                key=f"park-{number}",
            )
        except BackofficeRefused as error:
            return error.refusal
        assert visit.parking_place is not None
        return visit.parking_place

    places = await asyncio.gather(*(park(number) for number in range(8)))
    assert sorted(place for place in places if isinstance(place, int)) == [1, 2, 3, 4]
    assert [place for place in places if isinstance(place, str)] == ["no_parking"] * 4


async def test_a_call_back_comes_when_somebody_is_at_work(company: Company) -> None:
    ask = company.backoffice.request_callback
    told = await ask(
        phone="+79000000001",
        topic="по рассрочке",
        at=datetime(2026, 6, 3, 18),  # noqa: DTZ001 - a time without a zone is Moscow's
        key="1",
    )
    assert told.at.isoformat() == "2026-06-03T18:00:00+03:00"
    soon = await ask(phone="+79000000001", topic="займ", key="2")
    assert (soon.at.date(), soon.number == told.number) == (TODAY, False)
    company.clock.advance(timedelta(hours=11))  # 22:20 in Moscow
    morning = await ask(phone="+79000000001", topic="займ", key="3")
    assert morning.at.isoformat() == "2026-06-04T08:00:00+03:00"
    company.clock.advance(timedelta(hours=6))
    early = await ask(phone="+79000000001", topic="займ", key="4")
    assert early.at.isoformat() == "2026-06-04T08:00:00+03:00"


@pytest.mark.parametrize(
    ("phone", "at", "expected"),
    [
        ("8900", None, "invalid_phone"),
        ("+7900000000a", None, "invalid_phone"),
        ("+79000000001", "2026-06-03T11:00", "in_the_past"),
        ("+79000000001", "2026-06-04T23:00", "outside_hours"),
        ("+79000000001", "2026-07-04T12:00", "too_far_ahead"),
    ],
)
async def test_a_call_back_that_cannot_be(
    company: Company, phone: str, at: str | None, expected: str
) -> None:
    moment = None if at is None else datetime.fromisoformat(at)
    asked = company.backoffice.request_callback(phone=phone, topic="займ", at=moment, key="1")
    assert (await refusal(asked))[0] == expected


# Money.

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
