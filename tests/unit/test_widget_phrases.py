"""The questions that the widget offers are questions that the example base answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialog.phrases import Phrases
from knowledge_base.articles import load_folder

ARTICLES = Path(__file__).resolve().parents[2] / "knowledge_base" / "articles"
WIDGET = Phrases.load().section("widget", "ru")


@pytest.fixture(scope="module")
def questions() -> set[str]:
    return {question for article in load_folder(ARTICLES).articles for question in article.questions}


@pytest.mark.parametrize("starter", [text for key, text in WIDGET.items() if key.startswith("starter_")])
def test_a_starter_is_an_example_question_word_for_word(starter: str, questions: set[str]) -> None:
    assert starter in questions
