"""What a message means to the dialogue: freely, and while a form asks something."""

from __future__ import annotations

from datetime import datetime

import pytest
from talk import MOSCOW

from bot.dialog.context import Context
from bot.dialog.hearing import Waiting, hear
from bot.engine.events import UserSaid
from bot.evaluation.workshop import Workshop

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOW = datetime(2026, 6, 3, 11, 20, tzinfo=MOSCOW)
NEW_DAY = Waiting("change_date_form", "new_day")
DAY_TOLD = Waiting("change_date_form", "new_day", answers=True)
CONFIRMED = Waiting("change_date_form", "confirmed", yes_no=True)
TOPIC = Waiting("callback_form", "topic", free=True)
CITY = Waiting("own_form", "city", takes=frozenset(["city"]))


def heard(shop: Workshop, text: str, waiting: Waiting = Waiting(), context: Context = Context()) -> UserSaid:
    thinker = shop.thinker
    snapshot = thinker.knowledge.current
    understanding = thinker.understand(text, context, snapshot.articles, snapshot.retriever.search)
    return hear(understanding, thinker.entities.find(text, NOW), waiting, context, thinker.offers)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("как закрыть займ раньше срока?", "question"),
        ("сколько стоит перенести дату платежа?", "question"),
        ("перенесите платёж по займу на 20 число", "change_payment_date"),
        ("хочу записаться в офис", "book_visit"),
        ("перезвоните мне", "call_me_back"),
        ("отпишите меня от рекламы", "unsubscribe"),
        ("заблокируйте карту", "block_card"),
        ("закажите справку об отсутствии задолженности", "order_certificate"),
        ("хочу пожаловаться на сотрудницу офиса", "complain"),
        ("проверьте мою заявку", "application_status"),
        ("здравствуйте", "chitchat"),
        ("спасибо", "chitchat"),
        ("до свидания", "goodbye"),
        ("да", "affirm"),
        ("нет", "deny"),
        ("отмена", "cancel"),
        ("повторите, пожалуйста", "repeat"),
    ],
)
async def test_freely(shop: Workshop, text: str, intent: str) -> None:
    assert heard(shop, text).intent == intent


@pytest.mark.parametrize(
    ("text", "waiting", "intent"),
    [
        ("на двадцатое", DAY_TOLD, "inform"),
        ("как закрыть займ раньше срока?", NEW_DAY, "question"),
        ("отмена", NEW_DAY, "cancel"),
        ("не надо, я передумал", NEW_DAY, "cancel"),
        ("ыва прол джэ", NEW_DAY, "inform"),
        ("да", CONFIRMED, "affirm"),
        ("да, всё верно", CONFIRMED, "affirm"),
        ("верно", CONFIRMED, "affirm"),
        ("нет", CONFIRMED, "deny"),
        ("отмена", CONFIRMED, "cancel"),
        ("а сколько это стоит?", CONFIRMED, "question"),
        ("по поводу просрочки", TOPIC, "inform"),
        ("спасибо вам за всё, расскажите про займ", TOPIC, "inform"),
        ("Казань", CITY, "inform"),
        ("повторите, пожалуйста", NEW_DAY, "repeat"),
    ],
)
async def test_while_a_form_asks(shop: Workshop, text: str, waiting: Waiting, intent: str) -> None:
    assert heard(shop, text, waiting).intent == intent


async def test_a_value_after_the_article_begins_its_task(shop: Workshop) -> None:
    context = Context(articles=("repay-change-date",), question="как поменять дату платежа по займу?")
    assert heard(shop, "тогда поставьте 12-е", context=context).intent == "change_payment_date"


async def test_an_answer_put_as_a_question_is_an_answer(shop: Workshop) -> None:
    assert heard(shop, "а 25-е можно?", DAY_TOLD).intent != "question"
    assert (
        heard(shop, "как можно скорее", Waiting("callback_form", "callback_time", answers=True)).intent
        == "inform"
    )


async def test_an_application_number_after_its_article_begins_its_task(shop: Workshop) -> None:
    context = Context(articles=("apply-decision-time",), question="сколько ждать решения?")
    assert heard(shop, "ЗВ-500102", context=context).intent == "application_status"


async def test_two_questions_begin_no_task(shop: Workshop) -> None:
    said = heard(shop, "какой кешбэк по карте и сколько берёте за снятие наличных?")
    assert said.intent == "question"


async def test_a_number_is_sure_and_noise_is_not(shop: Workshop) -> None:
    assert heard(shop, "на двадцатое", DAY_TOLD).confidence == 1.0
    noise = heard(shop, "ыва прол джэ", NEW_DAY).confidence
    assert noise is not None
    assert noise <= 0.5


async def test_small_talk_names_its_kind(shop: Workshop) -> None:
    assert heard(shop, "здравствуйте").response == "chitchat/greeting"
    assert heard(shop, "на двадцатое", DAY_TOLD).response is None
