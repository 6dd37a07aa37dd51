"""Counted things: numbers, lists and ranges of them with the unit, scale or noun that follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from voice.verbaliser import dates, nouns, units
from voice.verbaliser.numerals import (
    GREATEST,
    Case,
    Gender,
    cardinal,
    decimal,
    digit_by_digit,
    ends_in_one,
    joined,
    one_and_a_half,
    ordinal,
)
from voice.verbaliser.numerals import scale as scale_form
from voice.verbaliser.scan import Said, Scan, closing_dot

_READ = re.compile(
    r"(?P<whole>\d{1,3}(?: \d{3})+(?!\d)|[1-9]\d{0,2}(?:\.\d{3})+(?![\d.,])|\d++)"
    r"(?:[.,](?P<part>\d++))?(?![.,]?\d)"
)
_RANGE = re.compile(r"(?: ?[%₽€])? ?[–-] ?(?=\d)")
_LIST = re.compile(r", (?=\d)|,? (?:и|или|либо) (?=\d)")
_SIGN = re.compile(r"[+−-]")
_ADJECTIVE = re.compile(r"-?([а-яё]{4,})")
_PERCENT = re.compile(
    r" ?%-(?:процент)?н?(ый|ая|ое|ые|ого|ому|ым|ом|ой|ую|ых|ыми|й|го|му|м|я|е|х|ю)(?![А-Яа-яЁё])"
)
_FULL_ENDINGS = {"й": "ый", "го": "ого", "му": "ому", "м": "ом", "я": "ая", "е": "ое", "х": "ых", "ю": "ую"}
_ENDS_OF_ADJECTIVES = (
    "ый",
    "ий",
    "ой",
    "ая",
    "яя",
    "ое",
    "ее",
    "ые",
    "ие",
    "ого",
    "его",
    "ому",
    "ему",
    "ым",
    "им",
    "ом",
    "ем",
    "ую",
    "юю",
    "ей",
    "ых",
    "их",
    "ыми",
    "ими",
)
_DISTANCES = {"километр", "метр"}
_LONGEST_LIST = 12


@dataclass(frozen=True, slots=True)
class Number:
    """A written number; `part` is what follows the comma, `zeros` the zeros before the first digit."""

    whole: int
    part: str
    zeros: int
    digits: str

    def say(self, case: Case, of: Gender, *, animate: bool = False) -> str:
        zeros = "ноль " * self.zeros
        if self.part:
            return zeros + decimal(self.whole, self.part, case)
        if self.whole >= GREATEST:
            return digit_by_digit(self.digits)
        return zeros + cardinal(self.whole, case, of, animate)

    @property
    def is_half(self) -> bool:
        return self.whole == 1 and self.part == "5" and not self.zeros


def number(text: str, at: int) -> tuple[Number, int] | None:
    """The number that stands at `at`, thousands by spaces or points, and where it ends."""
    found = _READ.match(text, at)
    if found is None:
        return None
    digits = re.sub(r"\D", "", found["whole"])
    zeros = len(digits) - len(digits.lstrip("0")) if len(digits) > 1 else 0
    if zeros == len(digits):
        zeros -= 1
    return Number(int(digits), found["part"] or "", zeros, digits), found.end()


def read(scan: Scan, at: int) -> Said | None:
    """A phrase of numbers that starts at `at`, with its sign before and its unit after."""
    text, start = scan.text, at
    sign = ""
    if _SIGN.match(text, at):
        sign = "плюс " if text[at] == "+" else "минус "
        at += 1
    first = number(text, at)
    if first is None:
        return None
    numbers, end = [first[0]], first[1]
    compound = _compound(scan, *first)
    if compound is not None and not sign:
        return compound
    joints: list[str] = []
    while len(numbers) < _LONGEST_LIST:
        joint = _RANGE.match(text, end) or _LIST.match(text, end)
        following = number(text, joint.end()) if joint else None
        if joint is None or following is None or (_is_range(joint[0]) and joints and joints[-1] == "–"):
            break
        if _is_something_else(text, following[1]) or (joint[0] == ", " and dates.is_day(text, joint.end())):
            break
        joints.append("–" if _is_range(joint[0]) else joint[0])
        numbers.append(following[0])
        end = following[1]
    bare = not (joints or units.unit(text, end) or units.scale(text, end) or scan.nouns(end)[0])
    if sign == "плюс " and bare:
        return Said(sign + first[0].say("nomn", "masc"), end)  # «после +7»: a code, not an amount
    said = _Phrase(scan, start, numbers, joints).said(end)
    return Said(sign + said.words, said.end, said.cases)


def _is_range(joint: str) -> bool:
    return joint.rstrip()[-1] in "–-"


def _is_something_else(text: str, end: int) -> bool:
    """A date, a time or an ordinal is no member of a list of numbers."""
    return bool(re.match(r"[.:/]\d|-?(?:е|я|й|го|му|м|х|ю)(?![а-яё])", text[end : end + 4]))


def _compound(scan: Scan, value: Number, end: int) -> Said | None:
    """«5-дневный», «24-часовой», «100%-ный», «25-летие»."""
    percent = _PERCENT.match(scan.text, end)
    if percent is not None and not value.part and not value.zeros and value.whole <= 9999:
        ending = _FULL_ENDINGS.get(percent[1], percent[1])
        return Said(f"{joined(value.whole)}процентн{ending}", percent.end())
    found = _ADJECTIVE.match(scan.text, end)
    if found is None or value.part or value.zeros or value.whole > 9999:
        return None
    tail = found[1]
    is_compound = tail.startswith("лети") or (tail.endswith(_ENDS_OF_ADJECTIVES) and nouns.adjective(tail))
    if not scan.text.startswith("-", end) or not is_compound:
        return None
    return Said(joined(value.whole) + tail, found.end())


class _Phrase:
    """Numbers that share what follows them."""

    def __init__(self, scan: Scan, start: int, numbers: Sequence[Number], joints: Sequence[str]) -> None:
        self.scan, self.start, self.numbers, self.joints = scan, start, numbers, joints
        self.asked = scan.government(start)
        self.prepositional = bool(self.asked) and scan.is_governed(start)
        self.distributive = scan.nearest(start) == "по"
        self.last = numbers[-1]

    def said(self, end: int) -> Said:
        scale = units.scale(self.scan.text, end)
        if scale is not None:
            return self._scaled(*scale)
        unit = units.unit(self.scan.text, end)
        if unit is not None and not self._is_year(unit):
            return self._with_unit(unit)
        return self._with_noun(end)

    def _is_year(self, unit: units.Unit) -> bool:
        return unit.noun == "грамм" and not self.last.part and 1500 <= self.last.whole < 2100

    # --- one of: scale, sign, noun ------------------------------------------------------------

    def _scaled(self, size: int, end: int) -> Said:
        text = self.scan.text
        case = self._case(exact=len(self.numbers) == 1 and self.last.whole == 1 and not self.last.part)
        of: Gender = "femn" if size == 1000 else "masc"
        words, case = self._numbers(case, of, counted=True)
        if self.last.is_half or self.last.part:
            tail = scale_form(
                size, 2 if not (self.last.is_half and case not in {"nomn", "accs"}) else 5, "nomn"
            )
        else:
            tail = scale_form(size, self.last.whole, case)
        words += f" {tail}"
        unit = units.unit(text, end)
        if unit is None:
            dot = closing_dot(text, end)
            return Said(words + dot, end, self._kept(case))
        words += " " + nouns.counted_with(1000, unit.adjective, unit.noun, case)
        return self._ended(words, unit, case)

    def _with_unit(self, unit: units.Unit) -> Said:
        exact = (
            len(self.numbers) == 1
            and (ends_in_one(self.last.whole) or self.last.whole in {1000, 10**6})
            and not self.last.part
        )
        case = self._case(exact=exact)
        if unit.noun in _DISTANCES and self.scan.word(unit.end) == "от" and self.asked == ("accs", "loct"):
            case = "loct"  # «в 3 км от офиса»
        if (
            self.last.part
            and len(self.last.part) == 2
            and unit.noun in units.MINOR
            and len(self.numbers) == 1
        ):
            hundredth = units.MINOR[unit.noun]
            words = self._one(self.last.whole, unit.noun, case)
            return self._ended(f"{words} {self._one(int(self.last.part), hundredth, case)}", unit, case)
        words, case = self._numbers(
            case, nouns.gender(unit.noun), counted=unit.noun not in {"процент", "промилле"}
        )
        if self.last.part:
            plural = self.last.is_half and case not in {"nomn", "accs"} and unit.noun != "процент"
            noun = nouns.part_of(unit.adjective, unit.noun, plural)
        else:
            noun = nouns.counted_with(self.last.whole, unit.adjective, unit.noun, case)
        return self._ended(f"{words} {noun}", unit, case)

    @staticmethod
    def _one(value: int, noun: str, case: Case) -> str:
        return f"{cardinal(value, case, nouns.gender(noun))} {nouns.counted(value, noun, case)}"

    def _ended(self, words: str, unit: units.Unit, case: Case) -> Said:
        end = unit.end
        each = units.each(self.scan.text, end)
        if each is not None:
            words, end = f"{words} {each[0]}", each[1]
        return Said(words + closing_dot(self.scan.text, end), end, self._kept(case))

    def _with_noun(self, end: int) -> Said:  # noqa: PLR0911 - one return per kind of noun
        found, noun_end = self.scan.nouns(end)
        if self.last.part:
            of: Gender = found[0].gender if found else "masc"
            case = self._case()
            half = self.last.is_half and bool(found) and found[0].lemma != "процент"
            words, case = self._numbers(case, of, counted=half)
            return Said(words, end, self._kept(case))
        if not found:
            found, noun_end = self._noun_of_the_other(end)
            of = found[0].gender if found else "masc"
            if found and len(self.numbers) == 1 and nouns.agreement(5, found, ("gent",)) is None:
                of = "masc"
            words, case = self._numbers(self._case(), of, counted=False)
            return Said(words, end, self._kept(case))
        if nouns.is_hour(self.scan.word(end)):
            words, case = self._numbers(self._case(), "masc", counted=False)
            return Said(words, end, self._kept(case))
        agreed = nouns.agreement(self.last.whole, found, self.asked)
        if agreed is None:
            words, case = self._numbers(self._case(), "masc", counted=False)
            return Said(words, end, self._kept(case))
        plain = not any(one.part or one.zeros or one.whole >= GREATEST for one in self.numbers)
        if agreed.ordinal and (self.scan.is_label(self.start) or not plain):
            return Said(self._numbers("nomn", "masc", counted=False)[0], end)
        if agreed.ordinal:
            return Said(self._ordinals(agreed), end, self._kept(agreed.case))
        return self._counting(agreed, end, noun_end)

    def _counting(self, agreed: nouns.Agreement, end: int, noun_end: int) -> Said:
        words, case = self._numbers(agreed.case, agreed.gender, counted=True, animate=agreed.animate)
        if words.startswith("от ") and case == "gent" and agreed.case in {"nomn", "accs"}:
            plural = not ends_in_one(self.last.whole)
            written = self.scan.text[end:noun_end].split()
            words += " " + " ".join(nouns.in_genitive(word.lower(), plural) for word in written)
            end = noun_end
        return Said(words, end, (case,))

    def _noun_of_the_other(self, end: int) -> tuple[tuple[nouns.Noun, ...], int]:
        """«от 1 до 2 минут»: the noun stands after the second number."""
        other = re.match(r" (?:до|по|из) (?=\d)", self.scan.text[end : end + 6])
        following = number(self.scan.text, end + other.end()) if other else None
        return self.scan.nouns(following[1]) if following else ((), end)

    # --- how the numbers are said ---------------------------------------------------------------

    def _case(self, *, exact: bool = False) -> Case:
        """The case that the words before ask for. `exact`: one or a thousand, «по одному», «по тысяче»."""
        if self.distributive:
            return "datv" if exact else "accs"
        return self.asked[0] if self.asked else "nomn"

    def _kept(self, case: Case) -> tuple[Case, ...]:
        return (case,) if case != "nomn" else ()

    def _ordinals(self, agreed: nouns.Agreement) -> str:
        if (
            len(self.numbers) > 1
            and any(joint == ", " for joint in self.joints)
            and "и" not in self.joints[-1]
        ):
            *others, last = self.numbers
            head = ", ".join(one.say("nomn", "masc") for one in others)
            return f"{head}, {ordinal(last.whole, agreed.case, agreed.gender)}"
        said = [
            ("ноль " * one.zeros) + ordinal(one.whole, agreed.case, agreed.gender) for one in self.numbers
        ]
        return _join(said, ["-" if joint == "–" else joint for joint in self.joints])

    def _numbers(self, case: Case, of: Gender, *, counted: bool, animate: bool = False) -> tuple[str, Case]:
        """The numbers joined. A range without a preposition is said «от … до …», short ones «пять-семь»."""
        said = [self._say(one, case, of, counted, animate) for one in self.numbers]
        if self.joints != ["–"]:
            return _join(said, ["-" if joint == "–" else joint for joint in self.joints]), case
        if self.prepositional or self._is_close(said):
            return "-".join(said), case
        first, last = (self._say(one, "gent", of, counted, animate) for one in self.numbers)
        return f"от {first} до {last}", "gent"

    def _is_close(self, said: Sequence[str]) -> bool:
        """«пять-семь дней», but «от трёх до двенадцати месяцев»."""
        first, last = self.numbers
        return (
            all(" " not in words for words in said)
            and not (first.part or last.part)
            and first.whole < last.whole <= 2 * first.whole + 1
        )

    @staticmethod
    def _say(one: Number, case: Case, of: Gender, counted: bool, animate: bool) -> str:
        if counted and one.is_half:
            return one_and_a_half(case, of)
        return one.say(case, of, animate=animate)


def _join(said: Sequence[str], joints: Sequence[str]) -> str:
    return said[0] + "".join(joint + words for joint, words in zip(joints, said[1:], strict=True))
