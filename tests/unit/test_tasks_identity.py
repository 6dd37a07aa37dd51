"""Who it is, before anything personal is said or done: contract, phone and code; or what only they know."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from talk import Talk, called, form, said, slots

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATUS = "проверьте, пожалуйста, статус моей заявки"
ZUEVA, KHASANOV = "+79000000015", "+79000000016"
WHO = "Смирнова Анна Олеговна, 14.02.1988, договор МП-118230"


def wrong(code: str) -> str:
    return "9173" if code != "9173" else "9174"


async def test_contract_phone_and_code(talk: Talk) -> None:
    assert "номер договора" in said(await talk.say(STATUS))
    assert "телефон" in said(await talk.say("ЗВ-500103"))
    asked = await talk.say("+7 900 000-00-15")
    assert "+7 900 000-00-15" in said(asked)
    assert "одобрен" not in said(asked)
    turn = await talk.say(talk.code(ZUEVA))
    assert form(turn) == "status_form:done"
    assert "одобрена" in said(turn)
    assert slots(turn)["code"] == "ok"


async def test_who_was_identified_is_not_asked_again(talk: Talk) -> None:
    await talk.all(STATUS, "ЗВ-500103", "+7 900 000-00-15")
    await talk.say(talk.code(ZUEVA))
    assert form(await talk.say("закажите справку об отсутствии долга в pdf")) == "certificate_form:done"
    assert talk.sent(ZUEVA) == 1


async def test_after_half_an_hour_of_silence_it_is_proved_again(talk: Talk) -> None:
    await talk.all(STATUS, "ЗВ-500103", "+7 900 000-00-15")
    await talk.say(talk.code(ZUEVA))
    talk.clock.advance(timedelta(minutes=31))
    assert form(await talk.say("закажите справку об отсутствии долга в pdf")) == "certificate_form:active"


async def test_what_a_channel_vouches_for_holds_while_it_does(talk: Talk) -> None:
    signed_in = talk.by("c-zueva")
    assert form(await signed_in.say(STATUS)) == "status_form:done"
    assert form(await replace(signed_in, customer=None).say(STATUS)) == "status_form:active"


async def test_a_wrong_code_is_said_and_the_right_one_taken_without_another_message(talk: Talk) -> None:
    await talk.all(STATUS, "ЗВ-500102", "89000000016")
    turn = await talk.say(wrong(talk.code(KHASANOV)))
    assert form(turn) == "status_form:active"
    assert "отправ" not in said(turn).lower()  # nothing new was sent
    assert "проверяет сотрудник" in said(await talk.say(talk.code(KHASANOV)))
    assert talk.sent(KHASANOV) == 1


async def test_after_a_question_the_code_is_asked_for_and_not_sent_again(talk: Talk) -> None:
    await talk.all(STATUS, "ЗВ-500102", "89000000016")
    await talk.say(wrong(talk.code(KHASANOV)))
    turn = await talk.say("а сколько стоит досрочное погашение займа?")
    assert form(turn) == "status_form:active"
    assert "+7 900 000-00-16" in said(turn)
    assert talk.sent(KHASANOV) == 1


async def test_a_person_is_called_after_three_wrong_codes_and_never_sees_one(talk: Talk) -> None:
    await talk.all(STATUS, "ЗВ-500102", "89000000016")
    code = wrong(talk.code(KHASANOV))
    turn = await talk.all(code, code, code)
    assert called(turn) == "form_failed"
    handoff = await talk.handoff()
    assert handoff is not None
    assert handoff.context["task"]["slots"] == {"contract_number": "ЗВ-500102", "phone": KHASANOV}
    assert code not in str(handoff.context)
    assert handoff.context["question"] == STATUS


async def test_an_unknown_pair_looks_like_a_known_one(talk: Talk) -> None:
    """Nobody learns from the bot which contracts exist."""
    known = await talk.all(STATUS, "ЗВ-500102", "89000000016")
    other = talk.by(None)
    unknown = await other.all(STATUS, "ЗВ-999999", "89000000099")
    assert form(known) == form(unknown) == "status_form:active"
    assert talk.sent("+79000000099") == 0
    refused = await talk.say(wrong(talk.code(KHASANOV)))
    assert form(await other.say("1234")) == form(refused)


async def test_too_many_attempts_lock_the_pair_for_a_while(talk: Talk) -> None:
    for _ in range(2):  # conversations; in each three attempts
        other = talk.by(None)
        await other.all(STATUS, "ЗВ-500102", "89000000016")
        code = wrong(talk.code(KHASANOV))
        turn = await other.all(code, code)
        if "Слишком много" not in said(turn):
            turn = await other.say(code)
        talk.clock.advance(timedelta(minutes=2))
    last = talk.by(None)
    turn = await last.all(STATUS, "ЗВ-500102", "89000000016")
    assert "Слишком много" in said(turn)
    assert form(turn) == "status_form:refused"
    talk.clock.advance(timedelta(hours=2))
    again = talk.by(None)
    await again.all(STATUS, "ЗВ-500102", "89000000016")
    assert "проверяет сотрудник" in said(await again.say(talk.code(KHASANOV)))


async def test_what_a_person_knows_is_taken_at_once_or_in_parts(talk: Talk) -> None:
    await talk.all("с меня ошибочно сняли комиссию 450 рублей, верните", "28 мая")
    turn = await talk.say(WHO)
    assert slots(turn)["identity"] == "ok"
    other = talk.by(None)
    await other.all("с меня ошибочно сняли комиссию 450 рублей, верните", "28 мая")
    parts = await other.all("Смирнова Анна Олеговна", "14.02.1988", "МП-118230")
    assert slots(parts)["identity"] == "ok"
    assert form(parts) == "refund_form:active"


async def test_the_same_part_again_gets_nobody_further(talk: Talk) -> None:
    await talk.all("с меня ошибочно сняли комиссию 450 рублей, верните", "28 мая")
    name = "Смирнова Анна Олеговна"
    assert called(await talk.all(name, name, name, name)) == "form_failed"
    handoff = await talk.handoff()
    assert handoff is not None
    assert "Смирнова" not in str(handoff.context)


async def test_another_birth_date_is_nobody(talk: Talk) -> None:
    await talk.all("заблокируйте мою карту, я её потеряла", "временно")
    turn = await talk.say("Смирнова Анна Олеговна, 15.02.1988, договор МП-118230")
    assert form(turn) == "block_card_form:active"
    assert "identity" not in slots(turn)
    assert talk.blocked("4417") is None


async def test_an_impossible_birth_date_is_said(talk: Talk) -> None:
    await talk.all("заблокируйте мою карту, я её потеряла", "временно")
    turn = await talk.say("Смирнова Анна Олеговна, 14.02.1888, договор МП-118230")
    assert "дату рождения" in said(turn)
    assert form(turn) == "block_card_form:active"


async def test_a_number_keyed_without_its_letters_is_found_by_the_phone(talk: Talk) -> None:
    await talk.all(STATUS, "500103", "+7 900 000-00-15")
    turn = await talk.say(talk.code(ZUEVA))
    assert form(turn) == "status_form:done"
    assert "одобрена" in said(turn)
