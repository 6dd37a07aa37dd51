"""Times of day: «до двадцати трёх часов пятидесяти девяти минут по Москве»."""

from __future__ import annotations

import re

from voice.verbaliser import units
from voice.verbaliser.nouns import counted
from voice.verbaliser.numerals import Case, cardinal
from voice.verbaliser.scan import Said, Scan
from voice.verbaliser.tables import ordered

_TIME = re.compile(
    r"(?P<hour>[01]?\d|2[0-4])(?P<sep>[:.-])(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?![\d%₽]|[:.,/]\d)"
)
_AFTER = re.compile(r" ?(?:ч\.(?! *\d)|ч(?![а-яё])|час(?:а|ов|ам|ах)?(?![а-яё]))")
_RANGE = re.compile(r" ?[–-] ?(?=\d)")
_ZONE = re.compile(r",? ?\(?(?:по )?(?:мск|msk)(?![а-яёa-z])\)?", re.IGNORECASE)
_OFFSET = re.compile(r"(?= ?[+-]\d)")
_BEFORE = frozenset(ordered("с со до в во к ко после около на по и раньше позже позднее ранее"))
_ROUND = frozenset({"00", "15", "30", "45", "59"})


def read(scan: Scan, at: int) -> Said | None:
    """A time or a range of times with «ч» and «мск» after it."""
    first = _match(scan, at)
    if first is None:
        return None
    dash = _RANGE.match(scan.text, first.end())
    last = _match(scan, dash.end(), within=True) if dash else None
    end = (last or first).end()
    if last is not None:
        nearest = scan.nearest(at)
        words = (
            "" if nearest in {"с", "со", "от"} else "с "
        ) + f"{_said(first, 'gent', short=True)} до {_said(last, 'gent')}"
        cases: tuple[Case, ...] = ("gent",)
    else:
        case = _case(scan, at)
        words, cases = _said(first, case, short=_until(scan, at, end)), (case,)
    hours = _AFTER.match(scan.text, end)
    if hours:
        end = hours.end()
    zone = _ZONE.match(scan.text, end)
    if zone and not _OFFSET.match(scan.text, zone.end()):
        words, end = f"{words} по Москве", zone.end()
    return Said(words, end, cases)


def _match(scan: Scan, at: int, *, within: bool = False) -> re.Match[str] | None:  # noqa: PLR0911 - one return per doubt
    found = _TIME.match(scan.text, at)
    if found is None or (int(found["hour"]) == 24 and found["minute"] != "00"):
        return None
    if found["sep"] == ":":
        return found
    # «9.00» and «9-00» are times only where nothing else can be meant
    if units.unit(scan.text, found.end()) and not _AFTER.match(scan.text, found.end()):
        return None
    if within:
        return found
    if found["minute"] not in _ROUND or scan.nearest(at) not in _BEFORE:
        return None
    if found["sep"] == "-" and _RANGE.match(scan.text, found.end()):
        return None
    return (
        found
        if found["sep"] == "." or (len(found["minute"]) == 2 and not scan.nouns(found.end())[0])
        else None
    )


def _case(scan: Scan, at: int) -> Case:
    asked = scan.government(at)
    return asked[0] if asked else "nomn"


def _until(scan: Scan, at: int, end: int) -> bool:
    """«с 8:00 до 22:00»: the word for hours is said once."""
    return scan.nearest(at) in {"с", "со", "от"} and bool(re.match(r" до \d", scan.text[end : end + 5]))


def _said(found: re.Match[str], case: Case, *, short: bool = False) -> str:
    hour, minute = int(found["hour"]), int(found["minute"])
    words = cardinal(hour, case)
    if short and not minute and not found["second"]:
        return words
    words += " " + counted(hour, "час", case)
    if minute or found["second"]:
        words += f" {cardinal(minute, case, 'femn')} {counted(minute, 'минута', case)}"
    if found["second"]:
        second = int(found["second"])
        words += f" {cardinal(second, case, 'femn')} {counted(second, 'секунда', case)}"
    return words
