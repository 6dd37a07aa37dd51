"""Another day of payment: each product's rules, corrections, interruptions, cancelling."""

from __future__ import annotations

from pathlib import Path

import pytest
from talk import Talk, buttons, called, form, said, slots, talking

from bot.core.types import SayKind
from bot.evaluation.workshop import Workshop

pytestmark = pytest.mark.asyncio(loop_scope="session")

TO_20 = "перенесите платёж по займу на 20 число"


async def test_a_loan_moves_once_it_is_confirmed(talk: Talk) -> None:
    orlov = talk.by("c-orlov")
    asked = await orlov.say(TO_20)
    assert slots(asked) == {"contract_number": "МП-204518", "product": "loan", "new_day": 20}
    assert buttons(asked) == ["/affirm", "/deny"]
    assert talk.done() == []
    done = await orlov.say("да")
    assert form(done) == "change_date_form:done"
    assert "З-000001" in said(done)
    assert talk.done() == ["date_change"]
    await orlov.say("да")
    assert talk.done() == ["date_change"]


@pytest.mark.parametrize(
    ("now", "customer", "asked", "product", "days"),
    [
        ("2026-05-26 12:00", "c-belova", "перенесите платёж по рассрочке на 12 число", "pos", "1 рабочего"),
        ("2026-06-15 12:00", "c-vector", "перенесите платёж по лизингу на 20 число", "leasing", "5 рабочих"),
        ("2026-06-03 12:00", "c-belova", "перенесите платёж по займу на 25 число", "loan", "1 рабочего"),
    ],
)
async def test_each_product(
    *, shop: Workshop, tmp_path: Path, now: str, customer: str, asked: str, product: str, days: str
) -> None:
    async with talking(shop, tmp_path, now) as opened:
        talk = opened.by(customer)
        turn = await talk.say(asked)
        assert slots(turn)["product"] == product
        done = await talk.say("верно")
        assert form(done) == "change_date_form:done"
        assert days in said(done)
        assert talk.done() == ["date_change"]


async def test_leasing_names_its_price(shop: Workshop, tmp_path: Path) -> None:
    async with talking(shop, tmp_path, "2026-06-15 12:00") as opened:
        assert "3 000 ₽" in said(await opened.by("c-vector").say("перенесите платёж по лизингу на 20 число"))


@pytest.mark.parametrize(
    ("now", "customer", "asked", "why"),
    [
        ("2026-06-03 11:20", "c-panin", TO_20, "просрочк"),
        ("2026-06-03 11:20", "c-khasanov", TO_20, "один раз в конце"),
        ("2026-06-03 11:20", "c-zueva", TO_20, "закрыт"),
        ("2026-06-18 12:00", "c-belova", "перенесите платёж по займу на 28 число", "3 рабочих дней"),
        ("2026-06-03 11:20", "c-belova", "перенесите платёж по рассрочке на 12 число", "с 6 июня"),
        ("2026-06-03 12:00", "c-vector", "перенесите платёж по лизингу на 20 число", "10 рабочих дней"),
    ],
)
async def test_what_no_other_day_helps(
    *, shop: Workshop, tmp_path: Path, now: str, customer: str, asked: str, why: str
) -> None:
    async with talking(shop, tmp_path, now) as opened:
        talk = opened.by(customer)
        turn = await talk.say(asked)
        assert form(turn) == "change_date_form:refused"
        assert why in said(turn)
        assert talk.done() == []


async def test_a_date_is_changed_once_a_year(talk: Talk) -> None:
    await talk.by("c-orlov").all(TO_20, "да")
    turn = await talk.by("c-orlov").say("перенесите платёж по займу на 15 число")
    assert form(turn) == "change_date_form:refused"
    assert "уже" in said(turn)
    assert talk.done() == ["date_change"]


@pytest.mark.parametrize(("day", "open_days"), [("31", "1–28"), ("28", "11–25"), ("10", "11–25")])
async def test_a_day_that_cannot_be_is_asked_for_again(talk: Talk, day: str, open_days: str) -> None:
    orlov = talk.by("c-orlov")
    turn = await orlov.say(f"перенесите платёж по займу на {day} число")
    assert form(turn) == "change_date_form:active"
    assert open_days in said(turn)
    assert slots(await orlov.say("20"))["new_day"] == 20
    assert form(await orlov.say("да")) == "change_date_form:done"


async def test_a_person_comes_after_three_days_that_cannot_be(talk: Talk) -> None:
    turn = await talk.by("c-orlov").all("перенесите платёж по займу на 31 число", "тогда на 30", "на 29")
    assert called(turn) == "form_failed"
    assert form(turn) == "change_date_form:refused"


@pytest.mark.parametrize(
    "correction",
    [
        "нет, не пятнадцатого, а двадцатого",
        "нет, на 20",
        "ой, лучше 20-го",
        "не пятнадцатого, а двадцатого числа",
    ],
)
async def test_a_correction_is_confirmed_anew(talk: Talk, correction: str) -> None:
    orlov = talk.by("c-orlov")
    await orlov.say("перенесите платёж по займу на 15 число")
    turn = await orlov.say(correction)
    assert slots(turn)["new_day"] == 20
    assert "20-е" in said(turn)
    assert talk.done() == []
    await orlov.say("да")
    assert talk.done() == ["date_change"]


async def test_no_asks_what_to_correct(talk: Talk) -> None:
    orlov = talk.by("c-orlov")
    await orlov.say(TO_20)
    turn = await orlov.say(press="/deny")
    assert form(turn) == "change_date_form:active"
    assert "20-е" not in said(turn)
    assert "21-е" in said(await orlov.say("на 21"))
    assert talk.done() == []


async def test_a_question_is_answered_and_the_form_comes_back(talk: Talk) -> None:
    orlov = talk.by("c-orlov")
    await orlov.say(TO_20)
    turn = await orlov.say("как закрыть займ раньше срока?")
    assert turn.answer is not None
    assert getattr(turn.answer, "kind", None) is SayKind.ANSWER
    assert "без комиссии" in said(turn)
    assert "20-е" in said(turn)
    assert slots(turn)["new_day"] == 20
    assert form(await orlov.say("да, всё верно")) == "change_date_form:done"


@pytest.mark.parametrize("words", ["отмена", "не надо, я передумал", "отмените заявку"])
async def test_cancelling(talk: Talk, words: str) -> None:
    orlov = talk.by("c-orlov")
    await orlov.say(TO_20)
    assert form(await orlov.say(words)) == "change_date_form:cancelled"
    await orlov.say("да")
    assert talk.done() == []


async def test_cancelling_midway_forgets_what_was_filled(talk: Talk) -> None:
    orlov = talk.by("c-orlov")
    await orlov.all(TO_20, "отмена")
    turn = await orlov.say(press="/change_payment_date")
    assert form(turn) == "change_date_form:active"
    assert "new_day" not in slots(turn)


async def test_what_cannot_be_understood_twice_goes_to_a_person_with_what_is_filled(talk: Talk) -> None:
    orlov = talk.by("c-orlov")
    await orlov.say("перенесите платёж по займу")
    assert called(await orlov.say("ыва прол джэ")) is None
    assert called(await orlov.say("фывапр лорп")) == "form_failed"
    handoff = await orlov.handoff()
    assert handoff is not None
    filled = {"contract_number": "МП-204518", "product": "loan"}
    assert handoff.context["task"] == {"form": "change_date_form", "status": "refused", "slots": filled}


async def test_who_asks_for_a_person_midway_is_given_one_with_what_is_filled(talk: Talk) -> None:
    orlov = talk.by("c-orlov")
    await orlov.say(TO_20)
    assert called(await orlov.say("позовите оператора")) == "asked_for_person"
    handoff = await orlov.handoff()
    assert handoff is not None
    assert handoff.context["task"]["form"] == "change_date_form"
    assert handoff.context["task"]["slots"]["new_day"] == 20


async def test_thirty_values_in_one_sentence(talk: Talk) -> None:
    """The form takes its own values, the first of each, and is confirmed before anything is done."""
    orlov = talk.by("c-orlov")
    await orlov.say("перенесите платёж по займу")
    turn = await orlov.say(
        "на 20, 21, 22, 23, 24 и 25 число, мой телефон 89161234567, запасной 89161234568, ИНН 7707083893, "
        "договоры МП-204518, РС-330417 и ЛЗ-5501, карта, рассрочка, лизинг, Москва, Казань, Самара, завтра в "
        "15:00, послезавтра в 16:00, 450 рублей, 2600 рублей, полторы тысячи, А123ВС77, В456ОР99, Петров "
        "Иван Сергеевич, Иванова Анна Петровна, ivan@example.com, код 1234"
    )
    assert form(turn) == "change_date_form:active"
    assert called(turn) is None
    assert talk.done() == []
    assert set(slots(turn)) <= {"contract_number", "phone", "product", "new_day"}
