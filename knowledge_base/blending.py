"""How much the vectors may say beside the words: measured on the base itself, without any question.

A sentence taken out of a passage must find what is left of it (the inverse cloze task: Lee, Chang, Toutanova
2019). The weight that finds most is right for this base with this encoder: 0 where the encoder does not
know the language, small for word vectors, large for a good sentence encoder.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from razdel import sentenize

from bot.core.errors import FrontlineError
from bot.core.ports import Encoder, Vectors
from bot.nlu.words import analyse
from knowledge_base.lexical import LexicalIndex

WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0)
UNMEASURED = 0.15  # for a base of too few sentences
SAMPLE = 400  # passages; more would move the weight by less than its own steps
FEWEST = 30  # sentences that are enough to measure on
MOST_OF_GAIN = 0.8  # the smallest weight that brings so much of what the best brings
Ranks = npt.NDArray[np.float64]


def measure(texts: Sequence[str], encoder: Encoder) -> float:
    """Weight of the cosine beside BM25 / (its maximum); 0 when the gain is less than its standard error."""
    chosen = random.Random(0)
    texts = chosen.sample(list(texts), min(SAMPLE, len(texts)))
    split = [[one.text for one in sentenize(text[:4000])] for text in texts]
    places = [number for number, sentences in enumerate(split) if len(sentences) >= 3]
    if len(places) < FEWEST:
        return UNMEASURED
    taken = {number: chosen.randrange(len(split[number])) for number in places}
    remainders = [
        " ".join(part for at, part in enumerate(sentences) if at != taken.get(number, -1))
        for number, sentences in enumerate(split)
    ]
    sentences = [split[number][taken[number]] for number in places]
    try:
        cosines = encoder.encode(sentences) @ encoder.encode(remainders).T
    except FrontlineError:  # a server that does not answer now: the next full build measures again
        return UNMEASURED
    ranks = _reciprocal_ranks(_lexical(sentences, remainders), cosines, np.asarray(places))
    return _chosen(ranks)


def _lexical(sentences: Sequence[str], remainders: Sequence[str]) -> Vectors:
    index = LexicalIndex.of(analyse(text)[1] for text in remainders)
    rows = [index.scores(analyse(sentence)[1]) for sentence in sentences]
    return np.stack([scores / max(most, 1e-9) for scores, most in rows])


def _reciprocal_ranks(lexical: Vectors, cosines: Vectors, places: npt.NDArray[np.int64]) -> Ranks:
    """(weights, sentences)."""
    out = []
    for weight in WEIGHTS:
        blend = lexical + weight * cosines
        right = blend[np.arange(len(places)), places]
        out.append(1 / (1 + (blend > right[:, None]).sum(axis=1)))
    return np.asarray(out)


def _chosen(ranks: Ranks) -> float:
    gains = ranks - ranks[0]
    mean = gains.mean(axis=1)
    best = int(mean.argmax())
    error = gains[best].std() / np.sqrt(ranks.shape[1])
    if mean[best] <= error:
        return 0.0
    return WEIGHTS[int(np.argmax(mean >= MOST_OF_GAIN * mean[best]))]
