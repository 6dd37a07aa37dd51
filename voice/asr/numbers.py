"""Numbers of what was heard: recognisers write them in words, slots and comparisons want digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from bot.nlu.entities import phones
from bot.nlu.entities.numbers import Number
from bot.nlu.entities.said import Said
from bot.nlu.entities.spoken import is_dictation, written
from voice.ports import Heard

# «три семёрки», «пять пятёрок»; a digit of its own: «восьмёрка девятьсот …».
_NAMED = {
    "ноль": "нол нул", "один": "единиц", "два": "двоек двойк", "три": "троек тройк",
    "четыре": "четверок четверк", "пять": "пятерок пятерк", "шесть": "шестерок шестерк",
    "семь": "семерок семерк", "восемь": "восьмерок восьмерк", "девять": "девяток девятк",
}  # fmt: skip
_STEMS = sorted(((stem, word) for word, stems in _NAMED.items() for stem in stems.split()), reverse=True)
_ENDINGS = frozenset(("", "а", "и", "у", "е", "ы", "я", "ей", "ь", "ов"))
_NAME_OF_ENGLISH = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3}
PAUSE_S = 0.1  # between two words that are no breath; Kaldi puts the words of one breath end to end
_SPLIT = re.compile(r"[^\W_]+")


def dictated(text: str) -> str:
    """All digits of a dictation: «восемь девятьсот двадцать три …» is 8923…; empty without any.

    «два нуля» are two, «три семёрки» are three; «тысяча пятьсот» is 1500. English is read digit by digit.
    """
    english = _english(text.lower().split())
    if english:
        return english
    said = Said.of(repeated(text))
    again = written(said)
    if again is not None:
        said = Said.of(again.text)
    return "".join(_digits(said, number) for number in said.numbers)


def repeated(text: str) -> str:
    """«три семёрки» as «семь семь семь», «восьмёрка» as «восемь»; only beside other digits."""
    words = text.split()
    named = [_named(word) for word in words]
    if not any(named):
        return text
    found: list[str] = []
    for at, (word, digit) in enumerate(zip(words, named, strict=True)):
        count = _count(words[at - 1]) if at and not named[at - 1] else 0
        if digit and count:
            found[-1] = " ".join([digit] * count)
        elif digit and digit != "ноль" and (_is_digit(words, at - 1) or _is_digit(words, at + 1)):
            found.append(digit)
        else:
            found.append(word)
    return " ".join(found)


def by_pauses(heard: Heard) -> str:
    """The text; in digits where its pauses make a telephone number of it that the words alone are not:
    «шестьсот … сорок пять» are 600 and 45, not 645."""
    text = repeated(heard.text)
    if not heard.words or not is_dictation(text) or phones.read(text):
        return text
    groups = [[heard.words[0].text]]
    for before, word in pairwise(heard.words):
        if word.start - before.end >= PAUSE_S:
            groups.append([])
        groups[-1].append(word.text)
    apart = " ".join(dictated(" ".join(group)) for group in groups)
    return apart if phones.read(apart) else text


def in_digits(text: str) -> str:
    """Every number of a text in digits, one by one, in order: «двадцать три» and «23» are alike then."""
    said, at, parts = Said.of(text), 0, []
    for start, end, digits in _numbers(said):
        parts += [text[at:start], f" {digits} "]
        at = end
    return "".join([*parts, text[at:]])


def _numbers(said: Said) -> Iterator[tuple[int, int, str]]:
    for number in said.numbers:
        if not number.ordinal and number.whole is not None:
            first, last = said.tokens[number.first], said.tokens[number.last - 1]
            yield first.start, last.end, _digits(said, number)


def _digits(said: Said, number: Number) -> str:
    if number.written and not number.scaled:
        return "".join(one.form for one in said.tokens[number.first : number.last] if one.is_digits)
    return str(int(number.value))


def _named(word: str) -> str:
    form = word.lower().replace("ё", "е").strip(",.;:!?")
    for stem, digit in _STEMS:
        if form.startswith(stem) and form.removeprefix(stem) in _ENDINGS and form != digit:
            return digit
    return ""


def _count(word: str) -> int:
    """How often, of «три» in «три семёрки»; 0: it is no such word."""
    numbers = Said.of(word).numbers
    whole = numbers[0].whole if len(numbers) == 1 and not numbers[0].ordinal else None
    return whole if whole is not None and 2 <= whole <= 7 else 0


def _is_digit(words: list[str], at: int) -> bool:
    return 0 <= at < len(words) and (bool(Said.of(words[at]).numbers) or bool(_named(words[at])))


def _english(words: list[str]) -> str:
    """Digits when nothing but English digits is said."""
    found, times = "", 1
    for word in words:
        form = "".join(_SPLIT.findall(word))
        if form in _TIMES:
            times = _TIMES[form]
            continue
        if form not in _NAME_OF_ENGLISH:
            return ""
        found, times = found + _NAME_OF_ENGLISH[form] * times, 1
    return found
