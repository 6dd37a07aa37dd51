"""Nouns that are counted: units that signs stand for, and what a written noun says about its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import pymorphy3

from bot.nlu.words import parses
from voice.verbaliser.numerals import CASES, Case, Gender, ends_in_one, form_after
from voice.verbaliser.tables import ordered

_GENDERS: tuple[Gender, ...] = ("masc", "femn", "neut")
_VOWELS = frozenset("аеёиоуыэюя")
_LIKELY: tuple[Case, ...] = ("nomn", "gent", "datv", "ablt", "loct", "accs")
_LIKE_CASES: dict[str, Case] = {
    "gen1": "gent",
    "gen2": "gent",
    "acc2": "accs",
    "loc1": "loct",
    "loc2": "loct",
}
_PLURAL_GENITIVES = {"год": "лет", "человек": "человек", "килограмм": "килограммов", "грамм": "граммов"}
_INVARIABLE: dict[str, Gender] = {"евро": "masc", "тенге": "masc", "песо": "neut"}
# «в восемь утра» is an hour, not the eighth of mornings
_HOURS = {"утра", "вечера", "ночи", "дня"}
# What is numbered rather than counted, where the form cannot tell: «в 1 квартале», «21 числа».
_MONTHS = frozenset(
    ordered("январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь")
)
_NUMBERED = _MONTHS | frozenset(ordered("число квартал этаж подъезд полугодие век"))


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun as it may be read: `plural` and `case` of the form that was written."""

    lemma: str
    gender: Gender
    plural: bool
    case: Case
    animate: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a number is said before a noun."""

    case: Case
    gender: Gender
    ordinal: bool = False
    animate: bool = False


def _case(parse: pymorphy3.analyzer.Parse) -> Case | None:
    written = str(parse.tag.case or "")
    return next((case for case in CASES if case == written), _LIKE_CASES.get(written))


def _gender(parse: pymorphy3.analyzer.Parse) -> Gender:
    if "Pltm" in parse.tag:
        return "plur"
    written = str(parse.tag.gender or "")
    return next((gender for gender in _GENDERS if gender == written), "masc")


@lru_cache(20_000)
def readings(word: str) -> tuple[Noun, ...]:
    """What a lower-case word may be as a noun, the likeliest first; empty: it is none."""
    found = parses(word) if len(word) > 2 and not _VOWELS.isdisjoint(word) else ()
    if not found or (found[0].tag.POS not in {"NOUN", "ADVB"} and not _is_numbered(found)):
        return ()
    nouns = []
    for parse in found:
        case = _case(parse)
        if (
            parse.tag.POS == "NOUN"
            and case
            and not {"Name", "Infr"} & parse.tag.grammemes
            and parse.score > 0.001
        ):
            nouns.append(
                Noun(
                    parse.normal_form,
                    _gender(parse),
                    parse.tag.number == "plur",
                    case,
                    parse.tag.animacy == "anim",
                )
            )
    return tuple(nouns)


def _is_numbered(found: Sequence[pymorphy3.analyzer.Parse]) -> bool:
    return any(parse.normal_form in _NUMBERED for parse in found)


@lru_cache(20_000)
def adjective(word: str) -> tuple[tuple[Case, Gender | None, bool], ...]:
    """(case, gender, plural) for every reading of a word as an adjective; no gender in the plural."""
    found = []
    for parse in parses(word):
        if parse.tag.POS in {"ADJF", "PRTF"}:
            case = _case(parse)
            if case:
                plural = parse.tag.number == "plur"
                found.append((case, None if plural else _gender(parse), plural))
    return tuple(found)


@lru_cache(20_000)
def is_adjective(word: str) -> bool:
    found = parses(word)
    return bool(found) and found[0].tag.POS in {"ADJF", "PRTF"}


def agreement(number: int, nouns: Sequence[Noun], wanted: Sequence[Case]) -> Agreement | None:
    """How the number is read so that the noun fits as written; `wanted`: the cases that its place asks for.

    None: nothing fits. An ordinal is read where a count would need another form: «5 числа», «к 10 числу».
    """
    order: list[Case] = [*wanted, *(case for case in _LIKELY if case not in wanted)]
    if any(noun.lemma in _NUMBERED and not noun.plural for noun in nouns) and not _counts(number, nouns):
        return _as_ordinal(nouns, order)
    for case in order:
        for noun in nouns:
            if _fits(number, noun, case):
                animate = noun.animate or (
                    case == "accs" and noun.case == "gent" and noun.plural and number < 5
                )
                return Agreement(case, noun.gender, animate=animate)
    return _as_ordinal(nouns, order)


def _counts(number: int, nouns: Sequence[Noun]) -> bool:
    """«2 квартала», «3 этажа» are counted; «1 квартал», «5 марта» are numbered."""
    months = any(noun.lemma in _MONTHS for noun in nouns)
    return not months and not ends_in_one(number) and any(_fits(number, noun, "nomn") for noun in nouns)


def _as_ordinal(nouns: Sequence[Noun], order: Sequence[Case]) -> Agreement | None:
    singular = [noun for noun in nouns if not noun.plural]
    for case in order:
        for noun in singular:
            if noun.case == case:
                return Agreement(case, noun.gender, ordinal=True)
    return None


def _fits(number: int, noun: Noun, case: Case) -> bool:
    if noun.lemma in _INVARIABLE:
        return True
    plural, of = form_after(number, case)
    if noun.gender == "plur":
        plural = True
    if case == "accs" and noun.animate and noun.plural and 1 < number < 5:
        plural, of = True, "gent"
    if number % 1000 == 0 and number and noun.plural and noun.case == "gent":
        return True  # «к тысяче рублей», «с пятью тысячами рублей»
    return noun.plural == plural and noun.case == of


@lru_cache(2_000)
def form(lemma: str, case: Case, plural: bool) -> str:
    """A form of a noun that a sign stands for; a phrase keeps its tail: «киловатт в час»."""
    head, _, tail = lemma.partition(" ")
    tail = f" {tail}" if tail else ""
    if head in _INVARIABLE:
        return head + tail
    if plural and case == "gent" and head in _PLURAL_GENITIVES:
        return _PLURAL_GENITIVES[head] + tail
    for parse in parses(head):
        if parse.tag.POS == "NOUN" and parse.normal_form == head:
            found = parse.inflect({case, "plur" if plural else "sing"})
            if found is not None:
                return str(found.word) + tail
    return head + tail


@lru_cache(2_000)
def gender(lemma: str) -> Gender:
    head = lemma.split(" ", maxsplit=1)[0]
    if head in _INVARIABLE:
        return _INVARIABLE[head]
    return next((_gender(parse) for parse in parses(head) if parse.tag.POS == "NOUN"), "masc")


def counted(number: int, lemma: str, case: Case) -> str:
    """The noun after the number, without the number: (21, "рубль", "gent") -> «рубля»."""
    if number and number % 1000 == 0:
        return form(lemma, "gent", True)
    plural, of = form_after(number, case)
    return form(lemma, of, plural or gender(lemma) == "plur")


def is_month(word: str) -> bool:
    return any(parse.normal_form in _MONTHS and parse.tag.POS == "NOUN" for parse in parses(word))


def is_hour(word: str) -> bool:
    return word in _HOURS


@lru_cache(500)
def adjective_form(lemma: str, case: Case, plural: bool, of: Gender) -> str:
    for parse in parses(lemma):
        if parse.tag.POS == "ADJF":
            found = parse.inflect({case, "plur"} if plural else {case, "sing", of})
            if found is not None:
                return str(found.word)
    return lemma


def counted_with(number: int, adjective: str, lemma: str, case: Case) -> str:
    """«квадратных метра» after 2: the adjective is plural where the noun is not."""
    noun = counted(number, lemma, case)
    if not adjective:
        return noun
    if ends_in_one(number):
        return f"{adjective_form(adjective, case, False, gender(lemma))} {noun}"
    return f"{adjective_form(adjective, 'gent' if case in {'nomn', 'accs'} else case, True, 'masc')} {noun}"


def part_of(adjective: str, lemma: str, plural: bool) -> str:
    """What follows a decimal: «процентного пункта»; plural after «полутора»."""
    noun = form(lemma, "gent", plural)
    return f"{adjective_form(adjective, 'gent', plural, gender(lemma))} {noun}" if adjective else noun


@lru_cache(5_000)
def in_genitive(word: str, plural: bool) -> str:
    """A written noun or adjective in the genitive, for «от одного до трёх рабочих дней»."""
    if plural and word in {"года", "год", "лет"}:
        return "лет"
    for parse in parses(word):
        if parse.tag.POS in {"NOUN", "ADJF", "PRTF"}:
            if plural and parse.normal_form in _PLURAL_GENITIVES:
                return _PLURAL_GENITIVES[parse.normal_form]
            found = parse.inflect({"gent", "plur" if plural else "sing"})
            if found is not None:
                return str(found.word)
    return word
