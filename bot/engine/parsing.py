"""Messages as a project's own examples explain them: intent, selected response, entities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from bot.engine.recogniser import Read, Recogniser
from bot.engine.tagging import Tagger
from bot.project.model import EntitySpan, Project


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

    @classmethod
    def learn(cls, project: Project, read: Read) -> ProjectParser:
        """A project of one intent, or none, needs no classifier."""
        pairs = [(each.text, each.intent) for each in project.nlu.examples]
        intents = sorted({intent for _, intent in pairs})
        recogniser = Recogniser.learn(pairs, read) if len(intents) > 1 else None
        taught = {_bare(text): intent for text, intent in pairs}
        return cls(recogniser, "".join(intents[:1]), taught, Tagger.learn(project))

    def parse(self, text: str) -> Reading:
        """An example is of its own intent; confidences of an intent's responses add up."""
        entities = self.tagger.find(text)
        ranking = self._ranking(text)
        if not ranking:
            return Reading(text, "", 0.0, (), entities)
        shares: dict[str, float] = defaultdict(float)
        for name, share in ranking:
            shares[name.split("/")[0]] += share
        intents = tuple(sorted(shares.items(), key=lambda each: -each[1]))
        best, confidence = intents[0]
        response = next((name for name, _ in ranking if name.startswith(f"{best}/")), None)
        return Reading(text, best, confidence, intents, entities, response)

    def _ranking(self, text: str) -> tuple[tuple[str, float], ...]:
        exact = self.taught.get(_bare(text))
        if exact is not None:
            return ((exact, 1.0),)
        if self.recogniser is None:
            return ((self.only, 1.0),) if self.only else ()
        return self.recogniser.recognise([text])[0].ranking


def _bare(text: str) -> str:
    return " ".join(text.lower().split())
