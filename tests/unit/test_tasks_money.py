"""Money returned, cards blocked, complaints, advertising, certificates, applications, ratings."""

from __future__ import annotations

from pathlib import Path

import pytest
from talk import Talk, buttons, called, form, said, slots, talking

from bot.core.types import SayKind
from bot.evaluation.workshop import Workshop

pytestmark = pytest.mark.asyncio(loop_scope="session")

FEE = "верните ошибочно списанную комиссию {} рублей"


async def refund(talk: Talk, amount: str, day: str, way: str = "на карту мост") -> str:
    return said(await talk.all(FEE.format(amount), day, way))


async def test_a_small_fee_is_returned_at_once(talk: Talk) -> None:
    smirnova = talk.by("c-smirnova")
    assert "450 ₽" in await refund(smirnova, "450", "28 мая")
    assert talk.done() == ["refund"]


async def test_twice_in_a_year_then_a_case(talk: Talk) -> None:
    smirnova = talk.by("c-smirnova")
    await refund(smirnova, "450", "28 мая")
    await refund(smirnova, "450", "27 мая", "в платёж")
    assert "нужна проверка" in await refund(smirnova, "990", "22 мая")
    assert talk.done() == ["refund", "refund", "case"]


async def test_the_same_fee_twice_is_returned_once(talk: Talk) -> None:
    await refund(talk.by("c-smirnova"), "450", "28 мая")
    assert "уже вернули" in await refund(talk.by("c-smirnova"), "450", "28 мая")
    assert talk.done() == ["refund"]


@pytest.mark.parametrize(
    ("amount", "day", "why", "done"),
    [("59", "25 мая", "СМС об операциях", ["case"]), ("120", "3 февраля", "нужна проверка", ["case"])],
)
async def test_what_a_person_must_check(talk: Talk, amount: str, day: str, why: str, done: list[str]) -> None:
    assert why in await refund(talk.by("c-smirnova"), amount, day)
    assert talk.done() == done


async def test_a_charge_that_is_not_found_is_asked_for_again(talk: Talk) -> None:
    smirnova = talk.by("c-smirnova")
    turn = await smirnova.all(FEE.format("450"), "25 мая", "на карту мост")
    assert form(turn) == "refund_form:active"
    assert "не нашёл" in said(turn)
    assert form(await smirnova.say("28 мая")) == "refund_form:done"
    assert talk.done() == ["refund"]


async def test_a_large_sum_becomes_a_case(talk: Talk) -> None:
    smirnova = talk.by("c-smirnova")
    turn = await smirnova.say("с меня ошибочно сняли 2600 рублей, верните")
    assert "1 000 ₽" in said(turn)
    turn = await smirnova.all("20 мая", "я не подключала никакую услугу", "нет")
    assert "2 600" in said(turn)
    assert talk.done() == []
    assert form(await smirnova.say("да")) == "refund_form:done"
    assert talk.done() == ["case"]


@pytest.mark.parametrize("amount", ["0 рублей", "-5 рублей", "100 миллиардов рублей", "минус сто рублей"])
async def test_amounts_that_cannot_be(talk: Talk, amount: str) -> None:
    smirnova = talk.by("c-smirnova")
    await smirnova.say(press="/dispute_fee")
    turn = await smirnova.say(amount)
    assert form(turn) == "refund_form:active"
    assert "amount" not in slots(turn)
    assert slots(await smirnova.say("450 рублей"))["amount"] == 450


@pytest.mark.parametrize("day", ["завтра", "10 июня 2026", "5 мая 1950"])
async def test_no_charge_lies_in_the_future_or_before_the_company(talk: Talk, day: str) -> None:
    smirnova = talk.by("c-smirnova")
    turn = await smirnova.all(FEE.format("450"), day)
    assert form(turn) == "refund_form:active"
    assert "charge_date" not in slots(turn)
    assert slots(await smirnova.say("28 мая"))["charge_date"] == "2026-05-28"


async def test_a_complaint_becomes_a_case_of_the_right_kind(talk: Talk) -> None:
    await talk.all("хочу пожаловаться на сотрудницу офиса", "вчера в 15:00")
    turn = await talk.say("она накричала на меня и отказалась принять заявление")
    assert "2 июня" in said(turn)
    assert form(await talk.say("да")) == "complaint_form:done"
    assert talk.done() == ["case"]
    [(kind,)] = talk.rows("SELECT json_extract(content, '$.case') FROM papers")
    assert kind == "employee"


async def test_a_complaint_about_tomorrow(talk: Talk) -> None:
    turn = await talk.all("хочу пожаловаться на сотрудницу офиса", "завтра")
    assert "не наступила" in said(turn) or "будущем" in said(turn)
    assert slots(await talk.say("вчера"))["complaint_date"] == "2026-06-02"


async def test_a_complaint_is_taken_back(talk: Talk) -> None:
    turn = await talk.all("хочу пожаловаться на сотрудницу офиса", "вчера", "нахамила мне", "отмена")
    assert form(turn) == "complaint_form:cancelled"
    assert talk.done() == []


@pytest.mark.parametrize(("way", "kind"), [("насовсем", "stolen"), ("заморозить", "freeze")])
async def test_a_known_customer_blocks_a_card_in_the_chat(talk: Talk, way: str, kind: str) -> None:
    smirnova = talk.by("c-smirnova")
    await smirnova.say(press="/block_card")
    assert form(await smirnova.say(way)) == "block_card_form:done"
    assert talk.blocked("4417") == kind


async def test_an_unknown_one_proves_who_it_is(talk: Talk) -> None:
    await talk.all("заблокируйте мою карту, я её потеряла", "временно")
    turn = await talk.say("Смирнова Анна Олеговна, 14.02.1988, договор МП-118230")
    assert form(turn) == "block_card_form:done"
    assert talk.blocked("4417") == "freeze"


async def test_a_caller_blocks_a_card_with_keys(talk: Talk) -> None:
    caller = talk.by(None, "phone", "+79000000011")
    turn = await caller.all("заблокируйте карту", "1", "14021988")
    assert form(turn) == "block_card_form:done"
    assert talk.blocked("4417") == "stolen"


async def test_a_card_that_is_not_found_is_a_persons_matter_without_the_proof(talk: Talk) -> None:
    caller = talk.by(None, "phone", "+79995550101")
    turn = await caller.all("заблокируйте карту", "1", "14021988")
    assert called(turn) == "card_not_found"
    handoff = await caller.handoff()
    assert handoff is not None
    assert handoff.context["task"]["slots"] == {"block_kind": "stolen"}
    assert "1988" not in str(handoff.context)


async def test_no_more_advertising(talk: Talk) -> None:
    asked = await talk.say("отпишите меня от рекламы")
    assert "код" not in said(asked).lower()  # none is sent for this
    turn = await talk.say("89161234567")
    assert "+7 916 123-45-67" in said(turn)
    await talk.say(press="/deny")
    assert "+7 916 123-45-68" in said(await talk.say("89161234568"))
    assert form(await talk.say("да")) == "unsubscribe_form:done"
    assert talk.done() == ["unsubscribe"]


async def test_an_electronic_certificate_is_a_link(talk: Talk) -> None:
    turn = await talk.by("c-zueva").say("нужна справка об отсутствии задолженности в pdf")
    assert form(turn) == "certificate_form:done"
    assert "(/files/certificates/" in said(turn)
    token = said(turn).partition("/files/certificates/")[2].partition(")")[0]
    assert (await talk.backoffice.certificate_pdf(token)).startswith(b"%PDF")


async def test_a_certificate_by_post_asks_for_the_address(talk: Talk) -> None:
    smirnova = talk.by("c-smirnova")
    await smirnova.all("закажите справку о текущей задолженности", "письмом")
    turn = await smirnova.say("420000, Казань, улица Баумана, дом 5, квартира 12")
    assert "Баумана" in said(turn)
    assert talk.certificates() == []
    assert form(await smirnova.say("да")) == "certificate_form:done"
    [(kind, delivery, address)] = talk.certificates()
    assert (kind, delivery) == ("current_debt", "mail")
    assert "Баумана" in address


async def test_a_certificate_on_paper(talk: Talk) -> None:
    smirnova = talk.by("c-smirnova")
    turn = await smirnova.all("закажите справку о текущей задолженности", "в офисе заберу")
    assert buttons(turn) == ["/affirm", "/deny"]
    assert "3 рабочих дня" in said(await smirnova.say(press="/affirm"))


@pytest.mark.parametrize(
    ("customer", "asked", "why"),
    [
        ("c-smirnova", "закажите справку об отсутствии задолженности", "Закрытых договоров не нашёл"),
        ("c-zueva", "закажите справку о текущей задолженности", "Договора для такой справки"),
    ],
)
async def test_a_certificate_that_cannot_be_had(talk: Talk, customer: str, asked: str, why: str) -> None:
    turn = await talk.by(customer).say(asked)
    assert form(turn) == "certificate_form:active"
    assert why in said(turn)
    assert "certificate" not in slots(turn)


async def test_a_way_that_a_certificate_does_not_go(talk: Talk) -> None:
    smirnova = talk.by("c-smirnova")
    turn = await smirnova.all("закажите справку для налоговой", "бумажную в офисе")
    assert "delivery" not in slots(turn)
    assert form(await smirnova.say("электронную")) == "certificate_form:done"


@pytest.mark.parametrize(
    ("customer", "words"),
    [
        ("c-klimova", "получили|у нас"),
        ("c-khasanov", "проверяет сотрудник"),
        ("c-zueva", "одобрена"),
        ("c-panin", "не одобрили"),
        ("c-orlov", "отправ"),
        ("c-smirnova", "не нашёл"),
    ],
)
async def test_an_application_in_each_status(talk: Talk, customer: str, words: str) -> None:
    turn = await talk.by(customer).say("проверьте мою заявку")
    assert form(turn) == "status_form:done"
    assert any(each in said(turn) for each in words.split("|"))


async def test_a_good_score_ends_the_talk(talk: Talk) -> None:
    asked = await talk.say("до свидания")
    assert form(asked) == "survey_form:active"
    assert form(await talk.say("5")) == "survey_form:done"
    assert await ratings(talk) == [{"score": 5, "comment": ""}]


async def test_a_bad_score_is_asked_about(talk: Talk) -> None:
    assert "score" in slots(await talk.all("до свидания", "2"))
    await talk.say("долго ждал ответа")
    assert await ratings(talk) == [{"score": 2, "comment": "долго ждал ответа"}]


@pytest.mark.parametrize("score", ["10", "-1", "0", "пять тысяч"])
async def test_a_score_that_is_none_is_asked_for_again(talk: Talk, score: str) -> None:
    turn = await talk.all("до свидания", score)
    assert form(turn) == "survey_form:active"
    assert "score" not in slots(turn)
    assert await ratings(talk) == []


async def test_nobody_is_called_for_a_rating(talk: Talk) -> None:
    turn = await talk.all("до свидания", "10", "11", "12")
    assert form(turn) == "survey_form:refused"
    assert called(turn) is None
    assert "Спасибо" in said(turn) or "Благодарим" in said(turn)


async def test_a_new_question_goes_before_the_rating(talk: Talk) -> None:
    turn = await talk.all("до свидания", "как закрыть займ раньше срока?")
    assert getattr(turn.answer, "kind", None) is SayKind.ANSWER


async def test_a_survey_about_another_talk_rates_that_one(talk: Talk) -> None:
    asked = await talk.say(press='/rate{"survey": "a1"}')
    assert form(asked) == "survey_form:active"
    await talk.all("2", "долго ждал ответа")
    assert await ratings(talk) == []
    answer = {"score": 2, "comment": "долго ждал ответа", "survey": "a1"}
    assert await ratings(talk, "survey.answered") == [answer]
    await talk.all("до свидания", "5")
    assert await ratings(talk) == [{"score": 5, "comment": ""}]


async def ratings(talk: Talk, kind: str = "rating") -> list[object]:
    found = await talk.shop.store.conversations.find(talk.channel, talk.address)
    assert found is not None
    events = await talk.shop.store.conversations.events(found.id)
    return [dict(event.data) for event in events if event.kind == kind]


async def test_before_the_middle_of_january_one_certificate_must_wait(shop: Workshop, tmp_path: Path) -> None:
    async with talking(shop, tmp_path, "2026-01-12 12:00") as talk:
        smirnova = talk.by("c-smirnova")
        await smirnova.say(press="/order_certificate")
        turn = await smirnova.say("для госслужащего")
        assert "15 января" in said(turn)
