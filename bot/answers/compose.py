"""From an article to an answer: what answers the question comes first, in the article's own words.

Nothing is rephrased, so that numbers and conditions stay exactly as the editor wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from bot.answers.markdown import help_url, plain, resolve
from bot.answers.relevance import Passages
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
REMEMBERED = 2048  # articles
_LEAD = re.compile(r"^\*\*[^*]+\*\*:?$|^#{1,6} |:$")
_REFERENCE = re.compile(r"\[\[[^\]]*\]\]")
_MARKUP = re.compile(r"[*_`#|>]+|^\s*(?:[-+]|\d+\.)\s+", re.MULTILINE)


class Composer:
    """Composes answers; remembers how articles fall into passages."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self._passages = lru_cache(REMEMBERED)(self._cut)
        self._heard = lru_cache(REMEMBERED)(self._cut_to_hear)

    def prepare(self, article: Article) -> None:
        """Reads the article before it is asked for."""
        self._passages(article.body)

    def answer(
        self, article: Article, query: Query, articles: Mapping[str, Article], budget: int = CHAT_CHARS
    ) -> str:
        """Markdown of at most about `budget` characters; the passage nearest to the question first."""
        passages = self._passages(article.body)
        if not passages.texts:
            return article.title
        chosen: list[str] = []
        left = budget
        for place in _order(passages.scores(query)):
            text = _shorten(passages.texts[place], query, self.read, left if chosen else budget)
            if text is None or (chosen and passages.pointers[place]):
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
        heard = self._heard(article.voice, article.body)
        found = heard.scores(query)
        best = max(range(len(found)), key=lambda index: found[index])
        if best == 0 or found[best] < found[0] + TOLD_BETTER:
            return article.voice
        return _said(heard.texts[best])

    def _cut(self, body: str) -> Passages:
        texts = passages(body)
        queries = [self.read(_MARKUP.sub(" ", _REFERENCE.sub(" ", text))) for text in texts]
        return Passages.of(texts, queries, [_is_pointer(text) for text in texts])

    def _cut_to_hear(self, voice: str, body: str) -> Passages:
        """What is meant to be heard, then the written passages that can be said."""
        written = self._passages(body)
        places = [
            place
            for place, text in enumerate(written.texts)
            if not written.pointers[place] and _speakable(text)
        ]
        return Passages.of(
            [voice, *(written.texts[place] for place in places)],
            [self.read(voice), *(written.queries[place] for place in places)],
            [False] * (1 + len(places)),
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


def _order(found: Sequence[float]) -> list[int]:
    """The best passage, the opening, the rest by how well they answer; as written when none stands out."""
    places = range(len(found))
    best = max(places, key=lambda index: found[index])
    if found[best] < found[0] + LEAD:
        return list(places)
    return [best, 0, *sorted(set(places[1:]) - {best}, key=lambda index: -found[index])]


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


def _speakable(text: str) -> bool:
    """Whether a passage is one paragraph that is whole without what it refers to."""
    return "\n" not in text and "→" not in text and len(text) <= SPOKEN_CHARS


def _said(text: str) -> str:
    """Without markup and references, and without brackets that only held one."""
    bare = re.sub(r"\s*\(\s*\)", "", _REFERENCE.sub("", text))
    return re.sub(r"\s*(?:—|:)\s*(?=[.,;]|$)", "", plain(bare)).strip()


def _is_pointer(text: str) -> bool:
    """A short paragraph whose main thing is a reference to another article."""
    references = len(_REFERENCE.findall(text))
    return references > 0 and "\n" not in text and len(_REFERENCE.sub("", text)) < 60 * references
