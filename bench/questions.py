"""Questions to measure with: as customers would vary the example questions, no two alike."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from knowledge_base.articles import Article

OPENINGS = ("", "", "", "здравствуйте, ", "подскажите ", "добрый день! ", "а ", "скажите пожалуйста ")
ENDINGS = ("", "", "", "?", " подскажите", ", спасибо", "??", " срочно")


def questions(articles: Iterable[Article], seed: int = 7) -> Iterator[str]:
    """Without end: an example question that lost a word, or two of them in one message (one in ten)."""
    chance = random.Random(seed)
    examples = [question for article in articles for question in article.questions]
    while True:
        text = _varied(chance, examples)
        yield f"{text}. И ещё: {_varied(chance, examples)}" if chance.random() < 0.1 else text


def _varied(chance: random.Random, examples: list[str]) -> str:
    words = chance.choice(examples).split()
    if len(words) > 3:
        del words[chance.randrange(len(words))]
    return chance.choice(OPENINGS) + " ".join(words).rstrip("?.!") + chance.choice(ENDINGS)
