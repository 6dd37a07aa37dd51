"""From an article to an answer: what answers the question comes first, in the article's own words.

Nothing is rephrased, so that numbers and conditions stay exactly as the editor wrote them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bot.answers.markdown import help_url, resolve
from bot.core.types import Source
from bot.nlu.query import Query
from knowledge_base.articles import Article

Read = Callable[[str], Query]
CHAT_CHARS = 900  # a chat answer that fits a phone screen or two
SHARED_CHARS = 550  # for each of two answers in one message
TABLE_ROWS = 6  # of a longer table only the rows that bear on the question are shown
RELATED = 3
SURE_LEAD = 1.25  # how much better than the opening a passage must be to be moved before it
_LEAD = re.compile(r"^\*\*[^*]+\*\*:?$|^#{1,6} |:$")
_REFERENCE = re.compile(r"\[\[[^\]]*\]\]")
_MARKUP = re.compile(r"[*_`#|>]+|^\s*(?:[-+]|\d+\.)\s+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, list or table with the line that introduces it. `pointer`: mostly refers elsewhere."""

    text: str
    query: Query
    pointer: bool


class Composer:
    """Composes answers; remembers how articles fall into passages."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self._passages = lru_cache(maxsize=2048)(self._cut)

    def answer(
        self, article: Article, query: Query, articles: Mapping[str, Article], budget: int = CHAT_CHARS
    ) -> str:
        """Markdown of at most about `budget` characters; the passage nearest to the question first."""
        passages = self._passages(article.body)
        if not passages:
            return article.title
        order = _order(passages, query)
        chosen: list[str] = []
        left = budget
        for passage in order:
            text = _shorten(passage.text, query, self.read, left if chosen else budget)
            if text is None or (chosen and passage.pointer):
                continue
            chosen.append(text)
            left -= len(text)
            if left < budget * 0.15:
                break
        return resolve("\n\n".join(chosen), {key: other.title for key, other in articles.items()})

    def _cut(self, body: str) -> tuple[Passage, ...]:
        return tuple(
            Passage(text, self.read(_MARKUP.sub(" ", _REFERENCE.sub(" ", text))), _is_pointer(text))
            for text in passages(body)
        )


def passages(body: str) -> list[str]:
    """The blocks of a body; a line that introduces a list or table stays with it."""
    result: list[str] = []
    introduction = ""
    for block in re.split(r"\n\s*\n", body.strip()):
        text = block.strip("\n")
        if not text.strip():
            continue
        if "\n" not in text and _LEAD.search(text.strip()):
            introduction = f"{introduction}\n\n{text}".strip()
            continue
        result.append(f"{introduction}\n\n{text}".strip() if introduction else text)
        introduction = ""
    return [*result, introduction] if introduction else result


def source(article: Article) -> Source:
    return Source(article.id, article.title, help_url(article.id))


def related(answered: Sequence[Article], articles: Mapping[str, Article]) -> tuple[Source, ...]:
    """What to read next: related articles of those answered with, without these themselves."""
    said = {article.id for article in answered}
    names = dict.fromkeys(name for article in answered for name in article.related)
    found = [articles[name] for name in names if name in articles and name not in said]
    return tuple(source(article) for article in found[:RELATED])


def _order(passages: Sequence[Passage], query: Query) -> list[Passage]:
    """The best passage, the opening, then the rest as written; as written when none stands out."""
    spread = Counter(lemma for passage in passages for lemma in set(passage.query.lemmas))
    scores = [_relevance(passage.query, query, spread, len(passages)) for passage in passages]
    best = max(range(len(passages)), key=lambda index: scores[index])
    if best == 0 or scores[best] < SURE_LEAD * scores[0] or scores[best] <= 0:
        return list(passages)
    rest = [passage for index, passage in enumerate(passages) if index not in {0, best}]
    return [passages[best], passages[0], *rest]


def _relevance(passage: Query, query: Query, spread: Mapping[str, int], total: int) -> float:
    """Shared words, the rarer within the article the heavier, and nearness of the vectors."""
    shared = set(passage.lemmas) & set(query.lemmas)
    words = sum(math.log(1 + total / spread[lemma]) * min(1.0, len(lemma) / 4) for lemma in shared)
    return words + 2.0 * max(0.0, _cosine(passage, query))


def _cosine(left: Query, right: Query) -> float:
    if left.vector is None or right.vector is None:
        return 0.0
    return float(np.dot(left.vector, right.vector))


def _shorten(text: str, query: Query, read: Read, budget: int) -> str | None:
    """The passage if it fits; a table without the rows that do not matter; None if nothing fits."""
    rows = [line for line in text.split("\n") if line.lstrip().startswith("|")]
    if len(rows) > TABLE_ROWS + 2 or (rows and len(text) > budget):
        text = _rows(text, rows, query, read)
    return text if len(text) <= budget * 1.1 else None


def _rows(text: str, rows: list[str], query: Query, read: Read) -> str:
    wanted = set(query.lemmas)
    body = rows[2:]
    ranked = sorted(body, key=lambda row: -len(wanted & set(read(_MARKUP.sub(" ", row)).lemmas)))
    kept = set(ranked[:TABLE_ROWS])
    return "\n".join(line for line in text.split("\n") if line not in body or line in kept)


def _is_pointer(text: str) -> bool:
    """A short paragraph whose main thing is a reference to another article."""
    references = len(_REFERENCE.findall(text))
    return references > 0 and "\n" not in text and len(_REFERENCE.sub("", text)) < 60 * references
