"""Customers who write neither Russian nor English, with and without somebody who speaks their language."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
import pytest_asyncio

from bot.bus import open_bus
from bot.core.types import Escalate, Inbound, Say, SayKind, Turn
from bot.dialog.turns import Turns
from bot.evaluation.workshop import Workshop, workshop
from bot.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")
KAZAKH = "Картамды жоғалтып алдым, не істеймін?"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workshop]:
    async with workshop(Settings(data_dir=tmp_path_factory.mktemp("languages"))) as opened:
        yield opened


class Customer:
    """`skills` are those of the people at work; they may change while the customer writes."""

    def __init__(self, shop: Workshop, *skills: str) -> None:
        self.skills = frozenset(skills)
        thinker = replace(shop.thinker, skills=lambda: self.skills)
        self._turns, self._address = Turns(shop.store, thinker, open_bus("")), uuid4().hex

    async def says(self, text: str = "", press: str | None = None) -> Turn:
        return await self._turns.handle(Inbound("web_chat", self._address, uuid4().hex, text, choice=press))


def offered(turn: Turn) -> str:
    assert isinstance(turn.answer, Say)
    assert turn.answer.kind is SayKind.UNKNOWN
    assert [one.payload for one in turn.answer.quick_replies] == ["operator"]
    return turn.answer.text


def called(turn: Turn) -> tuple[str, ...]:
    """The skills that are asked for."""
    assert isinstance(turn.answer, Escalate), turn.answer
    assert turn.answer.reason == "asked_for_person"
    return turn.answer.skills


async def test_kazakh_and_a_colleague_speaks_it(shop: Workshop) -> None:
    customer = Customer(shop, "kk", "fraud")
    text = offered(await customer.says(KAZAKH))
    assert "тек орысша түсінемін" in text
    assert "қазақша сөйлейтін әріптес" in text
    turn = await customer.says(press="operator")
    assert called(turn) == ("kk",)
    assert turn.answer is not None
    assert turn.answer.text.startswith("Қазақша сөйлейтін әріптесімді шақырып жатырмын.")


@pytest.mark.parametrize("answer", ["иә", "Иә, шақырыңыз!", "да", "оператор керек", "позовите оператора"])
async def test_a_yes_in_either_language_calls_who_speaks_it(shop: Workshop, answer: str) -> None:
    customer = Customer(shop, "kk")
    await customer.says(KAZAKH)
    assert called(await customer.says(answer)) == ("kk",)


async def test_kazakh_and_nobody_speaks_it(shop: Workshop) -> None:
    customer = Customer(shop, "uz")
    text = offered(await customer.says(KAZAKH))
    assert "тек орысша түсінемін" in text
    assert "әріптес" not in text
    assert called(await customer.says("иә")) == ()


async def test_who_asks_for_a_person_is_not_kept(shop: Workshop) -> None:
    assert called(await Customer(shop, "uz").says("Operator bilan gaplashmoqchiman")) == ("uz",)
    assert called(await Customer(shop).says("Ich möchte mit einem Menschen sprechen")) == ()


async def test_a_language_without_sentences_is_answered_in_russian_and_english(shop: Workshop) -> None:
    text = offered(await Customer(shop).says("Jak mogę zamknąć konto?"))
    assert "Я понимаю русский язык" in text
    assert "I understand Russian" in text
    assert "colleague" not in text
    customer = Customer(shop, "pl")
    assert "a colleague who speaks your language" in offered(await customer.says("Jak mogę zamknąć konto?"))
    assert called(await customer.says(press="operator")) == ("pl",)


async def test_the_colleague_left_meanwhile(shop: Workshop) -> None:
    customer = Customer(shop, "kk")
    await customer.says(KAZAKH)
    customer.skills = frozenset()
    assert called(await customer.says(press="operator")) == ()


async def test_who_goes_on_in_russian_needs_no_interpreter(shop: Workshop) -> None:
    customer = Customer(shop, "kk")
    await customer.says(KAZAKH)
    answered = await customer.says("какой лимит на переводы по СБП в день?")
    assert isinstance(answered.answer, Say)
    assert answered.answer.kind is SayKind.ANSWER
    assert called(await customer.says("позовите оператора")) == ()


async def test_english_is_asked_for_as_well(shop: Workshop) -> None:
    customer = Customer(shop, "en")
    await customer.says("Hello, what is the interest rate of your loan?")
    assert called(await customer.says("I want to talk to a real person please")) == ("en",)


async def test_an_urgent_reason_keeps_its_skills(shop: Workshop) -> None:
    turn = await Customer(shop, "en").says(
        "Money is being stolen from my card right now, I need a human operator"
    )
    assert isinstance(turn.answer, Escalate)
    assert "en" in turn.answer.skills
