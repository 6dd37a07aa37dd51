"""From an article to an answer: what answers the question comes first, in the article's own words.

Nothing is rephrased, so that numbers and conditions stay exactly as the editor wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.answers.markdown import help_url, plain, resolve
from bot.answers.relevance import scores
from bot.core.types import Source
from bot.nlu.query import Query
from knowledge_base.articles import Article

Read = Callable[[str], Query]
CHAT_CHARS = 900  # a chat answer that fits a phone screen or two
SHARED_CHARS = 550  # for each of two answers in one message
TABLE_ROWS = 6  # of a longer table only the rows that bear on the question are shown
RELATED = 3
LEAD = 0.3  # by how much a passage must answer better than the opening to be moved before it
TOLD_BETTER = 0.6  # by how much a written passage must answer better than what is meant to be heard
SPOKEN_CHARS = 420  # of a passage that is heard
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

    def spoken(self, article: Article, query: Query) -> str:
        """What is heard: the article's text for the ear, or the passage that answers when that does not."""
        if not article.voice:
            return article.title
        heard = Passage(article.voice, self.read(article.voice), pointer=False)
        written = [one for one in self._passages(article.body) if _speakable(one)]
        found = _scores([heard, *written], query)
        best = max(range(len(found)), key=lambda index: found[index])
        if best == 0 or found[best] < found[0] + TOLD_BETTER:
            return article.voice
        return _said(written[best - 1].text)

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
    """The best passage, the opening, the rest by how well they answer; as written when none stands out."""
    found = _scores(passages, query)
    best = max(range(len(passages)), key=lambda index: found[index])
    if found[best] < found[0] + LEAD:
        return list(passages)
    rest = sorted(set(range(1, len(passages))) - {best}, key=lambda index: -found[index])
    return [passages[best], passages[0], *(passages[index] for index in rest)]


def _scores(passages: Sequence[Passage], query: Query) -> list[float]:
    return scores(
        [one.query for one in passages],
        [one.text for one in passages],
        [one.pointer for one in passages],
        query,
    )


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


def _speakable(passage: Passage) -> bool:
    """One paragraph that is whole without what it refers to."""
    text = passage.text
    return "\n" not in text and "→" not in text and not passage.pointer and len(text) <= SPOKEN_CHARS


def _said(text: str) -> str:
    """Without markup and references, and without brackets that only held one."""
    bare = re.sub(r"\s*\(\s*\)", "", _REFERENCE.sub("", text))
    return re.sub(r"\s*(?:—|:)\s*(?=[.,;]|$)", "", plain(bare)).strip()


def _is_pointer(text: str) -> bool:
    """A short paragraph whose main thing is a reference to another article."""
    references = len(_REFERENCE.findall(text))
    return references > 0 and "\n" not in text and len(_REFERENCE.sub("", text)) < 60 * references
