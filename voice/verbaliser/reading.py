"""The text from left to right: at every place the first reader that knows what stands there says it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from voice.verbaliser import (
    abbreviations,
    codes,
    dates,
    electronic,
    numbers,
    ordinals,
    symbols,
    times,
    units,
)
from voice.verbaliser import spellings as own
from voice.verbaliser.letters import acronym, latin, letter
from voice.verbaliser.numerals import cardinal, fraction
from voice.verbaliser.scan import Said, Scan

Reader = Callable[[Scan, int], Said | None]
_WORD = re.compile(r"[A-Za-z]+|[А-Яа-яЁё]+")
_FIRST = re.compile(r"\w{1,40}")
_STRESSED = re.compile(r"[А-Яа-яЁё]*(?:\+[аеёиоуыэюяАЕЁИОУЫЭЮЯ][А-Яа-яЁё]*)+")
_DIGITS = re.compile(r"\d++(?:[.,]\d++)*+")
_FRACTION = re.compile(r"(\d{1,2})/(\d{1,2})(?![\d/]|[.,]\d)")
_ITEM = re.compile(r"(\d{1,3})[.)] (?=[^\W\d])")
_SUFFIX = re.compile(r"-([а-яё]{1,3})(?![а-яё])")
_PREFIXED = re.compile(r"(?:US)?([$€£¥₽]) ?(?=\d)")


def read(scan: Scan) -> list[str]:
    """Spoken pieces in order; a piece of spaces or of one mark stays what it is."""
    out: list[str] = []
    text, at, size = scan.text, 0, len(scan.text)
    while at < size:
        sign = text[at]
        if sign in " \n":
            out.append(" ")
            at += 1
            continue
        said = _said(scan, at, sign)
        if said.cases or sign.isdecimal():
            scan.numbers_end, scan.cases = _with_noun(scan, said.end), said.cases
        if out and out[-1][-1:].isalpha() and said.words[:1].isalpha():
            out.append(" ")
        out.append(said.words)
        at = said.end
    return out


def _with_noun(scan: Scan, end: int) -> int:
    found, noun_end = scan.nouns(end)
    return noun_end if found else end


def _said(scan: Scan, at: int, sign: str) -> Said:
    if sign.isalpha():
        return _letters(scan, at)
    if sign.isdecimal():
        return _number(scan, at)
    for reader in _BY_SIGN.get(sign, ()):
        said = reader(scan, at)
        if said is not None:
            return said
    return symbols.read(scan, at)


def _number(scan: Scan, at: int) -> Said:
    if not scan.text[max(0, at - 1) : at].isalnum():
        address = electronic.read(scan, at, partial(_own_word, scan))
        if address is not None:
            return address
        spelling = own.find(scan.spellings, scan.text, at, _first(scan.text, at))
        if spelling is not None:
            return Said(*spelling)
    for reader in _OF_DIGITS:
        said = reader(scan, at)
        if said is not None:
            return said
    found = _DIGITS.match(scan.text, at)
    run = found[0] if found else scan.text[at]
    parts = [
        codes.in_groups(part) if len(part) > 4 or part[0] == "0" else cardinal(int(part))
        for part in re.findall(r"\d+", run)
    ]
    return Said((" точка " if "." in run else ", ").join(parts), at + len(run))


def _first(text: str, at: int) -> str:
    return _FIRST.match(text, at)[0].lower()  # type: ignore[index]  # called at a word


def _letters(scan: Scan, at: int) -> Said:  # noqa: PLR0911 - one return per kind of word
    text = scan.text
    found = _WORD.match(text, at)
    if found is None:  # a letter of a script that nobody reads
        return Said("", at + 1)
    word = found[0]
    stressed = _STRESSED.match(text, at)
    if stressed:
        return Said(stressed[0], stressed.end())
    address = electronic.read(scan, at, partial(_own_word, scan))
    if address is not None:
        return address
    spelling = own.find(scan.spellings, text, at, _first(text, at)) or own.find(
        scan.spellings, text, at, word.lower()
    )
    if spelling is not None:
        return _with_suffix(text, *spelling)
    for reader in (codes.plate, ordinals.roman):
        said = reader(scan, at)
        if said is not None:
            return said
    short = abbreviations.read(scan, at, word.lower())
    if short is not None:
        return short
    glued = text[max(0, at - 1) : at].isdecimal()
    if word.isascii():
        return _with_suffix(text, latin(word), found.end())
    return _cyrillic(scan, word, found.end(), glued=glued)


def _own_word(scan: Scan, word: str) -> str | None:
    spelling = own.find(scan.spellings, word, 0, word.lower())
    return spelling[0] if spelling and spelling[1] == len(word) else None


def _cyrillic(scan: Scan, word: str, end: int, *, glued: bool) -> Said:
    if len(word) > 1 and word.isupper():
        return _with_suffix(scan.text, acronym(word), end)
    if len(word) == 1 and letter(word) != word.lower():
        start, following = end - 1, scan.text[end : end + 2]
        attached = (
            glued
            or following[:1].isdecimal()
            or re.match(r"-\d", following)
            or _LETTERED.search(scan.text[max(0, start - 14) : start])
        )
        if attached or word not in _WORDS_OF_ONE_LETTER:
            return Said(letter(word), end)
    return Said(word, end)


_WORDS_OF_ONE_LETTER = set("вксбжВКС")
_LETTERED = re.compile(r"(?:букв\w{1,2}|литер\w{0,2}|категори\w{1,2}|\d-) ?\Z", re.IGNORECASE)


def _with_suffix(text: str, words: str, end: int) -> Said:
    """«PDF-файл» is two words; an ending goes to the word: «zip-ом»."""
    suffix = _SUFFIX.match(text, end)
    if suffix and suffix[1] in _SUFFIXES:
        return Said(words + suffix[1], suffix.end())
    if text[end : end + 1] == "-" and text[end + 1 : end + 2].isalnum():
        return Said(words + " ", end + 1)
    return Said(words, end)


_SUFFIXES = {
    "ом",
    "а",
    "у",
    "е",
    "ы",
    "ов",
    "ам",
    "ами",
    "ах",
    "ой",
    "ем",
    "ки",
    "ку",
    "ок",
    "ка",
    "и",
    "ей",
    "ю",
    "ям",
    "ями",
    "ях",
}


def _fraction(scan: Scan, at: int) -> Said | None:
    found = _FRACTION.match(scan.text, at)
    if (
        found is None
        or not 0 < int(found[1]) < int(found[2]) <= 10
        or found[1][0] == "0"
        or found[2][0] == "0"
    ):
        return None
    asked = scan.government(at)
    return Said(fraction(int(found[1]), int(found[2]), asked[0] if asked else "nomn"), found.end())


def _item(scan: Scan, at: int) -> Said | None:
    """«1. Откройте»: the first of a list, at the beginning of a line."""
    found = _ITEM.match(scan.text, at)
    if (
        found is None
        or scan.text[max(0, at - 1) : at] not in {"", "\n"}
        or (found[0][-2] == "." and not scan.text[found.end()].isupper())
    ):
        return None
    return Said(ordinals.item(found[1]) + ":", found.end() - 1)


def _prefixed(scan: Scan, at: int) -> Said | None:
    """«$100», «€5 млн»: the sign stands before its number."""
    found = _PREFIXED.match(scan.text, at)
    number = numbers.number(scan.text, found.end()) if found else None
    if found is None or number is None:
        return None
    scale = units.scale(scan.text, number[1])
    end = scale[1] if scale else number[1]
    turned = Scan(
        scan.text[max(0, at - 80) : at]
        + scan.text[found.end() : end]
        + " "
        + found[1]
        + scan.text[end : end + 12],
        scan.spellings,
    )
    said = numbers.read(turned, min(at, 80))
    if said is None:
        return None
    moved = said.end - min(at, 80) - 2 - (end - found.end())
    return Said(said.words, max(end, end + moved), said.cases)


def _numbered(scan: Scan, at: int) -> Said | None:
    """«№» and «§» are nouns."""
    return abbreviations.read(scan, at, scan.text[at])


def _signed(scan: Scan, at: int) -> Said | None:
    """«+5», «-10»: a sign belongs to the number where nothing stands before it."""
    if scan.text[max(0, at - 1) : at].isalnum() or not scan.text[at + 1 : at + 2].isdecimal():
        return None
    if re.search(r"\d ?\Z", scan.text[max(0, at - 2) : at]):
        return None
    return numbers.read(scan, at)


def _stress_first(scan: Scan, at: int) -> Said | None:
    """«+офис»: a word that begins with its stressed vowel; «+ОСАГО» is added."""
    found = _STRESSED.match(scan.text, at)
    if found is None or scan.text[max(0, at - 1) : at].isalnum() or len(found[0]) < 3 or found[0].isupper():
        return None
    return Said(found[0], found.end())


_OF_DIGITS: tuple[Reader, ...] = (
    _item,
    codes.phone,
    codes.plate,
    dates.read,
    times.read,
    codes.code,
    ordinals.read,
    _fraction,
    numbers.read,
)
_BY_SIGN: dict[str, tuple[Reader, ...]] = {
    "+": (codes.phone, _signed, _stress_first),
    "-": (_signed,),
    "(": (codes.phone,),
    "*": (codes.masked,),
    "•": (codes.masked,),
    "·": (codes.masked,),
    **dict.fromkeys("$€£¥₽", (_prefixed,)),
    **dict.fromkeys("№§", (_numbered,)),
    "@": (partial(electronic.read, word=lambda _: None),),
}
