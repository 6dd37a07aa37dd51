"""Phrases that a question of a call awaits, for recognisers that take a grammar at run time.

A grammar makes short answers much surer, and everything else becomes nothing: give one only where nothing
else makes sense, and ask again without it.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.nlu.entities.numerals import CARDINALS

_YES = {
    "ru": "да, ага, угу, да да, конечно, верно, всё верно, правильно, согласен, согласна, хорошо",
    "en": "yes, yeah, yep, sure, correct, right, okay, i agree, that is right",
}
_NO = {
    "ru": "нет, не надо, не нужно, неверно, неправильно, не согласен, не согласна, отмена, отменить",
    "en": "no, nope, wrong, not right, i do not agree, cancel",
}
_PERSON = {
    "ru": "оператор, оператора, соедините с оператором, человек, позовите человека, помощь",
    "en": "operator, agent, human, speak to an operator, help",
}
_DIGITS = {
    "ru": "ноль, один, два, три, четыре, пять, шесть, семь, восемь, девять",
    "en": "zero, oh, one, two, three, four, five, six, seven, eight, nine, double, triple",
}
_AROUND_NUMBERS = "нуля, ноля, тысяча, тысячи, тысяч, плюс"
_TENS_EN = (
    "ten, eleven, twelve, thirteen, fourteen, fifteen, sixteen, seventeen, eighteen, nineteen, twenty, "
    "thirty, forty, fifty, sixty, seventy, eighty, ninety, hundred, thousand, and, plus"
)
_NUMBER = {"ru": "номер, пункт, нажмите", "en": "number, option, press"}


def yes_no(locale: str = "ru") -> tuple[str, ...]:
    """Yes, no, and the way to a person, which every question leaves open."""
    return _listed(_YES, locale) + _listed(_NO, locale) + person(locale)


def person(locale: str = "ru") -> tuple[str, ...]:
    return _listed(_PERSON, locale)


def digits(locale: str = "ru") -> tuple[str, ...]:
    """A code, digit by digit."""
    return _listed(_DIGITS, locale) + person(locale)


def numbers(locale: str = "ru") -> tuple[str, ...]:
    """A telephone or a contract number, in whatever groups it is dictated."""
    if locale != "ru":
        return _listed(_DIGITS, locale) + tuple(_TENS_EN.split(", ")) + person(locale)
    plain = (word for word, (_, case) in CARDINALS.items() if case.startswith("n"))
    return (*dict.fromkeys([*plain, *_AROUND_NUMBERS.split(", ")]), *person(locale))


def menu(titles: Iterable[str], locale: str = "ru") -> tuple[str, ...]:
    """The options of a menu by their titles, by their numbers from one, or a person."""
    named = tuple(titles)
    count = _listed(_DIGITS, "ru")[1:] if locale == "ru" else tuple(_DIGITS["en"].split(", ")[2:11])
    spoken = count[: len(named)]
    before = _listed(_NUMBER, locale)
    return (*named, *spoken, *(f"{word} {one}" for word in before for one in spoken), *person(locale))


def _listed(by_locale: dict[str, str], locale: str) -> tuple[str, ...]:
    return tuple(by_locale.get(locale, by_locale["ru"]).split(", "))
