"""What an engine said becomes one answer, one handoff, one memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from talk import MOSCOW

from bot.core.types import Ask, Escalate, QuickReply, Say, SayKind, Source
from bot.dialog import composing, wire
from bot.dialog.context import Context
from bot.dialog.decision import Decision
from bot.engine.events import UserSaid
from bot.engine.responses import Message
from bot.evaluation.workshop import Workshop
from bot.project.model import Button

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOW = datetime(2026, 6, 3, 11, 20, tzinfo=MOSCOW)
LIMITS = Source("card-limits", "Лимиты", "/help/card-limits")
MOVE = Source("repay-change-date", "Смена даты", "/help/repay-change-date")
ANSWER = Say(SayKind.ANSWER, "150 000 ₽ в день.", (LIMITS,), quick_replies=(QuickReply("Ещё", "article:x"),))
QUESTION = Message("Верно?", (Button("Да", "/affirm"),))


def compose(
    shop: Workshop, *messages: Message, context: Context = Context(), about: Source | None = None
) -> Decision:
    thinker = shop.thinker
    speech = thinker.speech(thinker.knowledge.current.articles, "ru", NOW)
    return composing.compose(
        messages, context, speech, thinker.escalations, about=about, question="перенесите"
    )


def carried(answer: Say | Ask | Escalate, reason: str = "base") -> Message:
    return Message(custom={"answer": wire.written(answer), "reason": reason})


async def test_texts_in_order_with_the_last_buttons(shop: Workshop) -> None:
    decision = compose(shop, carried(ANSWER), QUESTION)
    assert decision.answer == Say(
        SayKind.ANSWER, "150 000 ₽ в день.\n\nВерно?", (LIMITS,), quick_replies=(QuickReply("Да", "/affirm"),)
    )
    assert decision.reason == "base"


async def test_what_a_task_said_is_remembered_to_be_repeated(shop: Workshop) -> None:
    decision = compose(shop, carried(ANSWER), QUESTION, context=Context(misses=1, offered=True))
    assert decision.context.last == "Верно?"
    assert (decision.context.misses, decision.context.offered) == (0, False)


async def test_a_choice_between_articles_stays_one(shop: Workshop) -> None:
    options = (QuickReply("Займ", "article:a"), QuickReply("Рассрочка", "article:b"))
    assert compose(shop, carried(Ask("О чём?", options)), QUESTION).answer == Ask("О чём?\n\nВерно?", options)


async def test_a_handoff_wins_and_says_all(shop: Workshop) -> None:
    decision = compose(shop, Message("Не отвечает."), Message(custom={"handoff": "backoffice_away"}))
    assert isinstance(decision.answer, Escalate)
    assert decision.answer.reason == decision.reason == "backoffice_away"
    assert decision.answer.text.startswith("Не отвечает.\n\n")


async def test_a_handoff_by_a_rule_has_its_terms(shop: Workshop) -> None:
    decision = compose(shop, Message(custom={"handoff": "distress_abroad"}))
    assert isinstance(decision.answer, Escalate)
    rule = shop.thinker.escalations.get("distress_abroad")
    assert rule is not None
    assert (decision.answer.priority, decision.answer.skills) == (rule.priority, rule.skills)
    assert (decision.answer.decide_minutes, decision.answer.finish_minutes) == (60, 1440)


async def test_the_article_that_explains_a_task_is_cited_and_remembered(shop: Workshop) -> None:
    decision = compose(shop, QUESTION, context=Context(articles=("card-limits", MOVE.article_id)), about=MOVE)
    assert isinstance(decision.answer, Say)
    assert decision.answer.sources == (MOVE,)
    assert decision.context.articles == (MOVE.article_id, "card-limits")
    assert decision.context.question == "перенесите"


async def test_nothing_said_is_met_with_words(shop: Workshop) -> None:
    decision = compose(shop)
    assert isinstance(decision.answer, Say)
    assert decision.answer.kind is SayKind.UNKNOWN
    assert decision.answer.text
    assert decision.context.misses == 1


async def test_ratings_become_events() -> None:
    [event] = composing.ratings([QUESTION, Message(custom={"rating": {"score": 3, "comment": "долго"}})])
    assert (event.kind, event.data) == ("rating", {"score": 3, "comment": "долго"})


async def test_a_rating_of_another_talk_is_none_of_this_one() -> None:
    [event] = composing.ratings([Message(custom={"rating": {"score": 3, "comment": "", "survey": "a1"}})])
    assert (event.kind, event.data["survey"]) == ("survey.answered", "a1")


@pytest.mark.parametrize(
    ("said", "text", "intent"),
    [
        (None, '/inform{"city": "Казань"}', "inform"),
        (None, "/affirm", "affirm"),
        (UserSaid("привет", "chitchat", response="chitchat/greeting"), "привет", "chitchat/greeting"),
        (UserSaid("на 20", "inform"), "на 20", "inform"),
    ],
)
async def test_an_intent_is_shown_as_it_was_selected(said: UserSaid | None, text: str, intent: str) -> None:
    assert composing.intent_of(said, text) == intent


async def test_composing_leaves_the_handoff_that_waits(shop: Workshop) -> None:
    context = replace(Context(), called=5)
    assert compose(shop, QUESTION, context=context).context.called == 5
