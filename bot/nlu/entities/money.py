"""Amounts in roubles: «450 рублей», «полторы тысячи», «2,4 миллиона», «тысяч пять», «5к»."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.nlu.entities.choice import meant
from bot.nlu.entities.numbers import COUNTED, Number, plain
from bot.nlu.entities.numerals import SCALES
from bot.nlu.entities.said import Said, agrees, lemma
from bot.nlu.entities.tokens import listed, touch
from bot.project.model import EntitySpan

_ROUBLES = listed(
    "рубль рубля рублей рублю рублем рубли рублям рублями рублях",
    "руб рубл р рэ ₽ rub рублик рублика рубликов",
    "ruble rubles rouble roubles",
)
_KOPECKS = listed("копейка копейки копеек копейку копейкой коп к")
_OF_OTHERS = COUNTED | listed(
    "километр км метр штука шт балл бонус тонна кг килограмм сотрудник клиент страница % процент",
    "доллар евро $ € юань тенге usd eur",
)
MOST = 10**13  # more roubles than there are


def read(text: str) -> float | int | None:
    """The amount in an answer to «Какая сумма?»: also «5 000», «пятьсот»."""
    said = Said.of(text)
    found = list(find(said)) or [
        said.span("money", plain(number.value), number.first, number.last)
        for number in said.numbers
        if not number.ordinal and number.value < MOST and not _counts(said, number.last)
    ]
    chosen = meant(said, found)
    return None if chosen is None else chosen.value


def find(said: Said) -> Iterator[EntitySpan]:
    """Amounts with their unit; thousands and millions need none."""
    end = 0
    for number in said.numbers:
        found = _amount(said, number) if number.first >= end and not number.ordinal else None
        if found is None:
            continue
        value, first, end = found
        if value < MOST:
            minus = _minus(said, first)
            yield said.span("money", plain(-value if minus else value), first - minus, end)


def _amount(said: Said, number: Number) -> tuple[float, int, int] | None:  # noqa: PLR0911 - one per unit
    """(value, first token, last token)."""
    number = _joined(said, number)
    form, last = said.form(number.last), number.last
    if number.written and form == "т" and said.form(last + 1) == "." and said.form(last + 2) == "р":
        return number.value * 1000, number.first, last + 3
    if form in _ROUBLES:
        kopecks = said.at.get(last + 1 + (said.form(last + 1) in {".", "и"}))
        if kopecks and kopecks.value < 100 and said.form(kopecks.last) in _KOPECKS:
            return number.value + kopecks.value / 100, number.first, kopecks.last + 1
        return number.value, number.first, last + 1
    if form in _KOPECKS - {"к"}:
        return number.value / 100, number.first, last + 1
    if said.form(number.first - 1) in _ROUBLES and not _counts(said, last):
        return _inverted(said, number, number.first - 1)
    if said.form(number.first - 1) in {"на", "по", "в"} and said.form(number.first - 2) in {"рублей", "руб"}:
        return _inverted(said, number, number.first - 2)
    if not number.scaled or _counts(said, last):
        return None
    alone = number.last == number.first + 1 and said.form(number.first) in SCALES
    return None if alone and agrees(form, "") else (number.value, number.first, last)


def _joined(said: Said, number: Number) -> Number:
    """«5 тысяч 300 рублей»"""
    rest = said.at.get(number.last) if number.scaled and number.written else None
    if rest and rest.written and rest.value < 1000 and said.form(rest.last) in _ROUBLES:
        return replace(number, value=number.value + rest.value, last=rest.last)
    return number


def _inverted(said: Said, number: Number, unit: int) -> tuple[float, int, int] | None:
    """«рублей на семьсот», where «рублей» belongs to no number before it."""
    before = any(each.last == unit for each in said.numbers)
    return None if before or said.form(unit) not in {"рублей", "руб"} else (number.value, unit, number.last)


def _counts(said: Said, at: int) -> bool:
    form = said.form(at)
    return form in _OF_OTHERS or (form.isalpha() and lemma(form) in _OF_OTHERS)


def _minus(said: Said, first: int) -> bool:
    """«минус 500», «-500», but no «100-500» and no «займ - 500»."""
    if said.form(first - 1) == "минус":
        return True
    if said.form(first - 1) not in {"-", "–", "−"} or not touch(said.tokens[first - 1], said.tokens[first]):
        return False
    return first < 2 or not touch(said.tokens[first - 2], said.tokens[first - 1])
