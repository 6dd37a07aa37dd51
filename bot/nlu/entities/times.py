"""Times: «15:30», «к трём», «часа в три», «половина третьего», «без четверти шесть», «в девять вечера».

Hours without a part of the day are those when offices and operators work: «в три» is 15:00.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from bot.nlu.entities import parts_of_day
from bot.nlu.entities.choice import meant, without_overlaps
from bot.nlu.entities.numbers import COUNTED, Number
from bot.nlu.entities.numerals import ORDINALS
from bot.nlu.entities.said import EXTRACTOR, Said, agrees
from bot.project.model import EntitySpan

_COLON = re.compile(r"(?<![\w:.,])(\d{1,2}):(\d{2})(?::\d{2})?(?![\d:])")
_DOT = re.compile(r"(?<![\w:.,/])(\d{1,2})([.-])(\d{2})(?![\w:/-]|[.,]\d)")
_PREPOSITION = re.compile(r"\b(?:во?|часов|часа|после)\s+$", re.IGNORECASE)
# Case of the hour after a preposition, see `numerals`.
_CASES = {"в": "n", "во": "n", "на": "n", "at": "n", "к": "d", "ко": "d"} | dict.fromkeys(
    ("после", "до", "с", "со", "около", "позже", "раньше", "позднее", "от"), "g"
)
_AFTER = frozenset(["после", "до", "позже", "позднее"])
_HOURS = frozenset(["час", "часа", "часов", "часам", "часу", "ч"])
_ABOUT = frozenset(["часа", "часов", "часам", "часика", "часиков", "часикам"])
_MINUTES = frozenset(["минут", "минуты", "минуту", "минутам", "мин", "м"])
_ONE = {"n": "час", "d": "часу", "g": "часа"}
_PARTS = {"утра": "утра", "дня": "дня", "вечера": "вечера", "ночи": "ночи", "am": "утра", "pm": "вечера"}
_NOONS = dict.fromkeys(("полдень", "полудню"), 12) | dict.fromkeys(("полночь", "полуночи"), 0)
_HALF = frozenset(["половина", "половине", "половину", "половины", "пол"])
_OTHERS = (COUNTED | {"тысяч", "рублей", "%", "₽", "р", "руб"}) - _HOURS

_DURING = frozenset(["через", "за", "спустя", "назад", "тому", ":"])


@dataclass(frozen=True, slots=True)
class _Clock:
    """`sure`: it is a time even without a preposition. `number` is the bare hour that it may be."""

    hour: int
    minute: int
    last: int
    sure: bool = False
    literal: bool = False  # 24 hours
    number: Number | None = None


def read(text: str) -> time | None:
    """The time in an answer to «Во сколько?»: also «15», «три часа»."""
    said = Said.of(text)
    found = list(find(said)) or list(_loose(said))
    chosen = meant(said, without_overlaps(found, ()))
    return None if chosen is None else time.fromisoformat(chosen.value)


def find(said: Said) -> Iterator[EntitySpan]:
    """Times as "15:30", in no order; some may overlap."""
    yield from _written(said.text)
    part = next((span.value for span in parts_of_day.find(said)), "")
    at = 0
    while at < len(said.tokens):
        found = _at(said, at, part)
        if found is None:
            at += 1
        else:
            yield found[0]
            at = found[1]


def follows_preposition(text: str, start: int) -> bool:
    """Whether what is written like «10.05» stands where times stand."""
    return _PREPOSITION.search(text, max(0, start - 12), start) is not None


def _written(text: str) -> Iterator[EntitySpan]:
    for match in _COLON.finditer(text):
        hour, minute = int(match[1]), int(match[2])
        if match[1] in {"1", "2", "3", "4", "5", "6", "7"}:
            hour += 12
        yield from _span(hour, minute, *match.span())
    for match in _DOT.finditer(text):
        hour, minute = int(match[1]), int(match[3])
        asked = follows_preposition(text, match.start())
        date = 1 <= hour <= 31 and 1 <= minute <= 12
        if asked or (match[2] == "." and not date and hour >= 7):
            yield from _span(_office(hour, ""), minute, *match.span())


def _span(hour: int, minute: int, start: int, end: int) -> Iterator[EntitySpan]:
    if hour <= 24 and minute < 60 and (hour < 24 or minute == 0):
        yield EntitySpan("time", f"{hour % 24:02}:{minute:02}", start, end, extractor=EXTRACTOR)


def _at(said: Said, at: int, part: str) -> tuple[EntitySpan, int] | None:
    """A time that begins at this token, perhaps with a preposition, and where to read on."""
    word = said.form(at)
    case = _CASES.get(word)
    about = said.form(at - 1) in _ABOUT
    clock = _clock(said, at + (case is not None))
    if clock is None:
        return None
    first = at + (case is not None)
    sure = clock.sure or _alone(said, at, clock)
    if not sure and (case is None or not _stands(said, at, clock, about)):
        return None
    evening = word in _AFTER and clock.hour == 8 and not part
    hour = clock.hour if clock.literal else 20 if evening else _office(clock.hour, part)
    for span in _span(hour, clock.minute, said.tokens[first].start, said.tokens[clock.last - 1].end):
        return span, clock.last
    return None


def _alone(said: Said, at: int, clock: _Clock) -> bool:
    """«пятнадцать тридцать» as the whole answer."""
    number = clock.number
    if number is None or at > 0 or clock.last != len(said.tokens):
        return False
    return clock.last > number.last and said.form(number.last) not in {*_HOURS, *_PARTS}


def _stands(said: Said, at: int, clock: _Clock, about: bool) -> bool:
    """Whether an hour after a preposition is one: in its case, and no noun is counted by it."""
    number, before, word = clock.number, said.form(at - 1), said.form(at)
    if number is None:  # «в час»
        return said.form(at + 1) == _ONE[_CASES[word]] and before not in {"раз", "раза"}
    if word == "на" and said.form(number.last) == "дня":  # «на два дня»
        return False
    if before in _OTHERS or not (number.written or _CASES[word] in number.case):  # «тысяч до пяти»
        return False
    return clock.last > number.last or about or _is_hour(said, word, clock.last, number)


def _is_hour(said: Said, word: str, at: int, number: Number) -> bool:
    """A bare number between a preposition and the token `at`."""
    if word == "на" and (number.written or number.value in {1, 24}):  # a day, or a mark
        return False
    if word in {"с", "со", "от"} and not _range(said, at):
        return False
    counts = agrees(said.form(at), "" if number.written else "counted")
    return said.form(at) not in _OTHERS and said.form(at) not in {"-", "–", "—"} and not counts


def _range(said: Said, at: int) -> bool:
    """«с девяти до шести», but no «от двух до пяти лет»."""
    number = said.at.get(at + 1) if said.form(at) in {"до", "на"} else None
    return number is not None and number.value <= 24 and said.form(number.last) not in _OTHERS


def _clock(said: Said, at: int) -> _Clock | None:  # noqa: PLR0911 - one return per beginning
    form = said.form(at)
    if form in _NOONS:
        return _Clock(_NOONS[form], 0, at + 1, sure=True, literal=True)
    if form.startswith("пол"):
        return _half(said, at)
    if form == "без":
        return _minus(said, at)
    if form == "четверть":
        return _of_next(said, at + 1, 15)
    if form in {"час", "часу", "часа"}:
        if any(number.last == at for number in said.numbers):  # «в двенадцатом часу»
            return None
        return _with_part(said, _Clock(1, 0, at + 1))
    number = said.at.get(at)
    if number is None or number.ordinal or number.scaled or number.whole is None:
        return None
    if said.form(number.last) in _MINUTES and number.value < 60:
        return _of_next(said, number.last + 1, int(number.value))
    if number.value > 24:
        return None
    hour = int(number.value)
    literal = number.written and said.form(at).startswith("0")
    last = number.last + (said.form(number.last) in _HOURS)
    minute, last = _minute(said, number, last)
    return _with_part(said, _Clock(hour, minute, last, literal=literal, number=number))


def _minute(said: Said, hour: Number, at: int) -> tuple[int, int]:
    """Minutes after an hour: «пятнадцать тридцать», «девять ноль ноль», «15 часов 30 минут»."""
    number = said.at.get(at)
    if (
        number is None
        or number.ordinal
        or number.scaled
        or number.whole is None
        or number.written != hour.written
    ):
        return 0, at
    if number.value == 0 and not number.written:
        more = said.at.get(number.last)
        if more is None or more.value > 9:
            return 0, at
        return int(more.value), more.last
    size = said.tokens[number.first].end - said.tokens[number.first].start
    counted = said.form(number.last)
    if counted in _MINUTES:
        return (int(number.value), number.last + 1) if number.value < 60 else (0, at)
    fits = size == 2 if number.written else number.value >= 10
    if number.value > 59 or not fits or counted in _OTHERS or agrees(counted, ""):
        return 0, at
    return int(number.value), number.last


def _with_part(said: Said, clock: _Clock) -> _Clock:
    """With «утра», «дня», «вечера», «ночи»."""
    part = _PARTS.get(said.form(clock.last))
    if part is None or (clock.number is not None and clock.hour > 12):
        return clock
    hour, plain = clock.hour, clock.number is not None and clock.last == clock.number.last
    if part == "дня":
        hour += 12 * (hour < 7)
    elif part == "вечера":
        hour = (hour + 12) % 24
    elif part == "ночи":
        hour = (hour + 12 * (hour > 6)) % 24
    # «2 дня» are two days, «три ночи» may be three nights.
    sure = part in {"утра", "вечера"} or not plain
    return _Clock(hour, clock.minute, clock.last + 1, sure=sure, literal=True, number=clock.number)


def _half(said: Said, at: int) -> _Clock | None:
    """«половина третьего», «полтретьего», «пол-третьего»"""
    form = said.form(at)
    if form in _HALF:
        return _of_next(said, at + 1 + (said.form(at + 1) == "-"), 30)
    value, case = ORDINALS.get(form.removeprefix("пол"), (0, ""))
    return _before(value, 30, at + 1) if case == "g" else None


def _of_next(said: Said, at: int, minute: int) -> _Clock | None:
    """«десять минут третьего»: minutes of the hour that is going on."""
    number = said.at.get(at)
    if number is None or not number.ordinal or number.case != "g" or number.written:
        return None
    return _before(int(number.value), minute, number.last)


def _before(hour: int, minute: int, last: int) -> _Clock | None:
    return _Clock((hour - 2) % 12 + 1, minute, last, sure=True) if 1 <= hour <= 12 else None


def _minus(said: Said, at: int) -> _Clock | None:
    """«без двадцати восемь», «без четверти шесть»"""
    number = said.at.get(at + 1)
    if said.form(at + 1) == "четверти":
        minutes, here = 15, at + 2
    elif number is not None and "g" in number.case and 1 <= number.value < 60:
        minutes, here = int(number.value), number.last + (said.form(number.last) in _MINUTES)
    else:
        return None
    hour = said.at.get(here)
    if hour is None and said.form(here) == "час":
        return _Clock(12, 60 - minutes, here + 1, sure=True)
    if hour is None or "n" not in hour.case or hour.ordinal or not 1 <= hour.value <= 12:
        return None
    return _Clock((int(hour.value) - 2) % 12 + 1, 60 - minutes, hour.last, sure=True)


def _office(hour: int, part: str) -> int:
    """The hour of 24 that is meant."""
    if part == parts_of_day.MORNING:
        return hour
    if part == parts_of_day.EVENING and 4 < hour < 12:
        return hour + 12
    return hour + 12 if 1 <= hour <= 7 else hour


def _loose(said: Said) -> Iterator[EntitySpan]:
    """Numbers that answer a question about the time."""
    for number in said.numbers:
        clock, at = _clock(said, number.first), number.first - 1
        if clock is None or said.form(number.last) in {"дня", "ночи"} or said.form(at) in _DURING:
            continue
        after = said.form(clock.last)
        if after in _OTHERS or after in _DURING or agrees(after, "") or said.form(at - 1) in _OTHERS:
            continue
        hour = clock.hour if clock.literal else _office(clock.hour, "")
        start, end = said.tokens[number.first].start, said.tokens[clock.last - 1].end
        yield from _span(hour, clock.minute, start, end)
