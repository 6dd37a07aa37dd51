"""Facets: what tells articles on the same topic apart (product, kind of client).

They serve two decisions: to ask when the question has no cue and the candidates differ by exactly
that, and to forget the old product when a follow-up names another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.core.errors import InvalidContent
from bot.nlu.content import read_yaml
from bot.nlu.query import Query
from bot.nlu.signs import Message, Words, parse_words

Read = Callable[[str], Query]


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a facet: the words that name it, and the articles that have it."""

    facet: str
    name: str
    cues: Words
    categories: frozenset[str]
    audience: str | None

    def of_article(self, category: str, audience: Sequence[str]) -> bool:
        return category in self.categories or (
            self.audience is not None and tuple(audience) == (self.audience,)
        )


@dataclass(frozen=True, slots=True)
class Facets:
    """All values of all facets."""

    values: tuple[Value, ...]
    _of: dict[tuple[str, tuple[str, ...]], Mapping[str, str]] = field(default_factory=dict, compare=False)

    @classmethod
    def load(cls, path: Path, read: Read) -> Facets:
        """Reads the file; raises `InvalidContent` naming the value that is wrong."""
        entries = read_yaml(path).get("facets")
        if not isinstance(entries, dict):
            raise InvalidContent(str(path), None, "needs a mapping `facets`")
        return cls(
            tuple(
                _value(path, facet, name, entry, read)
                for facet, values in entries.items()
                for name, entry in values.items()
            )
        )

    def named(self, query: Query) -> frozenset[tuple[str, str]]:
        """(facet, value) pairs that the message names."""
        message = Message.of(query)
        return frozenset((value.facet, value.name) for value in self.values if value.cues.found(message))

    def of_article(self, category: str, audience: Sequence[str]) -> Mapping[str, str]:
        """The article's value of each facet that it has. Every turn asks it of every article."""
        key = (category, tuple(audience))
        found = self._of.get(key)
        if found is None:
            found = {value.facet: value.name for value in self.values if value.of_article(category, audience)}
            self._of[key] = found
        return found

    def without(self, query: Query, facet: str) -> str:
        """The message without the words that name a value of the facet."""
        cues = [value.cues for value in self.values if value.facet == facet]
        kept = (pair[0] for pair in Message.of(query).pairs if not any(cue.is_word(pair) for cue in cues))
        return " ".join(kept)


def _value(path: Path, facet: str, name: str, entry: Any, read: Read) -> Value:
    try:
        audience = entry.get("audience")
        return Value(
            facet=str(facet),
            name=str(name),
            cues=parse_words(str(entry["cues"]), read),
            categories=frozenset(map(str, entry.get("categories") or ())),
            audience=None if audience is None else str(audience),
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise InvalidContent(str(path), None, f"{facet}.{name}: {error!r}") from error
