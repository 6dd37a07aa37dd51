"""BM25 over lemmas, in arrays: one list of (row, count) per term, so that a query reads few of them.

Robertson and Zaragoza 2009: idf * tf (k1 + 1) / (tf + k1 (1 - b + b length / mean length)). Counts are
kept rather than finished weights: one byte instead of four, and rows can be added without a rebuild.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bot.core.ports import Vectors

K1, B = 1.2, 0.75  # the usual values
# A query reads its rarest terms first and stops here: about 10 ms. 500,000 are every posting of eight
# terms that stand in 60 % of 100,000 rows, so smaller bases are never cut; in larger ones what is left
# out are words so common that they hardly change the order.
POSTINGS_PER_QUERY = 500_000
_MOST = 255  # counts are one byte

Rows = npt.NDArray[np.int64]


class TermCounts:
    """Rows that are to be added, counted as they come; a list of lists would take eight times the memory."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self.vocabulary = dict(vocabulary)
        self.terms, self.counts, self.sizes = array("i"), array("B"), array("i")

    def add(self, lemmas: Iterable[str]) -> None:
        """One row."""
        counted = Counter(lemmas)
        vocabulary = self.vocabulary
        self.terms.extend([vocabulary.setdefault(term, len(vocabulary)) for term in counted])
        self.counts.extend([min(count, _MOST) for count in counted.values()])
        self.sizes.append(len(counted))


class LexicalIndex:
    """Rows of counted terms. Immutable; `extended` gives a new one. A row without terms is never found."""

    def __init__(
        self,
        vocabulary: dict[str, int],
        pointers: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int32],
        counts: npt.NDArray[np.uint8],
        lengths: npt.NDArray[np.float32],
    ) -> None:
        self.vocabulary = vocabulary
        self.pointers, self.rows, self.counts, self.lengths = pointers, rows, counts, lengths
        self._live = int(np.count_nonzero(lengths))
        mean = float(lengths.sum()) / max(1, self._live)
        self._norms: Vectors = (K1 * (1 - B + B * lengths / max(mean, 1e-9))).astype(np.float32)

    def __len__(self) -> int:
        return len(self.lengths)

    @classmethod
    def empty(cls) -> LexicalIndex:
        none = np.zeros(0)
        return cls(
            {}, np.zeros(1, np.int64), none.astype(np.int32), none.astype(np.uint8), np.zeros(0, np.float32)
        )

    @classmethod
    def of(cls, documents: Iterable[Iterable[str]]) -> LexicalIndex:
        """One row for each document, which is its lemmas."""
        counts = TermCounts({})
        for lemmas in documents:
            counts.add(lemmas)
        return cls.empty().extended(counts)

    def new_rows(self) -> TermCounts:
        """To be filled and given to `extended`."""
        return TermCounts(self.vocabulary)

    def extended(self, added: TermCounts, dead: npt.NDArray[np.bool_] | None = None) -> LexicalIndex:
        """With new rows at the end; rows marked `dead` lose their terms and keep their numbers."""
        sizes, values = np.asarray(added.sizes, np.int32), np.asarray(added.counts, np.uint8)
        old_rows, old_counts, lengths = self.rows, self.counts, self.lengths
        old_terms = np.repeat(np.arange(len(self.pointers) - 1, dtype=np.int32), np.diff(self.pointers))
        if dead is not None and dead.any():
            keep = ~dead[old_rows]
            old_rows, old_counts, old_terms = old_rows[keep], old_counts[keep], old_terms[keep]
            lengths = np.where(dead, np.float32(0), lengths)
        new_rows = np.repeat(np.arange(len(self), len(self) + len(sizes), dtype=np.int32), sizes)
        new_lengths = np.bincount(new_rows - len(self), values, len(sizes)).astype(np.float32)
        shape = (len(self) + len(sizes), len(added.vocabulary))
        matrix = sparse.csc_matrix(
            (
                np.concatenate([old_counts, values]),
                (
                    np.concatenate([old_rows, new_rows]),
                    np.concatenate([old_terms, np.asarray(added.terms, np.int32)]),
                ),
            ),
            shape=shape,
        )
        matrix.sort_indices()
        return LexicalIndex(
            added.vocabulary,
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int32),
            matrix.data,
            np.concatenate([lengths, new_lengths]),
        )

    def compacted(self, live: npt.NDArray[np.bool_]) -> LexicalIndex:
        """Only the live rows, numbered anew in their order."""
        number = (np.cumsum(live) - 1).astype(np.int32)
        keep = live[self.rows]
        terms = np.repeat(np.arange(len(self.pointers) - 1), np.diff(self.pointers))
        per_term = np.bincount(terms[keep], minlength=len(self.pointers) - 1)
        return LexicalIndex(
            self.vocabulary,
            np.concatenate([[0], np.cumsum(per_term)]).astype(np.int64),
            number[self.rows[keep]],
            self.counts[keep],
            self.lengths[live],
        )

    def scores(self, lemmas: Iterable[str]) -> tuple[Vectors, float]:
        """BM25 of every row, and the most that a row could reach; both 0 for a query without words."""
        total: Vectors = np.zeros(len(self), np.float32)
        wanted = set(lemmas)
        known = [self.vocabulary[lemma] for lemma in wanted if lemma in self.vocabulary]
        known = sorted((term for term in known if self._frequency(term)), key=self._rarest_first)
        most = (len(wanted) - len(known)) * self._idf(0) * (K1 + 1)
        left = POSTINGS_PER_QUERY
        for place, term in enumerate(known):
            most += self._idf(self._frequency(term)) * (K1 + 1)
            left -= self._frequency(term)
            if place and left < 0:
                continue
            part = slice(self.pointers[term], self.pointers[term + 1])
            rows, counts = self.rows[part], self.counts[part].astype(np.float32)
            weight = np.float32(self._idf(len(rows)) * (K1 + 1))
            total[rows] += weight * counts / (counts + self._norms[rows])  # rows of one term are distinct
        return total, most

    def _frequency(self, term: int) -> int:
        return int(self.pointers[term + 1] - self.pointers[term])

    def _rarest_first(self, term: int) -> tuple[int, int]:
        return self._frequency(term), term

    def _idf(self, frequency: int) -> float:
        return float(np.log1p((self._live - frequency + 0.5) / (frequency + 0.5)))


def best_rows(scores: Vectors, limit: int) -> Rows:
    """Rows with a score above 0, best first, ties by number; at most `limit`."""
    found = np.flatnonzero(scores)
    if len(found) > limit:
        part = scores[found]
        # Everything above the limit-th score, then the first of those that share it.
        edge = np.partition(part, len(part) - limit)[len(part) - limit]
        above, level = found[part > edge], found[part == edge]
        found = np.concatenate([above, level[: limit - len(above)]])
    order = np.lexsort((found, -scores[found]))
    return np.asarray(found[order], np.int64)
