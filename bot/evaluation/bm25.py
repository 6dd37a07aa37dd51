"""The baseline that every evaluation is printed beside: BM25 over the same articles' lemmas."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from bot.nlu.query import Query
from knowledge_base.articles import Article

K1, B = 1.2, 0.75  # Robertson and Zaragoza 2009, the usual values


class Bm25:
    """Title, tags, example questions and body as one document per article."""

    def __init__(self, articles: Iterable[Article], read: Callable[[str], Query]) -> None:
        self._read = read
        self._postings: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._lengths: dict[str, int] = {}
        for article in articles:
            text = "\n".join((article.title, " ".join(article.tags), *article.questions, article.body))
            counts = Counter(read(text).lemmas)
            self._lengths[article.id] = counts.total()
            for lemma, count in counts.items():
                self._postings[lemma].append((article.id, count))
        self._mean = sum(self._lengths.values()) / max(1, len(self._lengths))

    def ranked(self, text: str) -> list[str]:
        """Article ids, best first."""
        scores: dict[str, float] = defaultdict(float)
        for lemma in set(self._read(text).lemmas):
            postings = self._postings.get(lemma, [])
            idf = math.log(1 + (len(self._lengths) - len(postings) + 0.5) / (len(postings) + 0.5))
            for name, count in postings:
                norm = K1 * (1 - B + B * self._lengths[name] / self._mean)
                scores[name] += idf * count * (K1 + 1) / (count + norm)
        return sorted(scores, key=lambda name: -scores[name])
