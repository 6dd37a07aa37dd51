"""A language model per topic in which words may stand for similar words.

A question is scored by sum over its words of log p(w | topic) / p(w), divided by sqrt(length); p(w | topic)
mixes the word itself with translations from similar ones (Berger, Lafferty 1999). Two words are similar
when their vectors are, or when their letters are, so that typos and unseen forms find their topic. The
same counts give the scores of a topic's category and audience.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from bot.nlu.encoders.static import WordVectors
from bot.nlu.query import Query
from bot.nlu.words import analyse
from knowledge_base.ranking.grams import within_words
from knowledge_base.ranking.sparse import Floats, Row, Vocabulary, as_row, stack
from knowledge_base.ranking.topics import Topic

TRANSLATED = 0.7  # share of a word's probability that comes from similar words
BACKGROUND = 0.3  # share of the whole base in every topic (Jelinek-Mercer smoothing)
FAINTEST = 0.01  # similarities below are nothing
NATS_OF_COMMON_WORDS = 4.0  # words less surprising than this need no explanation
BLOCK = 512
MEMORY = 4096  # unseen words whose scores are kept
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _View:
    """Counts of the topics by group: one topic each, by category, or by audience.

    `of` maps a topic to its group. Arrays are (lemmas, groups); `ratio` holds the log-ratios.
    """

    of: Ids
    totals: Floats
    counted: Floats
    translated: Floats
    ratio: Floats


class TranslationModel:
    """Four scores per topic: of itself, of its category, of its audience, and the share explained."""

    def __init__(self, words: WordVectors) -> None:
        self._words = words
        self._vocabulary = Vocabulary()
        self._forms: dict[str, str] = {}  # lemma -> the form it was first seen in
        self._rows: dict[tuple[str, str], Row] = {}
        self._grams = Vocabulary()
        self._mean: Floats | None = None
        self._vectors = np.zeros((0, 0), np.float32)
        self._letters = sp.csr_matrix((0, 0), dtype=np.float32)
        self._similar = sp.csr_matrix((0, 0), dtype=np.float32)
        self._unseen: dict[str, list[Floats]] = {}

    def copy(self) -> TranslationModel:
        """One that can be updated while this one goes on scoring."""
        other = copy(self)
        other._words = self._words
        other._vocabulary, other._grams = self._vocabulary.copy(), self._grams.copy()
        other._forms = dict(self._forms)
        return other

    def attach(self, words: WordVectors) -> None:
        """After unpickling: the word vectors are not part of what is saved."""
        self._words = words

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name != "_words"} | {"_unseen": {}}

    def update(self, topics: Sequence[Topic]) -> None:
        """Scores these topics from now on; only those that changed are read."""
        rows = {}
        for topic in topics:
            key = (topic.key, topic.hash)
            rows[key] = self._rows[key] if key in self._rows else self._read(topic)
        self._rows = rows
        self._compare()
        self._unseen = {}
        weights = np.asarray(self._similar.sum(axis=0)).ravel() + 1e-9
        self._translate = (self._similar @ sp.diags(1 / weights)).tocsr()
        self._weights = weights
        counts = stack(list(rows.values()), len(self._vocabulary))
        background = np.asarray(counts.sum(axis=0)).ravel() + 0.5
        self._rarest = 0.5 / background.sum()
        self._background = (background / background.sum()).astype(np.float32)
        mixed = (1 - TRANSLATED) * self._background + TRANSLATED * (self._translate @ self._background)
        self._base = (mixed + 1e-7).astype(np.float32)
        self._views = [
            self._view(counts, _numbers([topic.key for topic in topics])),
            self._view(counts, _numbers([topic.category for topic in topics])),
            self._view(counts, _numbers([topic.audience for topic in topics])),
        ]

    def score(self, query: Query) -> Floats:
        """(4, topics)"""
        ids, unseen = self._split(query.tokens, query.lemmas)
        length = max(1, len(query.lemmas))
        ratios = [
            np.vstack([view.ratio[ids], *(word[number] for word in unseen)])
            for number, view in enumerate(self._views)
        ]
        surprise = np.concatenate([-np.log(self._base[ids]), np.full(len(unseen), -np.log(self._rarest))])
        scores = [
            (ratio.sum(axis=0) / np.sqrt(length))[view.of]
            for ratio, view in zip(ratios, self._views, strict=True)
        ]
        return np.stack([*scores, _explained(ratios[0], surprise)]).astype(np.float32)

    def leave_one_out(self, examples: Sequence[tuple[str, int]]) -> Floats:
        """(examples, 4, topics) as if each (question, topic number) were not in its topic."""
        width = len(self._views[0].of)
        out = np.zeros((len(examples), 4, width), np.float32)
        for number, (text, own) in enumerate(examples):
            ids, _ = self._split(*analyse(text))
            if not len(ids):
                continue
            itself = (ids[:, None] == ids[None, :]).sum(axis=1)
            translated = np.asarray(self._translate[ids][:, ids].sum(axis=1)).ravel()
            for place, view in enumerate(self._views):
                group = view.of[own]
                total = max(view.totals[group] - len(ids), 1)
                counted = np.maximum(view.counted[ids, group] - itself, 0)
                rest = np.maximum(view.translated[ids, group] - translated, 0)
                ratio = view.ratio[ids]
                ratio[:, group] = self._ratio(counted / total, rest / total, self._base[ids])
                out[number, place] = (ratio.sum(axis=0) / np.sqrt(len(ids)))[view.of]
                if place == 0:
                    out[number, 3] = _explained(ratio, -np.log(self._base[ids]))
        return out

    def _split(self, tokens: Sequence[str], lemmas: Sequence[str]) -> tuple[Ids, list[list[Floats]]]:
        """Numbers of the known lemmas, log-ratios (per view) of the unseen ones."""
        ids, unseen = [], []
        for token, lemma in zip(tokens, lemmas, strict=True):
            number = self._vocabulary.get(lemma)
            if number is None:
                unseen.append(self._ratios_of_unseen(token, lemma))
            else:
                ids.append(number)
        return np.asarray(ids, np.int64), unseen

    def _ratios_of_unseen(self, token: str, lemma: str) -> list[Floats]:
        found = self._unseen.get(lemma)
        if found is None:
            similar = self._similarity(self._vectors_of([(token, lemma)]), self._letters_of([lemma]))
            row = sp.csr_matrix(similar)
            shares = row.data / self._weights[row.indices]
            base = (
                (1 - TRANSLATED) * self._rarest + TRANSLATED * (shares @ self._background[row.indices]) + 1e-7
            )
            found = [
                self._ratio(0.0, shares @ (view.counted[row.indices] / view.totals), base)
                for view in self._views
            ]
            if len(self._unseen) >= MEMORY:
                self._unseen = {}
            self._unseen[lemma] = found
        return found

    def _ratio(self, counted: Floats | float, translated: Floats, base: Floats | float) -> Floats:
        topic = (1 - TRANSLATED) * counted + TRANSLATED * translated
        return np.asarray(np.log(((1 - BACKGROUND) * topic + BACKGROUND * base) / base), np.float32)

    def _view(self, counts: sp.csr_matrix, of: Ids) -> _View:
        height = int(of.max()) + 1
        members = sp.csr_matrix((np.ones(len(of), np.float32), (of, np.arange(len(of)))), (height, len(of)))
        grouped = (members @ counts).tocsr()
        totals = (np.asarray(grouped.sum(axis=1)).ravel() + 1e-9).astype(np.float32)
        counted = grouped.T.toarray().astype(np.float32)
        translated = np.asarray((self._translate @ grouped.T).toarray(), np.float32)
        ratio = self._ratio(counted / totals, translated / totals, self._base[:, None])
        return _View(of, totals, counted, translated, ratio)

    def _read(self, topic: Topic) -> Row:
        counts: dict[int, float] = defaultdict(float)
        for text, weight in topic.weighted:
            forms, lemmas = analyse(text)
            for form, lemma in zip(forms, lemmas, strict=True):
                self._forms.setdefault(lemma, form)
            for lemma, count in Counter(lemmas).items():
                counts[self._vocabulary.grow(lemma)] += weight * count
        return as_row(counts)

    def _compare(self) -> None:
        """Similarities of the lemmas that were added since the last time with all others."""
        known = len(self._vectors)
        new = list(self._vocabulary)[known:]
        if not new:
            return
        pairs = [(self._forms[lemma], lemma) for lemma in new]
        if self._mean is None:
            self._mean = self._words.vectors(pairs).mean(axis=0)
            counts = np.bincount([self._grams.grow(gram) for lemma in new for gram in set(_letters(lemma))])
            self._gram_idf = np.log(len(new) / (counts + 1)).astype(np.float32)
        vectors, letters = self._vectors_of(pairs), self._letters_of(new)
        self._vectors = np.concatenate([self._vectors, vectors]) if known else vectors
        self._letters = sp.vstack([self._letters, letters]).tocsr() if known else letters
        self._letters_by_gram = self._letters.T.tocsr()
        blocks = []
        for start in range(0, len(new), BLOCK):
            block = self._similarity(vectors[start : start + BLOCK], letters[start : start + BLOCK])
            rows = np.arange(len(block))
            block[rows, known + start + rows] = 1
            blocks.append(sp.csr_matrix(block))
        added = sp.vstack(blocks).tocsr()
        if known:
            self._similar = sp.bmat(
                [[self._similar, added[:, :known].T], [added[:, :known], added[:, known:]]]
            )
            self._similar = self._similar.tocsr()
        else:
            self._similar = added

    def _vectors_of(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        raw = self._words.vectors(pairs)
        mean = np.zeros(raw.shape[1], np.float32) if self._mean is None else self._mean
        centred = raw - mean * (np.linalg.norm(raw, axis=1, keepdims=True) > 0)
        return np.asarray(centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9), np.float32)

    def _letters_of(self, lemmas: Sequence[str]) -> sp.csr_matrix:
        rows: list[Row] = []
        for lemma in lemmas:
            ids, _ = self._grams.row(set(_letters(lemma)))
            values = self._gram_idf[ids]
            rows.append((ids, np.asarray(values / (np.linalg.norm(values) + 1e-9), np.float32)))
        return stack(rows, len(self._grams))

    def _similarity(self, vectors: Floats, letters: sp.csr_matrix) -> Floats:
        """Probability-like union of both likenesses, (these, all lemmas); faint ones are 0."""
        meaning = np.clip((vectors @ self._vectors.T - 0.3) / 0.6, 0, 1) ** 2
        spelling = np.clip(((letters @ self._letters_by_gram).toarray() - 0.4) / 0.4, 0, 1) ** 2
        similar = 1 - (1 - meaning) * (1 - spelling)
        similar[similar < FAINTEST] = 0
        return np.asarray(similar, np.float32)


def _letters(lemma: str) -> list[str]:
    return within_words([lemma], (2, 3, 4))


def _numbers(keys: Sequence[str]) -> Ids:
    places: dict[str, int] = {}
    return np.array([places.setdefault(key, len(places)) for key in keys], np.int64)


def _explained(ratio: Floats, surprise: Floats) -> Floats:
    """The share of the question's surprise that each topic explains, 0..1."""
    if not len(surprise):
        return np.zeros(ratio.shape[1], np.float32)
    weights = np.maximum(surprise - NATS_OF_COMMON_WORDS, 0) + 1e-3
    return np.asarray(weights @ np.clip(ratio / 2, 0, 1) / weights.sum(), np.float32)
