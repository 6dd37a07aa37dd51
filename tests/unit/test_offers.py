"""Offers as data: which task an article leads to, and what is wrong with a file, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import InvalidContent
from bot.dialog.offers import Offers

OFFER = """offers:
  - intent: change_payment_date
    title: {ru: "Перенести", en: "Move"}
    articles: [repay-change-date, pos-change-date]
    entities: [day_of_month]
    plain: [product]
    question: {ru: "Какой?"}
    at_once: true
    by: {product: {loan: repay-change-date, pos: pos-change-date}}
"""


def load(tmp_path: Path, text: str) -> Offers:
    path = tmp_path / "offers.yml"
    path.write_text(text, "utf-8")
    return Offers.load(path)


def test_an_offer_is_found_by_its_article_and_its_intent(tmp_path: Path) -> None:
    offers = load(tmp_path, OFFER)
    [offer] = offers.offers
    assert offers.of_article("pos-change-date") is offers.of_intent("change_payment_date") is offer
    assert offers.of_article("card-block") is offers.of_intent("block_card") is None
    assert offer.at_once
    assert (offer.entities, offer.plain) == ({"day_of_month"}, {"product"})


@pytest.mark.parametrize(
    ("slots", "article"),
    [
        ({"product": "pos"}, "pos-change-date"),
        ({"product": "leasing"}, None),
        ({"product": None}, None),
        ({}, None),
    ],
)
def test_what_the_form_knows_chooses_the_article(
    tmp_path: Path, slots: dict[str, object], article: str | None
) -> None:
    offers = load(tmp_path, OFFER)
    assert offers.explained("change_payment_date", slots) == article
    assert offers.explained("greet", slots) is None


def test_a_project_need_not_have_offers(tmp_path: Path) -> None:
    assert Offers.load(tmp_path / "offers.yml") == Offers()


@pytest.mark.parametrize(
    ("wrong", "line", "said"),
    [
        (OFFER.replace("plain:", "plane:"), 6, "unknown key `plane`"),
        (OFFER.replace("intent: change_payment_date", "intent: [a, b]"), None, "needs `intent`"),
        (
            OFFER.replace("articles: [repay-change-date, pos-change-date]", "articles: one"),
            2,
            "`articles` is a list",
        ),
        (OFFER.replace("entities: [day_of_month]", "entities: {a: b}"), 2, "`entities` is a list"),
        (OFFER.replace('title: {ru: "Перенести", en: "Move"}', "title: Move"), 2, "`title` is a mapping"),
        (OFFER.replace('question: {ru: "Какой?"}', "question: [which]"), 2, "`question` is a mapping"),
        (
            OFFER.replace("by: {product: {loan: repay-change-date, pos: pos-change-date}}", "by: product"),
            2,
            "`by`",
        ),
        (
            OFFER.replace(
                "by: {product: {loan: repay-change-date, pos: pos-change-date}}", "by: {product: loan}"
            ),
            2,
            "`by`",
        ),
        ("offers: {}\n", None, "needs a list `offers`"),
        ("- a\n- b\n", None, "offers.yml"),
        ("offers: [greet]\n", 1, "unknown key `greet`"),
        ("offers:\n  - intent: 'a\n", None, "offers.yml"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, wrong: str, line: int | None, said: str) -> None:
    with pytest.raises(InvalidContent, match=said) as caught:
        load(tmp_path, wrong)
    assert "offers.yml" in str(caught.value)
    if line is not None:
        assert caught.value.line == line
