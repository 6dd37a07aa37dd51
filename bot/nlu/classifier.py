"""A linear classifier of short texts over lemmas, character n-grams and the text's vector.

Multinomial logistic regression, so that its probabilities can be compared with thresholds. Learning
takes seconds and needs scikit-learn; the learnt weights are cached by the content they come from, and
classifying needs numpy only.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.core.errors import FrontlineError
from bot.nlu.query import Query

FORMAT = "2"  # part of the cache key: raise when features change
VECTOR_WEIGHT = 1.5  # of the dense part against the sparse part, whose length is 1
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Classifier:
    """`weights` has a row per feature (then per vector dimension) and a column per label."""

    labels: tuple[str, ...]
    vocabulary: dict[str, int]
    idf: Floats
    weights: Floats
    bias: Floats

    def scores(self, query: Query) -> dict[str, float]:
        """Probability of every label; they add up to 1."""
        total = self.bias.copy()
        found = Counter(map(self.vocabulary.get, features(query)))
        del found[None]
        if found:
            rows = np.array(list(found), np.int64)
            values = (1 + np.log(list(found.values()))).astype(np.float32) * self.idf[rows]
            total += (values / np.linalg.norm(values)) @ self.weights[rows]
        if query.vector is not None and len(query.vector):
            total += (
                VECTOR_WEIGHT * np.asarray(query.vector, np.float32) @ self.weights[len(self.vocabulary) :]
            )
        shares = np.exp(total - total.max())
        shares /= shares.sum()
        return dict(zip(self.labels, shares.tolist(), strict=True))


def learn(
    examples: Sequence[tuple[str, str]], read: Callable[[str], Query], cache_dir: Path | None = None
) -> Classifier:
    """Learns from (text, label) pairs, or takes what was learnt from the same pairs before."""
    path = None if cache_dir is None else cache_dir / f"intents-{_fingerprint(examples, read)}.npz"
    if path is not None and path.is_file():
        try:
            return _read(path)
        except (OSError, ValueError, KeyError):
            path.unlink(missing_ok=True)  # a damaged cache is learnt anew
    classifier = _fit([(read(text), label) for text, label in examples])
    if path is not None:
        _write(classifier, path)
    return classifier


def features(query: Query) -> Iterator[str]:
    """Lemmas, pairs of neighbours, and character n-grams within words."""
    lemmas = query.lemmas
    yield from lemmas
    for left, right in pairwise(lemmas):
        yield f"{left}_{right}"
    for token in query.tokens:
        yield from _pieces(token)


@lru_cache(20_000)
def _pieces(token: str) -> tuple[str, ...]:
    """The n-grams of a word with its borders."""
    word = f"<{token}>"
    return tuple(
        f"#{word[start : start + size]}" for size in (3, 4, 5) for start in range(len(word) - size + 1)
    )


def _fit(examples: Sequence[tuple[Query, str]]) -> Classifier:
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    counts = [Counter(features(query)) for query, _ in examples]
    spread = Counter(feature for count in counts for feature in count)
    kept = [feature for feature, texts in spread.items() if texts > 1]
    vocabulary = {feature: row for row, feature in enumerate(kept)}
    idf = np.array([math.log(len(counts) / spread[feature]) + 1 for feature in kept], np.float32)
    rows, columns, values = [], [], []
    for row, count in enumerate(counts):
        cells = [(vocabulary[f], (1 + math.log(n))) for f, n in count.items() if f in vocabulary]
        norm = math.sqrt(sum((value * idf[column]) ** 2 for column, value in cells)) or 1.0
        for column, value in cells:
            rows.append(row)
            columns.append(column)
            values.append(value * idf[column] / norm)
    words = sparse.csr_matrix(
        (values, (rows, columns)), shape=(len(counts), len(vocabulary)), dtype=np.float32
    )
    vectors = np.stack([_vector(query) for query, _ in examples]) * VECTOR_WEIGHT
    targets = [label for _, label in examples]
    sizes = Counter(targets)
    # Many examples of one label must not drown the few of another: halfway to equal shares.
    weight = {label: math.sqrt(max(sizes.values()) / size) for label, size in sizes.items()}
    regression = LogisticRegression(C=10.0, max_iter=40, tol=1e-3, class_weight=weight)
    regression.fit(sparse.hstack([words, sparse.csr_matrix(vectors)]).tocsr(), targets)
    weights, bias = regression.coef_, regression.intercept_
    if len(regression.classes_) == 2:  # scikit-learn then keeps the second class only
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.array([-bias[0] / 2, bias[0] / 2])
    return Classifier(
        tuple(str(label) for label in regression.classes_),
        vocabulary,
        idf,
        np.ascontiguousarray(weights.T, np.float32),
        bias.astype(np.float32),
    )


def _vector(query: Query) -> Floats:
    """Raises `FrontlineError` when the encoder failed: what is learnt without vectors is worth little."""
    if query.vector is None:
        raise FrontlineError("encoder_failed", "the encoder gives no vectors to learn from", status=503)
    return np.asarray(query.vector, np.float32)


def _fingerprint(examples: Sequence[tuple[str, str]], read: Callable[[str], Query]) -> str:
    digest = hashlib.sha256(FORMAT.encode())
    for text, label in examples:
        digest.update(f"{label}\t{text}\n".encode())
    if examples:
        digest.update(_vector(read(examples[0][0])).tobytes())  # the encoder's signature
    return digest.hexdigest()[:16]


def _write(classifier: Classifier, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob("intents-*.npz"):
        old.unlink(missing_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        labels=np.array(classifier.labels),
        vocabulary=np.frombuffer("\n".join(classifier.vocabulary).encode(), np.uint8),
        idf=classifier.idf,
        weights=classifier.weights.astype(np.float16),
        bias=classifier.bias,
    )
    part.replace(path)


def _read(path: Path) -> Classifier:
    with np.load(path, allow_pickle=False) as stored:
        names = stored["vocabulary"].tobytes().decode().split("\n")
        return Classifier(
            tuple(str(label) for label in stored["labels"]),
            {name: row for row, name in enumerate(names)},
            stored["idf"],
            stored["weights"].astype(np.float32),
            stored["bias"],
        )
