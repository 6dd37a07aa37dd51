"""How the conversation bears on what a message may be about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.dialog import following
from bot.dialog.context import Context
from bot.evaluation.workshop import Workshop

pytestmark = pytest.mark.asyncio(loop_scope="session")

AFTER = Context(articles=("docs-no-debt",), question="нужна справка, что займ закрыт")


@pytest.mark.parametrize(
    ("leaning", "standing"),
    [
        ("сколько она стоит?", "сколько стоит справка для налоговой в офисе Самары?"),
        ("а за неё платят, если нужна срочно?", "а за справку платят, если она нужна срочно?"),
        ("долго ждать?", "долго ли ждать решения по заявке на займ для бизнеса?"),
    ],
)
async def test_what_names_nothing_leans_on_the_conversation(
    shop: Workshop, leaning: str, standing: str
) -> None:
    more, less = (following.bound(shop.query(text), AFTER, own=0.5) for text in (leaning, standing))
    assert more > less
    assert more >= 0.5


async def test_nothing_is_leant_on_before_anything_was_said(shop: Workshop) -> None:
    assert following.bound(shop.query("а сколько это стоит?"), Context(), own=0.5) == 0


async def test_after_a_task_a_message_leans_more(shop: Workshop) -> None:
    query = shop.query("сколько дней ждать решения?")
    after_task = following.bound(query, replace(AFTER, last="Готово."), own=0.5)
    assert after_task > following.bound(query, AFTER, own=0.5)


async def test_a_whole_question_that_the_base_knows_leans_on_nothing(shop: Workshop) -> None:
    whole, part = shop.query("как заблокировать карту?"), shop.query("а как её заблокировать?")
    assert following.bound(whole, AFTER, own=0.8) == 0 < following.bound(whole, AFTER, own=0.5)
    assert following.bound(part, AFTER, own=0.8) > 0


async def test_an_article_that_uses_the_words_is_likelier_meant(shop: Workshop) -> None:
    article = shop.knowledge.current.articles["complaints-fee-refund-large"]
    about, elsewhere = shop.query("а пени за спорную сумму?"), shop.query("а фото для пропуска?")
    assert 0 <= following.told(elsewhere, article) < following.told(about, article) <= 1
    assert following.same(about, article) > following.same(elsewhere, article)


async def test_a_circumstance_is_the_conversation_and_a_correction_leaves_it(shop: Workshop) -> None:
    article = shop.knowledge.current.articles["complaints-fee-refund-large"]
    plain = following.same(shop.query("пени начислите?"), article)
    assert following.same(shop.query("пени за это время начислите?"), article) > plain + 3
    assert following.same(shop.query("стоп, пени начислите?"), article) == 0
