"""Intents of short texts: a linear classifier over words, n-grams and vectors that may say "none of these".

One-against-rest support vector machines over TF-IDF of lemmas (one and two) and of characters within
words, and the text's vector. Whether a text is any of the intents at all is decided by a second, small
model over how the first one scores it: it learns from the training texts themselves, held out together
with their whole intents (so that they are of none), from those that are said to be of none, and from
texts held out alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from bot.core.errors import FrontlineError
from bot.nlu.query import Query

if TYPE_CHECKING:  # it loads for a second, and a product that has learnt before does not need it
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

Read = Callable[[str], Query]
Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
WORDS, CHARS, VECTOR = 1.0, 1.0, 1.0  # weights of the three views, each of length 1
HARDNESS = 1.0  # C of the machines
FOLDS = 4
GATED = 4000  # texts that the second model learns from at the most: it has four weights to find
BLOCK = 1024  # texts read at once
COMPARED = 5  # likeliest intents whose examples a text is compared with: all of 15,000 would take 6 ms
SHARPNESS = 4.0  # margins of the machines are about 1; exp(4 margin) is compared between intents
FAIRNESS = 0.85  # 1: texts said to be of none weigh as much as all others together; 0: as much as there are
REJECTED = 0.02  # share of texts that belong, but may be taken for none where no text is said to be of none
SEED = 7


@dataclass(frozen=True, slots=True)
class Recognised:
    """`intent` None: none of these. `confidence` 0..1; `ranking`: (intent, share), the likeliest first.

    `chance` that the text is any of the intents at all; shares are multiplied by it. `likeness`: the
    cosine between the text and the example most like it, of the likeliest intents.
    """

    intent: str | None
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    chance: float = 1.0
    likeness: float = 1.0


class _Features:
    """Texts to sparse rows."""

    def __init__(self, read: Read) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._read = read
        self._no_vector: npt.NDArray[np.float32] | None = None  # all zeros; None: the texts have no vectors
        self._words = TfidfVectorizer(
            analyzer="word",
            token_pattern=r"\S+",  # noqa: S106 - of words
            ngram_range=(1, 2),
            sublinear_tf=True,
            lowercase=False,
            dtype=np.float32,
        )
        self._chars = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, lowercase=False, dtype=np.float32
        )

    def learn(self, texts: Sequence[str]) -> sp.csr_matrix:
        queries = [self._read(text) for text in texts]
        self._words.fit(_lemmas(queries))
        self._chars.fit(_tokens(queries))
        vectors = [query.vector for query in queries if query.vector is not None and np.any(query.vector)]
        self._no_vector = np.zeros_like(vectors[0]) if vectors else None
        return self._of(queries)

    def of(self, texts: Sequence[str]) -> sp.csr_matrix:
        return self._of([self._read(text) for text in texts])

    def _of(self, queries: Sequence[Query]) -> sp.csr_matrix:
        views = [
            self._words.transform(_lemmas(queries)) * WORDS,
            self._chars.transform(_tokens(queries)) * CHARS,
        ]
        if self._no_vector is not None:
            vectors = [self._no_vector if query.vector is None else query.vector for query in queries]
            views.append(sp.csr_matrix(np.stack(vectors)) * VECTOR)
        return sp.csr_matrix(sp.hstack(views))


class Recogniser:
    """Learnt once, never changed."""

    def __init__(self, features: _Features, scorer: _Scorer, gate: _Gate, intents: tuple[str, ...]) -> None:
        self._features, self._scorer, self._gate, self._intents = features, scorer, gate, intents

    @classmethod
    def learn(cls, examples: Sequence[tuple[str, str | None]], read: Read) -> Recogniser:
        """From (text, intent) pairs; an intent of None: of none of the others.

        Raises `FrontlineError("too_few_intents")` for fewer than two intents.
        """
        texts = [text for text, _ in examples]
        intents = tuple(sorted({intent for _, intent in examples if intent is not None}))
        if len(intents) < 2:
            raise FrontlineError("too_few_intents", "learning needs examples of two intents", status=422)
        number = {intent: at for at, intent in enumerate(intents)}
        owners = np.array([-1 if intent is None else number[intent] for _, intent in examples])
        features = _Features(read)
        rows = features.learn(texts)
        known = owners >= 0
        scorer = _Scorer(_machines(rows[known], owners[known]), rows[known], owners[known])
        return cls(features, scorer, _gate(rows, owners), intents)

    def recognise(self, texts: Sequence[str]) -> list[Recognised]:
        """One answer a text, in order."""
        found: list[Recognised] = []
        for start in range(0, len(texts), BLOCK):
            rows = self._features.of(texts[start : start + BLOCK])
            shares, evidence = self._scorer.score(rows)
            chances = self._gate.chances(evidence)
            found += map(self._answer, shares, chances, evidence[:, 2])
        return found

    def _answer(self, shares: Floats, chance: float, likeness: float) -> Recognised:
        order = np.argsort(-shares)[:10]
        ranking = tuple((self._intents[at], float(shares[at] * chance)) for at in order)
        belongs = chance >= self._gate.threshold
        best = ranking[0][0] if belongs else None
        return Recognised(best, ranking[0][1], ranking, float(chance), float(likeness))


@dataclass(frozen=True, slots=True)
class _Gate:
    """Whether a text is any of the intents: from `threshold` on it is."""

    model: LogisticRegression
    threshold: float = 0.5

    def chances(self, evidence: Floats) -> Floats:
        """Probability that each text belongs, from the evidence of `_Scorer.score`."""
        return np.asarray(self.model.predict_proba(evidence)[:, 1], np.float64)


class _Scorer:
    """How the machines and the nearest examples see texts."""

    def __init__(self, machines: LinearSVC, examples: sp.csr_matrix, owners: Ids) -> None:
        self._machines = machines
        examples = sp.csr_matrix(sp.diags(1 / _lengths(examples)) @ examples)
        self._examples = [examples[owners == owner] for owner in machines.classes_]

    def score(self, rows: sp.csr_matrix) -> tuple[Floats, Floats]:
        """Shares of the intents (texts, intents), and evidence for the gate (texts, 4)."""
        margins = self._machines.decision_function(rows)
        if margins.ndim == 1:  # two intents: one machine
            margins = np.stack([-margins, margins], axis=1)
        shares = np.exp(SHARPNESS * (margins - margins.max(axis=1, keepdims=True)))
        shares /= shares.sum(axis=1, keepdims=True)
        likeness = np.array([self._likeness(row, each) for row, each in zip(rows, margins, strict=True)])
        likeness /= _lengths(rows)[:, None]
        evidence = np.stack(
            [np.log(shares.max(axis=1)), margins.max(axis=1), likeness.max(axis=1), likeness[:, 0]], axis=1
        )
        return shares, evidence

    def _likeness(self, row: sp.csr_matrix, margins: Floats) -> list[float]:
        """Of the examples of the likeliest intents, the likeliest first."""
        text = row.toarray().ravel()
        return [float((self._examples[at] @ text).max()) for at in np.argsort(-margins)[:COMPARED]]


def _lengths(rows: sp.csr_matrix) -> Floats:
    return np.asarray(np.sqrt(rows.multiply(rows).sum(axis=1)), np.float64).ravel() + 1e-9


def _machines(rows: sp.csr_matrix, owners: Ids) -> LinearSVC:
    from sklearn.svm import LinearSVC

    return LinearSVC(C=HARDNESS, random_state=SEED).fit(rows, owners)


def _gate(rows: sp.csr_matrix, owners: Ids) -> _Gate:
    """Learns what texts of none of the intents look like to machines that never saw their like."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(SEED)
    mixed = rng.permutation(len(owners))
    # Those of none first, which are few and must not get lost.
    kept = np.sort(mixed[np.argsort(owners[mixed] >= 0, kind="stable")][:GATED])
    rows, owners = rows[kept], owners[kept]
    outside = owners < 0
    intents = np.unique(owners[~outside])
    fold_of_intent = dict(zip(intents, rng.permutation(len(intents)) % FOLDS, strict=True))
    fold_of_text = rng.permutation(len(owners)) % FOLDS
    evidence, belongs = [], []
    for fold in range(FOLDS):
        left_out = np.array([fold_of_intent.get(own, -1) == fold for own in owners])
        alone = ~left_out & (fold_of_text == fold)
        taught = ~left_out & ~alone & ~outside
        if len(np.unique(owners[taught])) < 2:
            continue
        scorer = _Scorer(_machines(rows[taught], owners[taught]), rows[taught], owners[taught])
        # Where the data says itself what is of none, that is better evidence than intents held out.
        asked = alone if outside.any() else alone | left_out
        if asked.any():
            evidence.append(scorer.score(rows[asked])[1])
            belongs.append(~(left_out | outside)[asked])
    if not evidence or len(np.unique(np.concatenate(belongs))) < 2:
        return _trusting()
    seen, right = np.concatenate(evidence), np.concatenate(belongs)
    if outside.any():
        weights = np.where(right, 1.0, (right.sum() / (~right).sum()) ** FAIRNESS)
        return _Gate(LogisticRegression(max_iter=1000).fit(seen, right, weights))
    gate = _Gate(LogisticRegression(class_weight="balanced", max_iter=1000).fit(seen, right))
    return _Gate(gate.model, min(0.5, float(np.quantile(gate.chances(seen[right]), REJECTED))))


def _trusting() -> _Gate:
    """For data too small to learn from: a text that is like any example belongs."""
    from sklearn.linear_model import LogisticRegression

    return _Gate(LogisticRegression().fit([[0, 0, 0, 0], [0, 1, 1, 1]], [False, True]))


def _lemmas(queries: Sequence[Query]) -> list[str]:
    return [" ".join(query.lemmas) for query in queries]


def _tokens(queries: Sequence[Query]) -> list[str]:
    return [" ".join(query.tokens) for query in queries]
