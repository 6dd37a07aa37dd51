"""How the conversation bears on what a message may be about.

Log-linear: the message alone, the message read together with what was asked before, and what the
conversation suggests (the article that was answered with, its related ones, its product), the latter two
weighed by how much the message leans on the conversation. The weights are a conditional logit over
development conversations (163 follow-ups, 206 unrelated questions in a row), cross-validated and rounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bot.core.hits import Hits
from bot.core.types import Hit
from bot.dialog.context import Context, leans, opens
from bot.nlu.encoders.static import rarity
from bot.nlu.query import Query
from bot.nlu.words import analyse, parses
from knowledge_base.articles import Article

WIDE = 200  # hits of a search that are mixed: what the conversation is about may be far down
FLOOR = 1e-4  # the probability of an article that a search does not list
OWN, JOINT = -0.3, 0.8
SAME, TOLD, RELATED, OTHER_FACET, OFFERED = 2.4, 2.4, 2.7, -1.5, 1.5
# "за это время", "из-за этого": the conversation is the circumstance; in logits, in nats.
SITUATED, IN_SITUATION = 1.5, 4.5
# In logits, by the form of the message. UNBOUND: a pronoun that stands for nothing in the message itself;
# OBJECTLESS: it names no thing at all; AFTER_TASK: a task has just ended.
BIAS, OPENS, LEANS, UNBOUND, OBJECTLESS, AFTER_TASK, CHOOSES = -1.15, 0.6, 0.7, 0.5, 1.1, 0.3, 0.9
# A sentence by itself, which the base can tell what it is about: in words, and in that probability.
SENTENCE, KNOWN = 3, 0.75
LENGTHS = ((2, 1.2), (4, 1.3))  # words of content at most, and what that adds
LONG, LONGER = 9, -0.45
NAMED, FOREIGN = 2, 0.2  # nouns, and the share of the message that is of the conversation's article
_EMPTY = frozenset(["PREP", "PRCL", "CONJ", "NPRO", "Apro"])  # without content; OpenCorpora
_PRONOUN = re.compile(
    r"он|она|оно|они|его|ее|ей|им|ему|их|них|нее|нем|ним|там|туда|это|этого|этому|этим|этот|эта|эту|этой|эти|этих"
)
_CIRCUMSTANCE = re.compile(
    r"\b(?:за|из-за|после|во\s+время)\s+(?:этого|это|эт[иоу]т?\s+\w+)\b", re.IGNORECASE
)
_CORRECTS = re.compile(
    r"^(?:не|нет)[,\s]|\b(?:стоп|ой|посмотрел\w*|ошиб(?:ся|лась)|перепутал\w*|точнее|вернее)\b", re.IGNORECASE
)


def bound(query: Query, context: Context, own: float) -> float:
    """How likely the message is about what the conversation is about, 0..1, by its form.

    `own`: the probability of what the message alone is about. A whole question that the base knows is about
    itself.
    """
    if not (context.question or context.articles) or (own >= KNOWN and _whole(query)):
        return 0.0
    words = sum(map(_has_content, query.tokens))
    score = BIAS + OPENS * opens(query.text) + LEANS * leans(query.text)
    score += sum(more for most, more in LENGTHS if words <= most) + LONGER * (words > LONG)
    score += UNBOUND * _unbound(query.tokens) + OBJECTLESS * (not any(map(_is_noun, query.tokens)))
    score += AFTER_TASK * bool(context.last) + CHOOSES * bool(context.options)
    score += SITUATED * _situated(query.text)
    return 1 / (1 + math.exp(-score))


def same(query: Query, article: Article) -> float:
    """What speaks for the article that the conversation is about, in nats; nothing after a correction."""
    if _CORRECTS.search(query.text):
        return 0.0
    return SAME + TOLD * told(query, article) + IN_SITUATION * _situated(query.text)


def told(query: Query, article: Article) -> float:
    """Share of the message's words, the rarer the heavier, that the article uses, 0..1."""
    known = _words(article.title, article.body, article.voice or "")
    weights = {lemma: rarity(lemma) for lemma in query.lemmas}
    return sum(weight for lemma, weight in weights.items() if lemma in known) / (sum(weights.values()) + 1e-9)


def speaks_for_itself(query: Query, article: Article) -> bool:
    """Whether the message names things, and hardly any that the conversation is about."""
    return sum(map(_is_noun, query.tokens)) >= NAMED and told(query, article) < FOREIGN


def combine(
    own: Hits,
    joint: Hits,
    lean: float,
    bearing: Mapping[str, float],
    limit: int,
    *,
    alone: bool = False,
) -> tuple[Hit, ...]:
    """Ranks by both searches and by the `bearing` of the conversation on each article, in nats.

    The result is scaled to the probability that anything in the base answers at all; `alone`: the
    conversation does not make that likelier.
    """
    names = [*own.chances, *(name for name in joint.chances if name not in own.chances)]
    if not names:
        return ()
    weights = (1 + OWN * lean) * _logs(own, names) + JOINT * lean * _logs(joint, names)
    weights += lean * np.array([bearing.get(name, 0.0) for name in names])
    shares = np.exp(weights - weights.max())
    known = sum(own.chances.values())
    known_together = 0.0 if alone else sum(joint.chances.values())
    scale = ((1 - lean) * known + lean * max(known, known_together)) / shares.sum()
    mixed = np.minimum(1.0, scale * shares)
    return tuple(
        replace((own if names[place] in own.chances else joint).by(names[place]), p=float(mixed[place]))
        for place in np.argsort(-mixed, kind="stable")[:limit]
    )


def _logs(hits: Hits, names: Sequence[str]) -> npt.NDArray[np.float64]:
    return np.asarray(np.log(np.array([hits.chances.get(name, 0.0) for name in names]) + FLOOR))


def _situated(text: str) -> bool:
    return _CIRCUMSTANCE.search(text) is not None


def _unbound(tokens: Sequence[str]) -> bool:
    place = next((number for number, token in enumerate(tokens) if _PRONOUN.fullmatch(token)), None)
    return place is not None and not any(map(_is_noun, tokens[:place]))


def _whole(query: Query) -> bool:
    """It names a thing and what is done with it, and refers to nothing outside itself."""
    if len(query.tokens) < SENTENCE or opens(query.text) or leans(query.text) or _unbound(query.tokens):
        return False
    return any(map(_is_noun, query.tokens)) and any(map(_is_verb, query.tokens))


@lru_cache(50_000)
def _is_noun(token: str) -> bool:
    return "NOUN" in parses(token)[0].tag


@lru_cache(50_000)
def _is_verb(token: str) -> bool:
    return any(kind in parses(token)[0].tag for kind in ("VERB", "INFN"))


@lru_cache(50_000)
def _has_content(token: str) -> bool:
    return not any(kind in parses(token)[0].tag for kind in _EMPTY)


@lru_cache(2048)
def _words(*texts: str) -> frozenset[str]:
    return frozenset(lemma for text in texts for lemma in analyse(text)[1])
