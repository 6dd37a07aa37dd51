"""Days of a month without the month: «на 20-е», «двадцатое», «28 числа»."""

from __future__ import annotations

from collections.abc import Iterator

from bot.nlu.entities.choice import meant
from bot.nlu.entities.numbers import COUNTED, Number
from bot.nlu.entities.said import Said, agrees
from bot.nlu.entities.tokens import listed
from bot.project.model import EntitySpan

NUMBER = frozenset(["число", "числа", "числу", "числом", "ч"])
_OF_ANOTHER = COUNTED | listed("рублей рубля рубль руб р ₽ % тысяч через рабочих : .")
_COUNTING = listed("раз разу разом этаж дом квартира")


def read(text: str) -> int | None:
    """The day in an answer to «На какое число?»: also «пятого», «20», «давайте двадцать пять»."""
    said = Said.of(text)
    found = list(find(said))
    if not found and all(_bare(said, number) for number in said.numbers):
        found = [said.span("day_of_month", int(each.value), each.first, each.last) for each in said.numbers]
    chosen = meant(said, found)
    return None if chosen is None else chosen.value


def find(said: Said, *, genitive: bool = True) -> Iterator[EntitySpan]:
    """With `genitive` also «пятого», «28 числа», which are dates where they stand in a message."""
    for number in said.numbers:
        if in_nominative(said, number) or (genitive and in_genitive(said, number)):
            last = number.last + (said.form(number.last) in NUMBER)
            yield said.span("day_of_month", int(number.value), number.first, last)


def in_nominative(said: Said, number: Number) -> bool:
    """«двадцатое», «20-е», «12-е число», «15 число»."""
    if not _possible(number) or not number.ordinal:
        return _possible(number) and said.form(number.last) == "число"
    return number.case == "n" and _free(said, number)


def in_genitive(said: Said, number: Number) -> bool:
    """«до десятого», «к 10-му», «пятого числа», «28 числа», but no «первого платежа»."""
    if not _possible(number):
        return False
    if said.form(number.last) in {"числа", "числу", "числом"}:
        return number.case != "n" or not number.ordinal
    if number.ordinal and number.case == "d":
        return said.form(number.first - 1) in {"к", "по"} and _free(said, number)
    return number.ordinal and number.case == "g" and _free(said, number)


def _possible(number: Number) -> bool:
    return not number.scaled and number.whole is not None and 1 <= number.value <= 31


def _free(said: Said, number: Number) -> bool:
    """Whether no noun follows that the ordinal belongs to."""
    after = said.form(number.last)
    return after in NUMBER or not (after in _COUNTING or agrees(after, number.case))


def _bare(said: Said, number: Number) -> bool:
    beside = {said.form(number.first - 1), said.form(number.last)}
    return _possible(number) and not number.ordinal and number.case != "o" and beside.isdisjoint(_OF_ANOTHER)
