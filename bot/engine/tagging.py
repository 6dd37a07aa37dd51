"""Entities of a project: what its examples mark, its look-up tables and regular expressions name.

What examples mark is learnt by `words`; tables and expressions find what they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.core import clock
from bot.engine import amounts
from bot.engine.words import EXTRACTOR, Words
from bot.project.model import Component, EntitySpan, Example, Project

LEARNT = frozenset({"DIETClassifier", "CRFEntityExtractor", "MitieEntityExtractor"})
TABLES, DUCKLING, SPACY = "RegexEntityExtractor", amounts.EXTRACTOR, "SpacyEntityExtractor"
HOME = "America/Los_Angeles"  # Duckling's time zone where none is named


@dataclass(frozen=True, slots=True)
class Tagger:
    """Make one with `learn`; never changed."""

    tables: tuple[tuple[str, re.Pattern[str]], ...]
    words: Words | None
    synonyms: Mapping[str, str]
    mapped: frozenset[str]  # extractors whose values have synonyms
    dimensions: frozenset[str] = frozenset()
    zone: tzinfo | None = None

    @classmethod
    def learn(cls, project: Project) -> Tagger:
        components = {component.name: component for component in project.pipeline}
        duckling = components.get(DUCKLING)
        return cls(
            _tables(project, components[TABLES].options) if TABLES in components else (),
            Words.learn(_taught(project, components), project.nlu.synonyms, project.nlu.lookups),
            project.nlu.synonyms,
            _mapped([component.name for component in project.pipeline]),
            frozenset(duckling.options.get("dimensions") or amounts.DIMENSIONS) if duckling else frozenset(),
            _zone(duckling.options.get("timezone")) if duckling else None,
        )

    def find(self, text: str) -> tuple[EntitySpan, ...]:
        """In the order of the text; values are those of synonyms where there are any."""
        found = self.words.find(text) if self.words else []
        for span in self._patterns(text):
            if not any(_same(span, other) for other in found):
                found.append(span)
        found.sort(key=lambda span: (span.start, span.end))
        return tuple(map(self._mapped, found))

    def _patterns(self, text: str) -> Iterator[EntitySpan]:
        for name, pattern in self.tables:
            for match in pattern.finditer(text):
                if match[0]:
                    yield EntitySpan(name, match[0], *match.span(), extractor=TABLES)
        if self.dimensions:
            yield from amounts.find(text, self.dimensions, clock.now().astimezone(self.zone))

    def _mapped(self, span: EntitySpan) -> EntitySpan:
        said = str(span.value)
        value = self.synonyms.get(said.lower(), said) if span.extractor in self.mapped else said
        return span if value == said else replace(span, value=value)


def _same(one: EntitySpan, other: EntitySpan) -> bool:
    return (one.entity, one.start, one.end) == (other.entity, other.start, other.end)


def _taught(project: Project, components: Mapping[str, Component]) -> list[Example]:
    """The examples whose marks are learnt: all, or those of spaCy's entities where only spaCy finds any."""
    examples = list(project.nlu.examples)
    if any(components[name].options.get("entity_recognition", True) for name in LEARNT if name in components):
        return examples
    named = frozenset(components[SPACY].options.get("dimensions") or ()) if SPACY in components else ()
    return [
        replace(each, entities=tuple(span for span in each.entities if span.entity in named))
        for each in examples
        if named
    ]


def _mapped(pipeline: Sequence[str]) -> frozenset[str]:
    """The extractors before the last mapper of synonyms; the learnt one has one name."""
    until = max((at for at, name in enumerate(pipeline) if name == "EntitySynonymMapper"), default=0)
    before = set(pipeline[:until])
    return frozenset(before | ({EXTRACTOR} if before & {*LEARNT, SPACY} else set()))


def _tables(project: Project, options: Mapping[str, Any]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Of the entities that examples mark, as Rasa has it."""
    marked = project.nlu.entities
    found: list[tuple[str, str]] = []
    if options.get("use_regexes", True):
        found += [(name, each) for name, patterns in project.nlu.regexes.items() for each in patterns]
    edge = r"\b" if options.get("use_word_boundaries", True) else ""
    if options.get("use_lookup_tables", True):
        for name, texts in project.nlu.lookups.items():
            found.append((name, "|".join(f"{edge}{re.escape(text)}{edge}" for text in texts)))
    flags = re.NOFLAG if options.get("case_sensitive", False) else re.IGNORECASE
    return tuple((name, re.compile(text, flags)) for name, text in found if name in marked)


def _zone(name: str | None) -> tzinfo | None:
    """None, the machine's own, where it does not know time zones."""
    try:
        return ZoneInfo(name or HOME)
    except ZoneInfoNotFoundError:
        return None
