"""The ranking of a base whose articles carry example questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy

import numpy as np

from bot.core.ports import Encoder
from bot.nlu.encoders.static import WordVectors
from bot.nlu.query import Query
from knowledge_base.articles import Article
from knowledge_base.ranking import fusion
from knowledge_base.ranking.grams import GramBM25, across_words, within_words
from knowledge_base.ranking.ridge import Kept, KernelRidge
from knowledge_base.ranking.sparse import Floats
from knowledge_base.ranking.topics import Topic, of_article, of_negatives
from knowledge_base.ranking.translation import TranslationModel

# Outside these bounds the passages are ranked instead: the kernel needs examples^2 floats (256 MB at the
# most) and seconds to invert, the language models lemmas x articles.
MIN_ARTICLES, MIN_EXAMPLES = 5, 50
MAX_ARTICLES, MAX_EXAMPLES = 2_000, 8_000
EXEMPLIFIED = 0.8  # share of the articles that must have example questions


def suits(articles: Sequence[Article]) -> bool:
    """Whether a base of these articles can be ranked by its example questions."""
    examples = sum(len(article.questions) for article in articles)
    exemplified = sum(bool(article.questions) for article in articles)
    return (
        MIN_ARTICLES <= len(articles) <= MAX_ARTICLES
        and MIN_EXAMPLES <= examples <= MAX_EXAMPLES
        and exemplified >= EXEMPLIFIED * len(articles)
    )


class Ranker:
    """Six scorers and their fusion. `fit` learns everything, `updated` what an edit changes."""

    def __init__(self, encoder: Encoder, words: WordVectors, negatives: Mapping[str, Sequence[str]]) -> None:
        self._negatives = [of_negatives(name, texts) for name, texts in negatives.items() if texts]
        self._ridge = KernelRidge(encoder)
        self._translation = TranslationModel(words)
        self._grams = GramBM25(within_words, by_word=True)
        self._phrases = GramBM25(across_words)
        self.ids: tuple[str, ...] = ()
        self.hashes: frozenset[str] = frozenset()
        self._fitted: frozenset[str] = frozenset()  # hashes of the articles that the fusion has seen

    def fit(self, articles: Sequence[Article]) -> None:
        """Learns all from the articles; about 10 s for 138 articles with 22 questions each."""
        topics = self._topics(articles)
        self._ridge.fit(topics)
        self._score_from_now_on(topics)
        self._fitted = self.hashes
        examples = [(text, number) for number, topic in enumerate(topics) for text in topic.questions]
        keyed = [(topics[number].key, text) for text, number in examples]
        words = self._translation.leave_one_out(examples)
        scores = np.stack(
            [
                self._ridge.leave_one_out(keyed),
                *(words[:, number] for number in range(3)),
                self._grams.leave_one_out(examples),
                self._phrases.leave_one_out(examples),
                words[:, 3],
            ],
            axis=1,
        )
        owners = np.array([number for _, number in examples])
        self._fusion = fusion.fit(scores, owners, len(self.ids))

    def updated(self, articles: Sequence[Article]) -> Ranker:
        """After an edit: ranks changed articles by their new text, weights stay. About 0.3 s.

        A ranker of its own, so that this one goes on serving meanwhile.
        """
        other = copy(self)
        other._ridge = self._ridge.copy()
        other._translation = self._translation.copy()
        other._grams, other._phrases = self._grams.copy(), self._phrases.copy()
        topics = other._topics(articles)
        other._ridge.update(topics)
        other._score_from_now_on(topics)
        return other

    def attach(self, encoder: Encoder, words: WordVectors, inverse: Kept) -> None:
        """After unpickling: what reads texts is not part of what is saved, nor what only updates need."""
        self._ridge.attach(encoder, inverse)
        self._translation.attach(words)

    @property
    def inverse(self) -> Floats:
        """What updates need besides, the largest part by far; to be saved beside it."""
        return self._ridge.inverse

    @property
    def drift(self) -> float:
        """Share of the articles that changed since the weights were learnt, 0..1."""
        return len(self.hashes ^ self._fitted) / max(1, len(self.hashes | self._fitted))

    def weigh(self, scores: Floats) -> Floats:
        """p for each of `ids`; what is missing from 1 is the chance that no article answers."""
        return self._fusion.probabilities(scores, len(self.ids))

    def scores(self, query: Query) -> Floats:
        """(scores, topics) in the order of `fusion.SCORES`."""
        words = self._translation.score(query)
        return np.stack(
            [
                self._ridge.score(query),
                *words[:3],
                self._grams.score(query.tokens),
                self._phrases.score(query.tokens),
                words[3],
            ]
        )

    def _topics(self, articles: Sequence[Article]) -> list[Topic]:
        return [*(of_article(article) for article in articles), *self._negatives]

    def _score_from_now_on(self, topics: Sequence[Topic]) -> None:
        self._translation.update(topics)
        self._grams.update(topics)
        self._phrases.update(topics)
        self.ids = tuple(topic.key for topic in topics if topic.known)
        self.hashes = frozenset(topic.hash for topic in topics if topic.known)
