"""Who somebody is, as the company's systems tell it: inside the process and over a real port."""

from __future__ import annotations

from datetime import date, timedelta

from company import (
    ORLOV,
    Company,
    checked,
    refusal,
)

from bot.backoffice.records import (
    CustomerKind,
)


async def test_a_code_names_the_customer_once(company: Company) -> None:
    code = await company.code(**ORLOV)
    customer = await checked(company, **ORLOV, code=code)
    assert customer is not None
    assert (customer.ref, customer.full_name, customer.has_card) == (
        "c-orlov",
        "Орлов Дмитрий Сергеевич",
        False,
    )
    assert await company.backoffice.customer("c-orlov") == customer
    assert await checked(company, **ORLOV, code=code) is None


async def test_a_code_told_twice_with_one_key_names_the_customer_twice(company: Company) -> None:
    told = {**ORLOV, "code": await company.code(**ORLOV), "key": "a turn"}
    customer = await company.backoffice.check_code(**told)
    assert customer is not None
    assert await company.backoffice.check_code(**told) == customer
    other = {**told, "phone": "+79000000011"}
    assert (await refusal(company.backoffice.check_code(**other)))[0] == "key_reused"
    assert await company.backoffice.check_code(**{**told, "key": "another turn"}) is None


async def test_a_wrong_code_told_twice_with_one_key_counts_once(company: Company) -> None:
    code = await company.code(**ORLOV)
    wrong = f"{(int(code) + 1) % 10000:04}"
    for _ in range(6):
        assert await company.backoffice.check_code(**ORLOV, code=wrong, key="a turn") is None
    assert await checked(company, **ORLOV, code=code) is not None


async def test_who_has_only_applied_is_known_by_the_application(company: Company) -> None:
    pair = {"contract_number": "зв 500101", "phone": "+79000000017"}
    customer = await checked(company, **pair, code=await company.code(**pair))
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
        assert await checked(company, **strange, code=f"x{number}") is None
    assert (await refusal(checked(company, **strange, code="0000")))[0] == "too_many_attempts"


async def test_five_wrong_codes_close_for_an_hour(company: Company) -> None:
    code = await company.code(**ORLOV)
    wrong = f"{(int(code) + 1) % 10000:04}"
    for _ in range(5):
        assert await checked(company, **ORLOV, code=wrong) is None
    reason, details = await refusal(checked(company, **ORLOV, code=code))
    assert (reason, details["retry_after_s"] <= 3600) == ("too_many_attempts", True)
    assert (await refusal(company.backoffice.send_code(**ORLOV)))[0] == "too_many_attempts"
    company.clock.advance(timedelta(hours=1, seconds=1))
    assert await checked(company, **ORLOV, code=await company.code(**ORLOV)) is not None


async def test_a_new_code_does_not_forgive_wrong_ones(company: Company) -> None:
    for attempts in (3, 2):
        code = await company.code(**ORLOV)
        for _ in range(attempts):
            await checked(company, **ORLOV, code="none")
        company.clock.advance(timedelta(seconds=61))
    assert (await refusal(checked(company, **ORLOV, code=code)))[0] == "too_many_attempts"


async def test_a_code_lives_five_minutes_and_only_the_last_one(company: Company) -> None:
    first = await company.code(**ORLOV)
    company.clock.advance(timedelta(seconds=61))
    second = await company.code(**ORLOV)
    if first != second:
        assert await checked(company, **ORLOV, code=first) is None
    company.clock.advance(timedelta(minutes=5, seconds=1))
    assert await checked(company, **ORLOV, code=second) is None


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
