"""Which passage of an article answers, read and heard."""

from __future__ import annotations

import pytest

from bot.evaluation.workshop import Workshop

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("article", "question", "opens"),
    [
        ("docs-no-debt", "сколько стоит на бумаге?", "| Вид | Срок | Стоимость |"),
        ("leasing-ip", "какие документы нужны?", "**Документы:**"),
        ("overdue-penalty", "до какой суммы может вырасти долг?", "**Ограничение.**"),
    ],
)
async def test_the_passage_that_has_the_fact_comes_first(
    shop: Workshop, article: str, question: str, opens: str
) -> None:
    articles = shop.knowledge.current.articles
    text = shop.thinker.composer.answer(articles[article], shop.query(question), articles)
    assert text.startswith(opens)


async def test_without_a_better_passage_the_article_is_said_as_written(shop: Workshop) -> None:
    articles = shop.knowledge.current.articles
    article = articles["security-our-numbers"]
    text = shop.thinker.composer.answer(article, shop.query("это правда вы?"), articles)
    assert text.startswith(article.body.split("\n")[0])


async def test_what_the_text_for_the_ear_lacks_is_said_from_the_article(shop: Workshop) -> None:
    article = shop.knowledge.current.articles["card-block"]
    said = shop.thinker.composer.spoken(article, shop.query("деньги там не пропадут"))
    assert "сохраняются" in said
    assert not any(mark in said for mark in ("[[", "→", "|", "**"))


async def test_else_the_text_for_the_ear_is_said(shop: Workshop) -> None:
    articles = shop.knowledge.current.articles
    for name, question in (("card-block", "карту украли"), ("overdue-penalty", "какие пени за просрочку")):
        said = shop.thinker.composer.spoken(articles[name], shop.query(question))
        assert said == articles[name].voice
