"""Messages as a project's own examples explain them: intent, selected response, entities."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.engine.keywords import Keywords
from bot.engine.recogniser import Read, Recognised, Recogniser
from bot.engine.tagging import Tagger
from bot.engine.unlabelled import labelled
from bot.project.model import EntitySpan, Project

# Projects choose the thresholds of their fallback for Rasa's classifier, which is surer of itself: of
# messages held out from nine published projects, those rightly understood reach 0.7 in 91 of 100 cases
# and 0.3 in 99, those of other projects in 62 and 84, and rows of letters in 21 and 56.
ENOUGH = 0.4  # a chance to be any of the intents that takes nothing from the confidence
ALIKE = 0.2  # the least likeness to an example that takes nothing: rows of letters have 0.0 to 0.2
SHARPER = 2  # power of the shares


@dataclass(frozen=True, slots=True)
class Reading:
    """See `ports.Parsed`."""

    text: str
    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    entities: tuple[EntitySpan, ...]
    response: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectParser:
    """Make one with `learn`; never changed. `taught`: lower-case example -> its intent."""

    recogniser: Recogniser | None
    only: str
    taught: Mapping[str, str]
    tagger: Tagger
    keywords: Keywords | None = None

    @classmethod
    def learn(cls, project: Project, read: Read) -> ProjectParser:
        """A project of one intent, or none, needs no classifier."""
        examples = [*project.nlu.examples, *labelled(project)]
        pairs = [(_shown(each.text, each.entities), each.intent) for each in examples]
        intents = sorted({intent for _, intent in pairs})
        keywords = Keywords.learn(project)
        learns = len(intents) > 1 and not (keywords and keywords.alone)
        return cls(
            Recogniser.learn(pairs, read) if learns else None,
            "".join(intents[:1]) if len(intents) == 1 else "",
            {_bare(each.text): each.intent for each in examples},
            Tagger.learn(project),
            keywords,
        )

    def parse(self, text: str) -> Reading:
        """An example is of its own intent; confidences of an intent's responses add up."""
        entities = self.tagger.find(text)
        if self.keywords and (intent := self.keywords.find(text)) is not None:
            return _reading(text, Recognised(intent, 1.0, ((intent, 1.0),)), entities)
        if self.keywords and self.keywords.alone:
            return Reading(text, "", 0.0, (), entities)
        found = self._recognised(text, entities)
        return _reading(text, found, entities) if found else Reading(text, "", 0.0, (), entities)

    def _recognised(self, text: str, entities: Iterable[EntitySpan]) -> Recognised | None:
        sure = self.taught.get(_bare(text)) or self.only
        if sure:
            return Recognised(sure, 1.0, ((sure, 1.0),))
        return self.recogniser.recognise([_shown(text, entities)])[0] if self.recogniser else None


def _reading(text: str, found: Recognised, entities: tuple[EntitySpan, ...]) -> Reading:
    shares: dict[str, float] = defaultdict(float)
    for name, share in found.ranking:
        shares[name.split("/")[0]] += share**SHARPER
    whole = sum(shares.values()) or 1.0
    sure = min(1.0, found.chance / ENOUGH) * min(1.0, found.likeness / ALIKE)
    ranking = sorted(
        ((name, sure * share / whole) for name, share in shares.items()), key=lambda each: -each[1]
    )
    best, confidence = ranking[0]
    response = next((name for name, _ in found.ranking if name.startswith(f"{best}/")), None)
    return Reading(text, best, confidence, tuple(ranking), entities, response)


def _shown(text: str, entities: Iterable[EntitySpan]) -> str:
    """What intents are told by: letters without accents, digits alike, words for the entities inside."""
    names = (re.sub(r"\W", "", span.entity).lower() for span in entities)
    return re.sub(r"\d", "0", _plain(text)) + "".join(f" zz{name}zz" for name in names)


def _bare(text: str) -> str:
    return " ".join(_plain(text).lower().split())


def _plain(text: str) -> str:
    """Latin letters without accents, which many leave out when they type."""
    if text.isascii():
        return text
    letters = ((letter, unicodedata.normalize("NFD", letter)[0]) for letter in text)
    return "".join(bare if bare.isascii() else letter for letter, bare in letters)
