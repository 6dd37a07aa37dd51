"""Numbers, amounts of money and addresses in a text, as the dimensions of Duckling name them, in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from bot.engine import times
from bot.project.model import EntitySpan

EXTRACTOR = "DucklingEntityExtractor"
_NAMES = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen
"""
_WORDS = {name: at for at, name in enumerate(_NAMES.split())}
_WORDS |= {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_WORDS |= {"sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_BIG = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_FIRST = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_FIRST |= {"sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10}
_UNIT = r"(?:" + "|".join(map(re.escape, [*_WORDS, *_BIG])) + ")"
_WORDY = rf"{_UNIT}(?:(?:[\s-]+|\s+and\s+){_UNIT})*"
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_NUMBER = re.compile(rf"(?<![\w.,])(-?(?:{_DIGITS})[km]?|{_WORDY})(?![\w]|[.,]\d)", re.IGNORECASE)
_ORDINAL = re.compile(rf"\b(?:(\d+)\s?(?:st|nd|rd|th)|({'|'.join(_FIRST)}))\b", re.IGNORECASE)
_SIGN = r"[$€£₽]|usd|eur|gbp|rub"
_CURRENCY = r"\$|€|£|₽|usd|eur|gbp|rub|dollars?|bucks?|euros?|pounds?|cents?|rubles?|roubles?"
_MONEY = re.compile(
    rf"(?<!\w)(?:(?:{_SIGN})\s?(?P<after>(?:{_DIGITS})[km]?)|(?P<before>(?:{_DIGITS})[km]?|{_WORDY})"
    rf"\s?(?P<unit>{_CURRENCY}))(?!\w|[.,]\d)",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(
    r"\b(?:https?://\S+[\w/]|(?:www\.)?(?:[\w-]+\.)+(?:com|org|net|io|ru|de|co|info)\b(?:/\S*)?)"
)
_PHONE = re.compile(r"(?<![\w+])\+?(?:\(?\d[\d\s()./-]{5,}\d)(?!\w)")


def find(text: str, dimensions: frozenset[str], now: datetime) -> Iterator[EntitySpan]:
    """Spans of these dimensions, but none that lies within a longer one."""
    found: list[EntitySpan] = []
    for name in sorted(dimensions):
        found += [
            EntitySpan(name, value, start, end, extractor=EXTRACTOR)
            for start, end, value in _FINDERS[name](text, now)
        ]
    for span in found:
        if not any(_within(span, other) for other in found):
            yield span


def _within(one: EntitySpan, other: EntitySpan) -> bool:
    return (
        other.start <= one.start
        and one.end <= other.end
        and (one.end - one.start) < (other.end - other.start)
    )


_Found = Iterator[tuple[int, int, object]]


def _numbers(text: str, _: datetime) -> _Found:
    for match in _NUMBER.finditer(text):
        yield *match.span(1), _number(match[1])


def _ordinals(text: str, _: datetime) -> _Found:
    for match in _ORDINAL.finditer(text):
        yield *match.span(), int(match[1]) if match[1] else _FIRST[match[2].lower()]


def _money(text: str, _: datetime) -> _Found:
    for match in _MONEY.finditer(text):
        value = _number(match["after"] or match["before"])
        cents = (match["unit"] or "").lower().startswith("cent")
        yield *match.span(), value / 100 if cents else value


def _emails(text: str, _: datetime) -> _Found:
    for match in _EMAIL.finditer(text):
        yield *match.span(), match[0]


def _urls(text: str, _: datetime) -> _Found:
    for match in _URL.finditer(text):
        if text[match.start() - 1 : match.start()] != "@":
            yield *match.span(), match[0]


def _phones(text: str, _: datetime) -> _Found:
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if 7 <= len(digits) <= 15:
            yield *match.span(), ("+" if match[0].startswith("+") else "") + digits


_FINDERS: Mapping[str, Callable[[str, datetime], _Found]] = {
    "amount-of-money": _money,
    "email": _emails,
    "number": _numbers,
    "ordinal": _ordinals,
    "phone-number": _phones,
    "time": times.find,
    "url": _urls,
}
DIMENSIONS = frozenset(_FINDERS)


def _number(said: str) -> int | float:
    """An int where it is whole: "2k", "1,200.50", "twenty-five thousand"."""
    lower = said.lower()
    factor = {"k": 1_000, "m": 1_000_000}.get(lower[-1], 1) if lower[0] in "-.0123456789" else 0
    if factor:
        value = float(lower.rstrip("km").replace(",", "")) * factor
        return int(value) if value.is_integer() else value
    total, part = 0, 0
    for word in re.findall(r"[a-z]+", lower):
        if word in _WORDS:
            part += _WORDS[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in _BIG:
            total, part = total + max(part, 1) * _BIG[word], 0
    return total + part
