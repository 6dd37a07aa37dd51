"""BM25 over character n-grams of whole articles: robust to typos, endings and spacing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import copy

import numpy as np
import scipy.sparse as sp

from bot.nlu.words import analyse
from knowledge_base.ranking.sparse import Floats, Postings, Row, Vocabulary, as_row, stack
from knowledge_base.ranking.topics import Topic

K1, B = 1.2, 0.6
UNKNOWN = 5.0  # added to what a query could reach, so that two known n-grams are not full evidence
Grams = Callable[[Sequence[str]], Iterable[str]]


def within_words(words: Sequence[str], sizes: Sequence[int] = (4,)) -> list[str]:
    """Character n-grams of each word with its borders."""
    return [
        padded[start : start + size]
        for padded in (f" {word} " for word in words)
        for size in sizes
        for start in range(max(1, len(padded) - size + 1))
    ]


def across_words(words: Sequence[str]) -> list[str]:
    """6-grams of the whole line: they see which words stand together."""
    line = f" {' '.join(words)} "
    return [line[start : start + 6] for start in range(len(line) - 5)]


class GramBM25:
    """Scores in 0..1: BM25 divided by the best that the query could reach (Robertson, Zaragoza 2009)."""

    def __init__(self, grams: Grams, *, by_word: bool = False) -> None:
        """`by_word`: no n-gram of `grams` spans two words."""
        self._grams = grams
        self._by_word = by_word
        self._vocabulary = Vocabulary()
        self._rows: dict[tuple[str, str], Row] = {}

    def copy(self) -> GramBM25:
        """One that can be updated while this one goes on scoring."""
        other = copy(self)
        other._vocabulary = self._vocabulary.copy()
        return other

    def update(self, topics: Sequence[Topic]) -> None:
        """Scores these topics from now on; only those that changed are read."""
        rows = {}
        for topic in topics:
            key = (topic.key, topic.hash)
            rows[key] = self._rows[key] if key in self._rows else self._read(topic)
        self._rows = rows
        self._tf = stack(list(rows.values()), len(self._vocabulary))
        self._lengths = np.asarray(self._tf.sum(axis=1)).ravel()
        self._mean = float(self._lengths.mean()) or 1.0
        count = len(topics)
        df = np.bincount(self._tf.indices, minlength=len(self._vocabulary))
        self._idf = np.log(1 + (count - df + 0.5) / (df + 0.5)).astype(np.float32)
        scored = self._tf.copy()
        of_row = np.repeat(np.arange(count), np.diff(scored.indptr))
        scored.data = self._saturate(scored.data, self._lengths[of_row]) * self._idf[scored.indices]
        self._postings = Postings(sp.csr_matrix(scored))

    def score(self, words: Sequence[str]) -> Floats:
        """(topics,)"""
        if self._by_word:
            ids, _ = self._vocabulary.row_of_words(words, self._of_word)
        else:
            ids, _ = self._vocabulary.row(self._grams(words))
        reached = self._postings.dot(ids, np.ones(len(ids), np.float32))
        return np.asarray(reached / (self._idf[ids].sum() + UNKNOWN), np.float32)

    def leave_one_out(self, examples: Sequence[tuple[str, int]]) -> Floats:
        """(examples, topics) as if each (question, topic number) were not in its topic."""
        out = np.zeros((len(examples), self._tf.shape[0]), np.float32)
        dense = [self._tf.getrow(number).toarray().ravel() for number in range(self._tf.shape[0])]
        for number, (text, own) in enumerate(examples):
            ids, counts = self._vocabulary.row(self._grams(analyse(text)[0]))
            scores = self._postings.dot(ids, np.ones(len(ids), np.float32))
            rest = np.maximum(dense[own][ids] - counts, 0)
            length = self._lengths[own] - counts.sum()
            scores[own] = (self._saturate(rest, length) * self._idf[ids]).sum()
            out[number] = scores / (self._idf[ids].sum() + UNKNOWN)
        return out

    def _of_word(self, word: str) -> Iterable[str]:
        return self._grams((word,))

    def _saturate(self, tf: Floats, length: Floats) -> Floats:
        return np.asarray(tf * (K1 + 1) / (tf + K1 * (1 - B + B * length / self._mean)), np.float32)

    def _read(self, topic: Topic) -> Row:
        counts: dict[int, float] = defaultdict(float)
        for text, weight in topic.weighted:
            for gram, count in Counter(self._grams(analyse(text)[0])).items():
                counts[self._vocabulary.grow(gram)] += weight * count
        return as_row(counts)
