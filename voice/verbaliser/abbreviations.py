"""Short forms with a full stop or a stroke: «т. е.», «ул.», «доб.», «р/с», «пн–пт»."""

from __future__ import annotations

import re
from typing import Any

from voice.verbaliser import nouns
from voice.verbaliser.numerals import CASES, Case, cardinal
from voice.verbaliser.scan import Said, Scan, closing_dot
from voice.verbaliser.tables import content, ordered

_FIXED: dict[str, str] = content("abbreviations.yml")["fixed"]
_DECLINED: dict[str, dict[str, Any]] = content("abbreviations.yml")["declined"]
_ENDING = frozenset(content("abbreviations.yml")["ends"])
_LOWER_ONLY = {"км", "кг", "им.", "св.", "ок.", "см.", "ср."}
_PLACES: dict[str, Case] = {
    "в": "loct", "во": "loct", "на": "loct", "о": "loct", "при": "loct", "по": "datv", "к": "datv",
    "с": "gent", "со": "gent", "за": "ablt",
}  # fmt: skip
_WEEK = dict(
    zip(
        ordered("пн вт ср чт пт сб вс"),
        ordered("понедельник вторник среда четверг пятница суббота воскресенье"),
        strict=True,
    )
)
_DAY = "(" + "|".join(_WEEK) + ")(?![А-Яа-яЁё])"
_WEEKDAY = re.compile(rf"{_DAY}(?: ?[–-] ?{_DAY})?\.?", re.IGNORECASE)


_TIMES = {"месяц", "неделя", "сутки"}
_NAME = re.compile(r" ?([1-9]\d{0,3})(?![\d.,/-]\d)")
_AGREEING = ordered("ая яя ой ей ую юю ый ий ого его ому ему ым им ом ем ое ее")


def _pattern(written: str) -> str:
    """Spaces inside may be left out: «т.е.»; a form without a full stop ends with its letters."""
    pattern = re.escape(written).replace(r"\ ", " ?")
    return pattern if written[-1] in ".№§" else pattern + r"(?![А-Яа-яЁё])"


def _first(written: str) -> str:
    found = re.match(r"[^\W\d_²]+|.", written)
    return found[0].lower() if found else ""


_BY_FIRST: dict[str, list[tuple[re.Pattern[str], str]]] = {}
for _written in sorted([*_FIXED, *_DECLINED], key=len, reverse=True):
    _BY_FIRST.setdefault(_first(_written), []).append(
        (re.compile(_pattern(_written), re.IGNORECASE), _written)
    )


def read(scan: Scan, at: int, first: str) -> Said | None:
    """The short form that stands at `at`; `first` is its first word, lower case."""
    if first in _WEEK:
        return _weekday(scan, at)
    for pattern, written in _BY_FIRST.get(first, ()):
        found = pattern.match(scan.text, at)
        if found is None or (written in _LOWER_ONLY and not found[0].islower() and not found[0].istitle()):
            continue
        said = (
            _declined(scan, at, written, found.end())
            if written in _DECLINED
            else _fixed(scan, written, found)
        )
        if said is not None:
            return said
    return None


def _fixed(scan: Scan, written: str, found: re.Match[str]) -> Said:
    words = _FIXED[written]
    if found[0][0].isupper():
        words = words[0].upper() + words[1:]
    ends = closing_dot(scan.text, found.end()) if written in _ENDING else ""
    return Said(words + ends, found.end())


def _declined(scan: Scan, at: int, written: str, end: int) -> Said | None:
    lemma, needed = _DECLINED[written]["noun"], _DECLINED[written]["before"]
    following = scan.text[end : end + 2].lstrip()[:1]
    if (needed == "digit" and not following.isdecimal()) or (needed == "name" and not following.isupper()):
        return None
    if written == "стр." and not _in_address(scan, at):
        lemma = "страница"
    if written == "к." and not _in_address(scan, at):
        return None
    case = _case(scan, at, end, lemma)
    words = nouns.form(lemma, case, bool(_DECLINED[written].get("plural")))
    if scan.text[at].isupper():
        words = words.capitalize()
    named = _NAME.match(scan.text, end) if needed == "digit" or written == "эт." else None
    if named:
        return Said(f"{words} {cardinal(int(named[1]))}", named.end())
    ends = closing_dot(scan.text, end) if lemma in _TIMES else ""
    return Said(f"{words}{ends} ", end)


def _in_address(scan: Scan, at: int) -> bool:
    near = scan.text[max(0, at - 40) : at].lower()
    return bool(re.search(r"\bд\.|\bдом|\bул\.|улиц|корп|просп|пер\.|пр-т|шоссе|стр\.", near))


def _case(scan: Scan, at: int, end: int, lemma: str) -> Case:
    """By the preposition and by the name that follows: «на ул. Условной», «в г. Казани»."""
    nearest = scan.nearest(at)
    asked = scan.government(at)
    wanted: list[Case] = [_PLACES[nearest]] if nearest in _PLACES and lemma not in _TIMES else []
    wanted += [case for case in asked if case not in wanted]
    name = scan.word(end)
    forms = {noun.case for noun in nouns.readings(name)} if lemma in {"город", "село", "деревня"} else set()
    for word in (name, nearest):
        if word.endswith(_AGREEING):
            forms |= {case for case, of, _ in nouns.adjective(word) if of == nouns.gender(lemma)}
    if not forms:
        return wanted[0] if wanted else "nomn"
    for case in (*wanted, *CASES):
        if case in forms:
            return case
    return "nomn"


def _weekday(scan: Scan, at: int) -> Said | None:
    found = _WEEKDAY.match(scan.text, at)
    if found is None:
        return None
    first = _WEEK[found[1].lower()]
    dot = closing_dot(scan.text, found.end())
    if found[2]:
        words = (
            f"с {nouns.form(first, 'gent', False)} по {nouns.form(_WEEK[found[2].lower()], 'accs', False)}"
        )
        return Said(words + dot, found.end())
    asked = scan.government(at)
    return Said(nouns.form(first, asked[0] if asked else "nomn", False) + dot, found.end())
