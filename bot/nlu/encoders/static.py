"""Russian word vectors that ship in the `natasha` package, pooled into sentence vectors.

No download and no torch: the file is 26 MB, 250,000 words of news, 300 dimensions, product-quantised.
`natasha` itself is not imported; it needs a library that does not run on this Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import numpy as np
from navec import Navec
from navec.meta import Meta
from navec.navec import META, PQ_, VOCAB
from navec.pq import PQ
from navec.tar import Tar
from navec.vocab import Vocab

from bot.core.errors import FrontlineError
from bot.core.ports import Vectors
from bot.nlu.words import analyse

DIM = 300
SMOOTHING = 1e-3  # `a` of smooth inverse frequency: Arora, Liang, Ma 2017
_CACHED_WORDS = 100_000


class WordVectors:
    """A vector and a frequency for a word: the lemma's, with that of the form mixed in."""

    def __init__(self) -> None:
        self._navec = _open()
        counts = self._navec.vocab.counts
        self._total = float(sum(counts))
        self._counts: list[int] = counts
        self._rows: dict[tuple[str, str], int] = {}
        self._matrix = np.zeros((1024, DIM), np.float32)
        self._lock = Lock()

    def vectors(self, words: Sequence[tuple[str, str]]) -> Vectors:
        """(len(words), 300) for (form, lemma) pairs: rows of length 1, or 0 where nothing is known."""
        with self._lock:
            rows = [self._row(pair) for pair in words]
            return self._matrix[np.asarray(rows, np.int64)]

    def weight(self, lemma: str) -> float:
        """Smooth inverse frequency of a word in the news corpus, 0..1; unknown words weigh 1."""
        row = self._navec.vocab.get(lemma)
        return 1.0 if row is None else SMOOTHING / (SMOOTHING + self._counts[row] / self._total)

    def _row(self, pair: tuple[str, str]) -> int:
        row = self._rows.get(pair)
        return self._add(pair) if row is None else row

    def _add(self, pair: tuple[str, str]) -> int:
        found = [vector for word in dict.fromkeys(pair) if (vector := self._navec.get(word)) is not None]
        mixed = np.sum(found, axis=0) if found else np.zeros(DIM, np.float32)
        mixed = mixed / (np.linalg.norm(mixed) + 1e-9)
        if len(self._rows) >= _CACHED_WORDS:  # an endless stream of new words must not fill the memory
            self._rows = {}
        row = len(self._rows)
        if row >= len(self._matrix):
            self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix)])
        self._matrix[row] = mixed
        self._rows[pair] = row
        return row


class _Codes(PQ):  # type: ignore[misc]  # the package is not typed
    """Codes of vectors without the tables of similarities, which take a third of a second and 27 MB."""

    def precompute(self) -> None:
        self.qdims = np.arange(self.qdim)


class StaticEncoder:
    """Mean of word vectors weighted by smooth inverse frequency; knows nothing of the base."""

    name = "static:navec_news_v1:sif"
    dim = DIM

    def __init__(self) -> None:
        self.words = word_vectors()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32, (len(texts), 300), rows of length 1, or 0 when no word is known."""
        out = np.zeros((len(texts), DIM), np.float32)
        for number, text in enumerate(texts):
            forms, lemmas = analyse(text)
            if forms:
                weights = np.fromiter(map(rarity, lemmas), np.float32, len(lemmas))
                out[number] = weights @ self.words.vectors(tuple(zip(forms, lemmas, strict=True)))
        lengths = np.linalg.norm(out, axis=1, keepdims=True)
        return np.asarray(out / np.where(lengths > 0, lengths, 1), np.float32)


@lru_cache(1)
def word_vectors() -> WordVectors:
    """The vectors, loaded once in a process."""
    return WordVectors()


@lru_cache(_CACHED_WORDS)
def rarity(lemma: str) -> float:
    """`WordVectors.weight`, remembered."""
    return word_vectors().weight(lemma)


def _open() -> Navec:
    spec = find_spec("natasha")
    folder = None if spec is None or spec.origin is None else Path(spec.origin).parent / "data" / "emb"
    files = [] if folder is None else sorted(folder.glob("navec_news*.tar"))
    if not files:
        raise FrontlineError("encoder_unavailable", "the word vectors of the package natasha are missing")
    with Tar(str(files[0])) as tar:
        meta = Meta.from_file(tar.load(META))
        Meta.check_protocol(meta.protocol)
        return Navec(meta, Vocab.from_file(tar.load(VOCAB)), _Codes.from_file(tar.load(PQ_)))
