"""Kernel ridge regression from a question to the topic whose example questions it resembles.

The kernel is exp(3 (s - 1)), where s adds cosines of words and pairs, of character 3-5-grams and of
sentence vectors. The inverse of the regularised kernel is kept: examples come and go by block updates
(O(n^2) each), and leave-one-out scores are exact and free (Rifkin, Lippert 2007).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.linalg import lapack

from bot.core.ports import Encoder
from bot.nlu.query import Query
from bot.nlu.words import analyse
from knowledge_base.ranking.grams import within_words
from knowledge_base.ranking.sparse import Floats, Postings, Row, Vocabulary, stack
from knowledge_base.ranking.topics import Topic

SHARES = {"words": 0.35, "chars": 0.35, "vector": 0.30}
GAMMA, RIDGE = 3.0, 0.5
# Of the vectors' principal directions the first two, which all sentences share, are left out (Mu,
# Viswanath 2018), and the many last ones: they hold nothing that tells questions apart, only memory to read.
COMMON, KEPT = 2, 96
BLOCK = 512  # rows of the kernel computed at once
Kept = Callable[[], Floats | None]
Items = Callable[[Sequence[str], Sequence[str]], list[str]]


_NOT_SAVED = {"_encoder", "_kept", "_inverse"}  # the last has a file of its own, read when it is needed


def _nothing() -> None:
    return None


def _words(_: Sequence[str], lemmas: Sequence[str]) -> list[str]:
    return [*lemmas, *(f"{a}_{b}" for a, b in pairwise(lemmas))]


def _chars(words: Sequence[str], _: Sequence[str]) -> list[str]:
    return within_words(words, (3, 4, 5))


class _Part:
    """One sparse view of a text: tf-idf rows of length sqrt(share). The idf is that of the first fit."""

    def __init__(self, items: Items, share: float, *, by_word: bool = False) -> None:
        """`by_word`: every item comes from one word."""
        self._items, self._scale = items, float(np.sqrt(share))
        self._by_word = by_word
        self._vocabulary = Vocabulary()
        self._idf = np.zeros(0, np.float32)

    def copy(self) -> _Part:
        other = copy(self)
        other._vocabulary = self._vocabulary.copy()
        return other

    def fit(self, texts: Sequence[str]) -> None:
        df: Counter[int] = Counter()
        for text in texts:
            df.update({self._vocabulary.grow(item) for item in self._items(*analyse(text))})
        counts = np.fromiter((df[number] for number in range(len(df))), np.float32, len(df))
        self._size = len(texts)
        self._idf = (np.log((self._size + 1) / (counts + 1)) + 1).astype(np.float32)

    def grow(self, text: str) -> Row:
        """The row of a new example; words that were never seen count as rare ones."""
        items = self._items(*analyse(text))
        for item in items:
            self._vocabulary.grow(item)
        new = len(self._vocabulary) - len(self._idf)
        if new:
            rare = np.full(new, np.log((self._size + 1) / 2) + 1, np.float32)
            self._idf = np.concatenate([self._idf, rare])
        return self._weighted(self._vocabulary.row(items))

    def of(self, query: Query) -> Row:
        if self._by_word:
            return self._weighted(self._vocabulary.row_of_words(query.tokens, self._of_word))
        return self._weighted(self._vocabulary.row(self._items(query.tokens, query.lemmas)))

    def _of_word(self, word: str) -> list[str]:
        return self._items((word,), (word,))

    def _weighted(self, row: Row) -> Row:
        ids, counts = row
        values = (1 + np.log(counts)) * self._idf[ids] if len(ids) else counts
        return ids, np.asarray(values * (self._scale / (np.linalg.norm(values) + 1e-9)), np.float32)

    @property
    def width(self) -> int:
        return len(self._vocabulary)


class KernelRidge:
    """Scores near 1 for the right topic, near 0 for the others."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._parts: tuple[_Part, ...] = (
            _Part(_words, SHARES["words"]),
            _Part(_chars, SHARES["chars"], by_word=True),
        )
        self._examples: list[tuple[str, str, str]] = []  # topic key, topic hash, text
        self._rows: tuple[list[Row], ...] = ([], [])
        self._vectors = np.zeros((0, KEPT), np.float32)
        self._inverse: Floats | None = np.zeros((0, 0), np.float32)
        self._kept: Kept = _nothing

    def copy(self) -> KernelRidge:
        """One that can be updated while this one goes on scoring."""
        other = copy(self)
        vars(other).update({name: vars(self)[name] for name in _NOT_SAVED})
        other._parts = tuple(part.copy() for part in self._parts)
        other._rows = tuple(list(rows) for rows in self._rows)
        return other

    def attach(self, encoder: Encoder, kept: Kept) -> None:
        """After unpickling. `kept` gives the inverse, which no score needs, when examples change."""
        self._encoder, self._kept, self._inverse = encoder, kept, None

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name not in _NOT_SAVED}

    @property
    def inverse(self) -> Floats:
        """Of the regularised kernel, (examples, examples); computed anew (3 s) where none was kept."""
        if self._inverse is None:
            self._inverse = self._kept()
        if self._inverse is None or len(self._inverse) != len(self._examples):
            self._inverse = self._inverted()
        return self._inverse

    def fit(self, topics: Sequence[Topic]) -> None:
        """Learns from the topics alone; about 4 s for 3,700 examples on one core."""
        wanted = _examples(topics)
        texts = [text for _, _, text in wanted]
        for part in self._parts:
            part.fit(texts)
        raw = self._encoder.encode(texts)
        self._mean = raw.mean(axis=0)
        centred = raw - self._mean
        _, directions = np.linalg.eigh(centred.T @ centred)
        kept = directions[:, ::-1][:, COMMON : COMMON + KEPT]
        self._directions = np.ascontiguousarray(kept, np.float32)
        self._examples, self._vectors = wanted, self._project(raw)
        self._rows = tuple([part.grow(text) for text in texts] for part in self._parts)
        self._inverse = self._inverted()
        self._solve(topics)

    def update(self, topics: Sequence[Topic]) -> None:
        """Forgets the examples of changed and deleted topics, learns the new ones."""
        wanted = _examples(topics)
        keep = set(wanted)
        self._forget([number for number, one in enumerate(self._examples) if one not in keep])
        have = set(self._examples)
        self._learn([one for one in wanted if one not in have])
        self._solve(topics)

    def score(self, query: Query) -> Floats:
        """(topics,)"""
        likeness = np.zeros(len(self._examples), np.float32)
        if query.vector is not None:
            likeness += self._vectors @ self._project(query.vector[None])[0]
        for part, postings in zip(self._parts, self._postings, strict=True):
            likeness += postings.dot(*part.of(query)).astype(np.float32)
        return np.asarray(np.exp(GAMMA * (likeness - 1)) @ self._alpha, np.float32)

    def leave_one_out(self, examples: Sequence[tuple[str, str]]) -> Floats:
        """(examples, topics) for (topic key, question) pairs, as if each had not been learnt."""
        place = {(key, text): number for number, (key, _, text) in enumerate(self._examples)}
        rows = np.array([place[one] for one in examples])
        diagonal = np.diag(self.inverse)[rows]
        return np.asarray(self._target[rows] - self._alpha[rows] / diagonal[:, None], np.float32)

    def _inverted(self) -> Floats:
        kernel = self._kernel(self._blocks(0), self._vectors)
        kernel[np.diag_indices_from(kernel)] += RIDGE
        return _inverse(kernel)

    def _project(self, raw: Floats) -> Floats:
        out = (raw - self._mean) @ self._directions
        lengths = np.linalg.norm(out, axis=1, keepdims=True) + 1e-9
        return np.asarray(out / lengths * np.sqrt(SHARES["vector"]), np.float32)

    def _blocks(self, start: int) -> list[sp.csr_matrix]:
        return [stack(rows[start:], part.width) for part, rows in zip(self._parts, self._rows, strict=True)]

    def _kernel(self, blocks: list[sp.csr_matrix], vectors: Floats) -> Floats:
        """Kernel between these examples and all examples, shape (these, all)."""
        everything = [block.T.tocsr() for block in self._blocks(0)]
        out = np.empty((len(vectors), len(self._vectors)), np.float32)
        for start in range(0, len(vectors), BLOCK):
            part = out[start : start + BLOCK]
            np.matmul(vectors[start : start + BLOCK], self._vectors.T, out=part)
            for block, columns in zip(blocks, everything, strict=True):
                part += (block[start : start + BLOCK] @ columns).toarray()
            part -= 1
            part *= GAMMA
            np.exp(part, out=part)
        return out

    def _forget(self, places: list[int]) -> None:
        if not places:
            return
        gone = np.array(places)
        stay = np.setdiff1d(np.arange(len(self._examples)), gone)
        inverse = self.inverse
        cross = inverse[np.ix_(stay, gone)]
        corner = inverse[np.ix_(gone, gone)]
        self._inverse = inverse[np.ix_(stay, stay)] - cross @ np.linalg.solve(corner, cross.T)
        self._examples = [self._examples[number] for number in stay]
        self._rows = tuple([rows[number] for number in stay] for rows in self._rows)
        self._vectors = self._vectors[stay]

    def _learn(self, new: list[tuple[str, str, str]]) -> None:
        if not new:
            return
        old, inverse = len(self._examples), self.inverse
        texts = [text for _, _, text in new]
        for part, rows in zip(self._parts, self._rows, strict=True):
            rows.extend(part.grow(text) for text in texts)
        self._examples = [*self._examples, *new]
        self._vectors = np.concatenate([self._vectors, self._project(self._encoder.encode(texts))])
        kernel = self._kernel(self._blocks(old), self._vectors[old:])
        cross, corner = kernel[:, :old], kernel[:, old:]
        corner[np.diag_indices_from(corner)] += RIDGE
        spread = inverse @ cross.T  # (old, new)
        schur = np.linalg.inv(corner - cross @ spread).astype(np.float32)
        mixed = spread @ schur
        self._inverse = np.block([[inverse + mixed @ spread.T, -mixed], [-mixed.T, schur]])

    def _solve(self, topics: Sequence[Topic]) -> None:
        place = {topic.key: number for number, topic in enumerate(topics)}
        owners = np.array([place[key] for key, _, _ in self._examples])
        self._target = np.zeros((len(owners), len(topics)), np.float32)
        self._target[np.arange(len(owners)), owners] = 1
        self._alpha = self.inverse @ self._target
        self._postings = [Postings(block) for block in self._blocks(0)]


def _examples(topics: Sequence[Topic]) -> list[tuple[str, str, str]]:
    return list(
        dict.fromkeys(
            (topic.key, topic.hash, text) for topic in topics for text in (*topic.questions, *topic.headings)
        )
    )


def _inverse(matrix: npt.NDArray[np.float32]) -> Floats:
    """Of a positive definite matrix, in place of it."""
    factor, _ = lapack.spotrf(matrix.T, lower=0, overwrite_a=1)
    inverse, _ = lapack.spotri(factor, lower=0, overwrite_c=1)
    upper = np.triu(inverse)
    return np.ascontiguousarray(upper + np.triu(upper, 1).T, np.float32)
