"""Visits: booked with pass and parking place, moved; and calls back, which have times as well."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from uuid import uuid4

import pytest
from talk import Talk, called, form, said, slots, talking

from bot.core.types import SayKind
from bot.evaluation.workshop import Workshop

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOOK = "запишите меня в офис в Москве в пятницу в 15:00"
FRIDAY = "2026-06-05"
NEXT_FRIDAY = date.fromisoformat(FRIDAY)


async def test_a_visit_with_pass_and_parking_place(talk: Talk) -> None:
    asked = await talk.say(BOOK)
    assert slots(asked) == {"city": "Москва", "visit_date": FRIDAY, "visit_time": "15:00"}
    assert "машин" in said(await talk.say("займ"))
    assert "номер машины" in said(await talk.say("да, на машине")).lower()
    asked = await talk.say("А123ВС77")
    assert "А123ВС77" in said(asked)
    assert talk.visits() == []
    done = await talk.say("да")
    assert form(done) == "visit_form:done"
    assert "Пропуск" in said(done)
    assert "парковке" in said(done)
    assert talk.visits() == [f"{FRIDAY}T12:00"]


async def test_no_car_still_leads_to_the_confirmation(talk: Talk) -> None:
    turn = await talk.all(BOOK, "займ", "нет")
    assert slots(turn)["parking"] is False
    assert "Верно?" in said(turn)
    assert form(await talk.say("да")) == "visit_form:done"


async def test_a_guest_gets_a_pass_too(talk: Talk) -> None:
    turn = await talk.all(f"{BOOK}, со мной придёт муж Петров Иван Сергеевич", "займ", "нет")
    assert slots(turn)["guest_name"] == "Петров Иван Сергеевич"
    assert "Петров Иван Сергеевич" in said(turn)
    assert form(await talk.say("да")) == "visit_form:done"


async def test_a_guest_without_a_name_is_asked_for(talk: Talk) -> None:
    turn = await talk.all(f"{BOOK} по займу, приду вдвоём с мужем", "нет")
    assert "ФИО" in said(turn) or "фамилию" in said(turn)
    assert "Петров Иван Сергеевич" in said(await talk.say("Петров Иван Сергеевич"))


async def test_where_there_is_no_parking_nobody_is_asked(talk: Talk) -> None:
    await talk.say(press="/book_visit")
    turn = await talk.all("Екатеринбург", "завтра в 12:00", "займ")
    assert "Верно?" in said(turn)
    assert form(await talk.say("да")) == "visit_form:done"


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("вчера", "прош"),
        ("20 мая 2026", "прош"),
        ("в воскресенье", "не работает|записи нет"),
        ("на 20 августа", "14 дней"),
    ],
)
async def test_a_day_that_cannot_be(talk: Talk, day: str, why: str) -> None:
    await talk.say("запишите меня в офис в Москве")
    turn = await talk.say(day)
    assert any(words in said(turn) for words in why.split("|"))
    assert "visit_date" not in slots(turn)
    assert slots(await talk.say("завтра"))["visit_date"] == "2026-06-04"


async def test_a_city_without_an_office(talk: Talk) -> None:
    await talk.say("хочу записаться в офис")
    turn = await talk.say("Самара")
    assert form(turn) == "visit_form:active"
    assert "city" not in slots(turn)
    assert slots(await talk.say("Казань"))["city"] == "Казань"


async def test_a_part_of_the_day_narrows_the_choice_and_is_no_misunderstanding(talk: Talk) -> None:
    await talk.say("запишите меня в офис в Казани на пятницу")
    turn = await talk.say("утром")
    assert "9:30" in said(turn)
    assert "15:00" not in said(turn)
    assert called(await talk.say("лучше вечером")) is None
    assert slots(await talk.say("в 15:00"))["visit_time"] == "15:00"


async def test_a_time_that_is_taken(talk: Talk) -> None:
    """Every desk of the office is booked by somebody at noon."""
    while "12:00" in {f"{free:%H:%M}" for free in await talk.backoffice.free_slots("Казань", NEXT_FRIDAY)}:
        noon = datetime.combine(NEXT_FRIDAY, time(12))
        await talk.backoffice.book_visit(city="Казань", at=noon, topic="займ", key=uuid4().hex)
    await talk.say(press="/book_visit")
    turn = await talk.all("Казань", "в пятницу в 12:00")
    assert "visit_time" not in slots(turn)
    assert "12:30" in said(turn)
    assert slots(await talk.say("12:30"))["visit_time"] == "12:30"


async def test_a_time_taken_while_it_was_confirmed_is_asked_for_again(talk: Talk) -> None:
    """Two customers confirm the same half hour; the second is told and goes on."""
    rivals = [talk.by(None) for _ in range(5)]
    for one in (*rivals, talk):
        await one.say(press="/book_visit")
        await one.all("Екатеринбург", "в пятницу в 12:00", "займ")
    turns = [await one.say("да") for one in (*rivals, talk)]
    assert form(turns[0]) == "visit_form:done"
    lost = turns[-1]
    assert form(lost) == "visit_form:active"
    assert "12:30" in said(lost)
    assert "Верно?" in said(await talk.say("12:30"))
    assert form(await talk.say("да")) == "visit_form:done"


async def test_visits_of_others_are_no_limit_to_who_is_not_known(talk: Talk) -> None:
    for hour in ("10:00", "11:00", "12:00"):
        other = talk.by(None)
        await other.say(press="/book_visit")
        turn = await other.all("Екатеринбург", f"в пятницу в {hour}", "займ", "да")
        assert form(turn) == "visit_form:done"


async def test_a_customer_has_two_visits_at_most(talk: Talk) -> None:
    for hour, end in (("10:00", "done"), ("11:00", "done"), ("12:00", "refused")):
        orlov = talk.by("c-orlov")
        await orlov.say(press="/book_visit")
        turn = await orlov.all("Екатеринбург", f"в пятницу в {hour}", "займ", "да")
        assert form(turn) == f"visit_form:{end}"
    assert "две записи" in said(turn)


async def test_two_questions_in_between(talk: Talk) -> None:
    await talk.say("запишите меня в офис в Москве")
    turn = await talk.say("сколько стоит парковка у офиса?")
    assert getattr(turn.answer, "kind", None) is SayKind.ANSWER
    assert form(turn) == "visit_form:active"
    await talk.say("завтра")
    turn = await talk.say("а какие часы работы у офиса в Казани?")
    assert getattr(turn.answer, "kind", None) is SayKind.ANSWER
    assert slots(await talk.say("10:00")) == {
        "city": "Москва",
        "visit_date": "2026-06-04",
        "visit_time": "10:00",
    }


async def test_a_correction_of_the_time_at_the_end(talk: Talk) -> None:
    await talk.all(BOOK, "займ", "нет")
    turn = await talk.say("нет, лучше в 16:00")
    assert slots(turn)["visit_time"] == "16:00"
    assert "16:00" in said(turn)
    await talk.say("да")
    assert talk.visits() == [f"{FRIDAY}T13:00"]


async def test_a_long_topic_is_cut_to_what_the_company_takes(talk: Talk) -> None:
    turn = await talk.all(BOOK, "хочу рассказать всё с самого начала " * 20, "нет", "да")
    assert form(turn) == "visit_form:done"


async def test_a_visit_is_moved(talk: Talk) -> None:
    khasanov = talk.by("c-khasanov")
    turn = await khasanov.all("перенесите мой визит", "на завтра", "16:00")
    assert "4 июня в 16:00" in said(turn)
    assert form(await khasanov.say("да")) == "move_visit_form:done"


async def test_there_is_no_visit_to_move(talk: Talk) -> None:
    turn = await talk.by("c-orlov").say("перенесите мой визит на завтра на 16:00")
    assert form(turn) == "move_visit_form:refused"
    assert "не нашёл" in said(turn) or "нет" in said(turn)


async def test_less_than_two_hours_before_it_is_too_late(shop: Workshop, tmp_path: Path) -> None:
    async with talking(shop, tmp_path, "2026-06-03 12:30") as talk:
        khasanov = talk.by("c-khasanov")
        await khasanov.all("перенесите мой визит", "на завтра", "16:00")
        talk.clock.advance(talk.until("2026-06-03 13:30"))
        turn = await khasanov.say("да")
        assert form(turn) == "move_visit_form:refused"
        assert "2 часов" in said(turn)


async def test_a_call_back(talk: Talk) -> None:
    await talk.all("перезвоните мне", "89161234567", "сегодня в 18:00")
    turn = await talk.say("по поводу просрочки")
    assert "+7 916 123-45-67" in said(turn)
    assert "сегодня в 18:00" in said(turn)
    assert form(await talk.say("да")) == "callback_form:done"
    assert talk.done() == ["callback"]


@pytest.mark.parametrize("when", ["вчера в 15:00", "сегодня в 9:00", "1 июня в 12:00"])
async def test_nobody_calls_in_the_past(talk: Talk, when: str) -> None:
    turn = await talk.all("перезвоните мне", "89161234567", when)
    assert form(turn) == "callback_form:active"
    assert "callback_time" not in slots(turn)
    assert slots(await talk.say("завтра в 12:00"))["callback_time"] == "2026-06-04 12:00"


async def test_outside_hours_another_time_is_asked_for(talk: Talk) -> None:
    await talk.all("перезвоните мне", "89161234567", "завтра в 23:00", "по займу")
    turn = await talk.say("да")
    assert form(turn) == "callback_form:active"
    assert "до" in said(turn)
    assert talk.done() == []
    assert "завтра в 12:00" in said(await talk.say("завтра в 12:00"))
    assert form(await talk.say("да")) == "callback_form:done"
    assert talk.done() == ["callback"]


async def test_as_soon_as_possible(talk: Talk) -> None:
    turn = await talk.all("перезвоните мне", "89161234567", "как можно скорее")
    assert slots(turn)["callback_time"] == "asap"
    await talk.all("про карту", "да")
    assert talk.done() == ["callback"]


async def test_a_caller_need_not_say_the_number(talk: Talk) -> None:
    caller = talk.by(None, "phone", "+79161234567")
    turn = await caller.all("перезвоните мне завтра в полдень", "по поводу займа")
    assert slots(turn)["phone"] == "+79161234567"
    assert form(await caller.say("1")) == "callback_form:done"


async def test_what_is_no_phone_number(talk: Talk) -> None:
    turn = await talk.all("перезвоните мне", "123")
    assert form(turn) == "callback_form:active"
    assert called(await talk.say("8916123")) == "form_failed"
