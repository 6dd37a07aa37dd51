"""What operators hear before a caller: short, in their language, and nothing that others must not hear."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.types import Handoff, HandoffStatus
from bot.dialog.phrases import Phrases
from voice.call.briefing import first_name, summary

PHRASES = Phrases.load()
TITLES = {"loans/early": "Досрочное погашение займа", "card/pin": "Как сменить ПИН?"}


def told(locale: str, reason: str = "asked_for_person", name: str = "", **context: Any) -> str:
    handoff = Handoff("h", "c", reason, 5, HandoffStatus.WAITING, context, datetime(2026, 11, 1, tzinfo=UTC))
    return summary(PHRASES, handoff, locale, name=name, titles=TITLES)


def test_who_why_and_about_what() -> None:
    assert told("ru", name="Анна", articles=["loans/early"]) == (
        "На линии Анна: Попросил оператора. Вопрос: Досрочное погашение займа. Соединяю."
    )
    assert told("en", name="Anna", task={"form": "status_form", "slots": {}}) == (
        "Anna is on the line: Asked for a person. The question: Application status. Connecting."
    )


def test_what_is_not_known_is_left_out() -> None:
    assert told("ru") == "Клиент на линии: Попросил оператора. Соединяю."
    assert told("en") == "A caller: Asked for a person. Connecting."
    assert told("ru", reason="of_the_company") == "Клиент на линии. Соединяю."
    assert told("ru", reason="of_the_company", reason_text="Хочет вернуть товар") == (
        "Клиент на линии: Хочет вернуть товар. Соединяю."
    )


def test_nothing_is_said_in_another_language_than_the_operators() -> None:
    assert told("en", articles=["loans/early"], question="где мой заём", language="ru") == told("en")
    assert told("en", reason="of_the_company", reason_text="Хочет вернуть товар") == ("A caller. Connecting.")
    assert "where is my loan" in told("en", question="where is my loan?", language="en")


def test_the_task_comes_before_the_answer_and_the_question() -> None:
    context = {"articles": ["gone", "card/pin"], "question": "где ближайший офис?", "language": "ru"}
    assert "Вопрос: Статус заявки." in told("ru", task={"form": "status_form"}, **context)
    assert "Вопрос: Как сменить ПИН." in told("ru", task={"form": "of_the_company_form"}, **context)
    assert "Вопрос: где ближайший офис." in told("ru", **context | {"articles": ["gone"]})


@pytest.mark.parametrize(
    "question",
    [
        "переведите 5000 на карту",
        "четыре пять шесть",
        "мой договор сто двадцать три",
        "кодовое слово ромашка",
        "Пароль от кабинета василёк",
        "my password is daisy",
        "слово " * 16,
    ],
)
def test_numbers_secrets_and_speeches_are_not_quoted(question: str) -> None:
    for locale in ("ru", "en"):
        assert told(locale, question=question, language=locale) == told(locale)


def test_slots_are_never_said() -> None:
    slots = {"contract": "Д-100200", "phone": "+79001112233", "code": "123456"}
    text = told("ru", task={"form": "status_form", "status": "active", "slots": slots})
    assert not any(map(str.isdigit, text))


@pytest.mark.parametrize(
    ("full", "first"),
    [
        ("Зуева Анна Петровна", "Анна"),
        ("Анна Петровна Зуева", "Анна"),
        ("Пётр Ильич", "Пётр"),
        ("Зуев Иван", "Иван"),
        ("Anna Smith", "Anna"),
        ("Анна", "Анна"),
        ("", ""),
    ],
)
def test_the_first_name_of_a_full_one(full: str, first: str) -> None:
    assert first_name(full) == first
