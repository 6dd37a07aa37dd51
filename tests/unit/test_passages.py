"""The passage index: what changed is read again, what is gone is never found, words alone suffice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from bot.core.errors import FrontlineError
from bot.core.ports import Vectors
from bot.nlu.encoders.static import StaticEncoder
from bot.nlu.query import QueryBuilder
from knowledge_base.articles import Article, parse_article
from knowledge_base.passages import PassageIndex

TEXTS = {
    "loan": "Заём выдаём на карту любого банка за десять минут.",
    "card": "Закрыть карту можно в приложении, деньги вернём на счёт.",
    "lease": "Автомобиль в лизинг получает компания или предприниматель.",
}


def article(name: str, text: str) -> Article:
    return parse_article(f"---\nid: {name}\ntitle: {name}\n---\n\n{text}\n", f"{name}.md")


class Counting:
    """The static encoder; counts what it reads and fails when told to."""

    def __init__(self) -> None:
        self._inner = StaticEncoder()
        self.name, self.dim = self._inner.name, self._inner.dim
        self.read: list[str] = []
        self.broken = False

    def encode(self, texts: Sequence[str]) -> Vectors:
        if self.broken:
            raise FrontlineError("encoder_unavailable", "away")
        self.read += texts
        return self._inner.encode(texts)


@pytest.fixture
def encoder() -> Counting:
    return Counting()


@pytest.fixture
def articles() -> list[Article]:
    return [article(name, text) for name, text in TEXTS.items()]


def first(index: PassageIndex, encoder: Counting, question: str) -> str:
    hits = index.search(QueryBuilder(encoder)(question))
    return hits[0].article_id if hits else ""


def test_finds_the_article_and_its_passage(encoder: Counting, articles: list[Article]) -> None:
    index = PassageIndex.build(articles, encoder)
    found = index.search(QueryBuilder(encoder)("как закрыть карту"))[0]
    assert (found.article_id, found.text) == ("card", TEXTS["card"])
    assert 0 < found.p_score <= 1
    assert set(found.parts) == {"bm25", "dense"}


def test_only_what_changed_is_read_again(encoder: Counting, articles: list[Article]) -> None:
    index = PassageIndex.build(articles, encoder)
    changed = article("card", "Кешбэк приходит пятого числа каждого месяца.")
    encoder.read.clear()
    after = PassageIndex.build([articles[0], changed, articles[2]], encoder, previous=index)
    assert [text for text in encoder.read if "карта любого" in text or "лизинг" in text] == []
    assert first(after, encoder, "когда придёт кешбэк") == "card"
    assert first(after, encoder, "закрыть карту деньги на счёт") != "card"
    assert first(index, encoder, "как закрыть карту") == "card"  # the old one serves as it was
    assert len(after) == len(articles)


def test_the_same_articles_are_the_same_content(encoder: Counting, articles: list[Article]) -> None:
    index = PassageIndex.build(articles, encoder)
    again = PassageIndex.build(reversed(articles), encoder, previous=index)
    assert again.content == index.content
    assert PassageIndex.build(articles[1:], encoder, previous=index).content < index.content


def test_what_is_gone_is_never_found(encoder: Counting, articles: list[Article]) -> None:
    index = PassageIndex.build(articles, encoder)
    left = PassageIndex.build(articles[:1], encoder, previous=index)
    for question in ("как закрыть карту", "автомобиль в лизинг", TEXTS["card"]):
        assert first(left, encoder, question) in {"loan", ""}


def test_without_vectors_words_find_it_and_the_next_build_makes_them(
    encoder: Counting, articles: list[Article]
) -> None:
    encoder.broken = True
    index = PassageIndex.build(articles, encoder)
    assert index.pending == len(articles)
    assert first(index, encoder, "закрыть карту") == "card"
    encoder.broken = False
    healed = PassageIndex.build(articles, encoder, previous=index)
    assert healed.pending == 0
    assert healed.content != index.content


def test_a_question_without_words_finds_nothing(encoder: Counting, articles: list[Article]) -> None:
    index = PassageIndex.build(articles, encoder)
    assert index.search(QueryBuilder(encoder)("!!! 🙂")) == []
    assert PassageIndex.empty(encoder).search(QueryBuilder(encoder)("карта")) == []
    assert np.isfinite(index.spans).all()
