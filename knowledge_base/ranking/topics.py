"""What the ranking learns from: an article, or a family of questions that no article answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge_base.articles import AUDIENCES, Article

TITLE_WEIGHT = TAGS_WEIGHT = 2.0
TEXT_WEIGHT = 1.0
_MARKUP = re.compile(r"\[\[.*?\]\]|\|[ |:-]+\|")


@dataclass(frozen=True, slots=True)
class Topic:
    """One class of the ranking. `texts` are (text, weight) besides the example questions.

    `headings` are the texts that read like a short question (title, tags). `audience` is
    `individual`, `business` or empty for both; `known` is False for a family of negatives.
    """

    key: str
    hash: str
    questions: tuple[str, ...]
    headings: tuple[str, ...]
    texts: tuple[tuple[str, float], ...]
    category: str
    audience: str
    known: bool = True

    @property
    def weighted(self) -> tuple[tuple[str, float], ...]:
        """Every text with its weight."""
        return (*((question, 1.0) for question in self.questions), *self.texts)


def of_article(article: Article) -> Topic:
    """Link targets and table rules are left out: names of other articles are not this one's words."""
    tags = " ".join(article.tags)
    texts = (
        (article.title, TITLE_WEIGHT),
        (tags, TAGS_WEIGHT),
        (article.voice, TEXT_WEIGHT),
        (_MARKUP.sub(" ", article.body), TEXT_WEIGHT),
    )
    return Topic(
        key=article.id,
        hash=article.hash,
        questions=article.questions,
        headings=tuple(text for text in (article.title, tags) if text),
        texts=tuple((text, weight) for text, weight in texts if text),
        category=article.category,
        audience=article.audience[0] if set(article.audience) < set(AUDIENCES) else "",
    )


def of_negatives(name: str, questions: Sequence[str]) -> Topic:
    """Questions that the base does not answer."""
    digest = hashlib.sha256("\n".join(questions).encode()).hexdigest()
    key = f"none/{name}"
    return Topic(key, digest, tuple(questions), (), (), category=key, audience=key, known=False)
