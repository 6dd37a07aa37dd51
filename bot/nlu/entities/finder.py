"""All entities of a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from bot.nlu.entities import (
    codes,
    dates,
    day_of_month,
    emails,
    inn,
    money,
    parts_of_day,
    persons,
    phones,
    plates,
    times,
)
from bot.nlu.entities.choice import denied, without_overlaps
from bot.nlu.entities.days import Prefer
from bot.nlu.entities.gazetteers import Gazetteers
from bot.nlu.entities.said import EXTRACTOR, Said
from bot.nlu.entities.spoken import written
from bot.project.model import EntitySpan

# Of spans of one length the first kind is taken.
RANKS = (
    "email",
    "contract_number",
    "application_number",
    "plate",
    "phone",
    "inn",
    "date",
    "time",
    "money",
    "code",
    "day_of_month",
    "part_of_day",
    "person",
)
_PATTERNS: tuple[tuple[str, Callable[[str], Iterator[tuple[str, int, int]]]], ...] = (
    ("email", emails.find),
    ("plate", plates.find),
    ("phone", phones.find),
    ("inn", inn.find),
    ("code", codes.find),
)


class Entities:
    """Made once for a project, never changed; any thread may ask."""

    def __init__(self, gazetteers: Gazetteers) -> None:
        self._gazetteers = gazetteers

    def names(self, text: str) -> bool:
        """Whether the text names a product, a city or anything else that the company has a list of."""
        return next(self._gazetteers.named(Said.of(text)), None) is not None

    def find(self, text: str, now: datetime, prefer: Prefer = "future") -> tuple[EntitySpan, ...]:
        """In order of their start, none overlapping. `now`: aware, in the company's time zone.

        A date without a year is the nearest on the preferred side of today. What is denied («не пятого,
        а десятого») is left out.
        """
        said = Said.of(text)
        found = without_overlaps(self._candidates(said, now, prefer), RANKS)
        return tuple(span for span in found if span.value is not None and not denied(said, span))

    def _candidates(self, said: Said, now: datetime, prefer: Prefer) -> Iterator[EntitySpan]:
        yield from self._written(said.text)
        again = written(said)
        if again is not None:
            for span in self._written(again.text):
                start, end = again.back(span.start, span.end)
                yield EntitySpan(span.entity, span.value, start, end, extractor=EXTRACTOR)
        yield from dates.find(said, now, prefer)
        yield from times.find(said)
        yield from money.find(said)
        yield from day_of_month.find(said, genitive=False)
        yield from parts_of_day.find(said)
        yield from persons.find(said)
        yield from self._gazetteers.named(said)

    def _written(self, text: str) -> Iterator[EntitySpan]:
        for entity, value, start, end in self._gazetteers.numbered(text):
            yield EntitySpan(entity, value, start, end, extractor=EXTRACTOR)
        for entity, find in _PATTERNS:
            for value, start, end in find(text):
                yield EntitySpan(entity, value, start, end, extractor=EXTRACTOR)
