"""Scores become probabilities: which article, times whether the base knows the subject at all.

Both are learnt on leave-one-out scores of the example questions, so that a probability means what it
says: of the hits with p = 0.8, about 80 % are right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge_base.ranking.sparse import Floats

# Order of the scores in every array of shape (..., scores, topics).
SCORES = ("ridge", "words", "category", "audience", "grams", "phrases", "explained")
FUSED = 6  # the first six decide the order; `explained` is for the gate
_ABSOLUTE = (0, 1, 4, 5, 6)  # scores that are comparable between questions
OUT_OF_SCOPE_SHARE = 0.2  # of the traffic; the examples of negatives get this weight together
WEIGHT_DECAY = 3e-3
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fusion:
    """`weights` of the fused scores; the gate is a logistic regression over standardised evidence."""

    weights: npt.NDArray[np.float64]
    gate_mean: npt.NDArray[np.float64]
    gate_scale: npt.NDArray[np.float64]
    gate_weights: npt.NDArray[np.float64]
    gate_bias: float

    def probabilities(self, scores: Floats, known: int) -> Floats:
        """p per article from (scores, topics), the first `known` topics being articles."""
        fused = _fused(scores, known, self.weights)
        shares = np.exp(fused - fused.max())
        evidence = (_evidence(scores, known, fused) - self.gate_mean) / self.gate_scale
        gate = 1 / (1 + np.exp(-(evidence @ self.gate_weights + self.gate_bias)))
        return np.asarray(shares / shares.sum() * gate, np.float32)


def fit(scores: Floats, owners: Ids, known: int) -> Fusion:
    """Learns from (examples, scores, topics) and the topic number that owns each example."""
    weights = _fit_weights(scores, owners, known)
    evidence = _evidence(scores, known, _fused(scores, known, weights))
    mean, scale = evidence.mean(axis=0), evidence.std(axis=0) + 1e-9
    negatives = owners >= known
    if not negatives.any():  # a base that was given no negatives: every question is taken for known
        return Fusion(weights, mean, scale, np.zeros(evidence.shape[1]), 4.0)
    from sklearn.linear_model import LogisticRegression

    sample = np.where(negatives, 0.0, (1 - OUT_OF_SCOPE_SHARE) / (~negatives).sum())
    families = np.unique(owners[negatives])
    shares = _family_shares(len(families))
    for family, share in zip(families, shares, strict=True):
        members = owners == family
        sample[members] = OUT_OF_SCOPE_SHARE * share / members.sum()
    gate = LogisticRegression(C=0.3, max_iter=1000)
    gate.fit((evidence - mean) / scale, ~negatives, sample_weight=sample * len(sample))
    return Fusion(weights, mean, scale, gate.coef_[0], float(gate.intercept_[0]))


def _family_shares(count: int) -> list[float]:
    """The first family (out of scope) is most of what the base cannot answer, small talk the rest."""
    return [1.0] if count == 1 else [0.7, *([0.3 / (count - 1)] * (count - 1))]


def _fused(scores: Floats, known: int, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    standard = _standardised(scores, known)
    return np.asarray(weights @ standard, np.float64)


def _standardised(scores: Floats, known: int) -> Floats:
    """Each score's distance from its mean over the articles, in deviations."""
    articles = scores[..., :FUSED, :known]
    deviation = articles.std(axis=-1, keepdims=True) + 1e-6
    return np.asarray((articles - articles.mean(axis=-1, keepdims=True)) / deviation, np.float32)


def _fit_weights(scores: Floats, owners: Ids, known: int) -> npt.NDArray[np.float64]:
    """Non-negative weights of a listwise softmax over the articles (ListNet's top-one loss)."""
    rows = owners < known
    right = owners[rows]
    standard = _standardised(scores[rows], known)
    count, size, width = standard.shape
    table = np.ascontiguousarray(standard.transpose(0, 2, 1)).reshape(count * width, size)
    each = np.arange(count)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        fused = (table @ weights.astype(np.float32)).reshape(count, width)
        fused -= fused.max(axis=1, keepdims=True)
        shares = np.exp(fused)
        shares /= shares.sum(axis=1, keepdims=True)
        value = -np.log(shares[each, right] + 1e-12).mean() + WEIGHT_DECAY * (weights @ weights)
        shares[each, right] -= 1
        return float(value), (table.T @ shares.ravel()).astype(float) / count + 2 * WEIGHT_DECAY * weights

    start = np.full(size, 0.3)
    from scipy.optimize import minimize  # only who learns needs it, and it loads slowly

    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * size, options={"maxiter": 60}
    )
    return np.asarray(found.x, np.float64)


def _evidence(scores: Floats, known: int, fused: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What tells whether the base knows: how good the best article is, how good the negatives are."""
    top = fused.argmax(axis=-1)
    at_top = np.take_along_axis(scores, top[..., None, None], axis=-1)[..., 0]
    best = scores[..., :known].max(axis=-1)
    none = scores[..., known:].max(axis=-1) if scores.shape[-1] > known else np.zeros_like(best)
    ordered = np.sort(fused, axis=-1)[..., -2:]
    share = 1 / np.exp(fused - fused.max(axis=-1, keepdims=True)).sum(axis=-1)
    columns = [
        *(at_top[..., number] for number in _ABSOLUTE),
        *(none[..., number] for number in _ABSOLUTE),
        *(best[..., number] for number in (2, 3, 6)),
        *((best - none)[..., number] for number in (2, 3)),
        ordered[..., -1],
        ordered[..., -1] - ordered[..., 0],
        share,
    ]
    return np.stack(columns, axis=-1).astype(np.float64)
