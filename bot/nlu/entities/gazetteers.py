"""Names that a contact centre edits: cities, products and whatever else has a look-up table.

They stand in the NLU project as `lookup` and `synonym`, and are found in all their grammatical forms.
Numbers of documents stand there as `regex` with a named group: `МП[ -]?(?P<МП>\\d{6})` makes "МП-204518".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.nlu.entities.said import Said, lemma
from bot.nlu.entities.tokens import cut
from bot.project.model import EntitySpan, Project

_JOINTS = frozenset("«»\"'„“”-‐‑–—")  # that may stand within a name
_DASHES = str.maketrans("‐‑‒–—−\u00a0\u2009\u202f", "------   ")


@dataclass(frozen=True, slots=True)
class Phrase:
    lemmas: tuple[str, ...]
    entity: str
    value: str


@dataclass(frozen=True, slots=True)
class Gazetteers:
    """`phrases` by their first lemma, the longest first. `numbers`: entity and pattern."""

    phrases: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)
    numbers: tuple[tuple[str, re.Pattern[str]], ...] = ()

    @classmethod
    def of(cls, project: Project) -> Gazetteers:
        """What the look-up tables, their synonyms and the regular expressions of a project name.

        Only entities of its domain are taken.
        """
        data, entities = project.nlu, project.domain.entities
        phrases: dict[str, dict[tuple[str, ...], Phrase]] = {}
        for entity in data.lookups.keys() & entities.keys():
            for name in data.lookups[entity]:
                lemmas = tuple(lemma(token.form) for token in cut(name) if token.form not in _JOINTS)
                if lemmas:
                    phrase = Phrase(lemmas, entity, data.synonyms.get(name.lower(), name))
                    phrases.setdefault(lemmas[0], {}).setdefault(lemmas, phrase)
        numbers = tuple(
            (entity, re.compile(pattern, re.IGNORECASE))
            for entity, patterns in data.regexes.items()
            if entity in entities
            for pattern in patterns
            if "(?P<" in pattern
        )
        longest = {
            first: tuple(sorted(found.values(), key=lambda phrase: -len(phrase.lemmas)))
            for first, found in phrases.items()
        }
        return cls(longest, numbers)

    def named(self, said: Said) -> Iterator[EntitySpan]:
        """Cities, products and the like, in all their forms."""
        words = [(at, lemma(token.form)) for at, token in enumerate(said.tokens) if token.form not in _JOINTS]
        for here, (at, first) in enumerate(words):
            for phrase in self.phrases.get(first, ()):
                part = words[here : here + len(phrase.lemmas)]
                if tuple(word for _, word in part) == phrase.lemmas:
                    yield said.span(phrase.entity, phrase.value, at, part[-1][0] + 1)
                    break

    def numbered(self, text: str) -> Iterator[tuple[str, str, int, int]]:
        """(entity, number, start, end) of contracts, applications and other documents."""
        text = text.translate(_DASHES)
        for entity, pattern in self.numbers:
            for match in pattern.finditer(text):
                if match.lastgroup and match[match.lastgroup]:
                    digits = re.sub(r"\W", "", match[match.lastgroup])
                    yield entity, f"{match.lastgroup}-{digits}", *match.span()
