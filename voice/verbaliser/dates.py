"""Dates, months and years: «с первого марта две тысячи двадцать шестого года по пятнадцатое марта»."""

from __future__ import annotations

import re

from voice.verbaliser import nouns, units
from voice.verbaliser.numerals import Case, ordinal
from voice.verbaliser.scan import Said, Scan, closing_dot
from voice.verbaliser.tables import ordered

_MONTHS = ordered("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")
_SHORT = {short: number for number, shorts in enumerate(
    ("янв", "фев февр", "мар", "апр", "май", "июн", "июл", "авг", "сен сент", "окт", "ноя нояб", "дек"), 1
) for short in shorts.split()}  # fmt: skip
_MONTH = "|".join([*_MONTHS, *(rf"{short}\.?(?![а-яё])" for short in _SHORT if short != "май")])
_YEAR_MARK = r"(?P<mark> ?(?:года|году|год|г\.|г(?![а-яё])))?"
_NUMERIC = re.compile(
    r"(?:(?P<day>0?[1-9]|[12]\d|3[01])(?P<sep>[./-])(?P<month>0?[1-9]|1[0-2])(?:(?P=sep)(?P<year>\d{4}|\d\d))?"
    r"|(?P<iso_year>\d{4})-(?P<iso_month>0[1-9]|1[0-2])-(?P<iso_day>0[1-9]|[12]\d|3[01]))(?![\d/-]|[.,]\d)"
    + _YEAR_MARK,
)
_WORDY = re.compile(
    r"(?P<days>\d{1,2}(?:-?го)?(?:(?: ?[–-] ?|, | и | или | по )\d{1,2}(?:-?го)?){0,8})"
    rf"[ -](?P<name>{_MONTH})(?![а-яё])"
    rf"(?:[ -](?P<year>\d{{4}})(?!\d|[ ,.]\d){_YEAR_MARK})?",
    re.IGNORECASE,
)
_DAY = re.compile(rf"\d{{1,2}} (?:{_MONTH})(?![а-яё])", re.IGNORECASE)
_YEAR = re.compile(
    r"(?P<first>1[5-9]\d\d|20\d\d)(?: ?(?P<joint>[–-]|, | и | или ) ?(?P<second>1[5-9]\d\d|20\d\d))?"
    r" ?(?P<word>(?:(?:учебн|финансов|календарн|налогов)\w{2,3} )?"
    r"(?:год(?:а|у|ом|е|ы|ов|ам|ами|ах)?|гг?\.|гг?)(?![а-яё]))",
)
_BARE_YEAR = re.compile(
    r"(?:19|20)\d\d(?![\d%₽$€-]|[.,]\d| ?\d)(?=[.,;:!?)]|\Z|\n| (?:и|или|по|до|на|в|с)\b)"
)
_UNTIL_YEAR = re.compile(r"(?:1[5-9]|20)\d\d(?= (?:по|до) (?:1[5-9]|20)\d\d ?г)")
_YEAR_WORDS: dict[str, tuple[Case, ...]] = {
    "год": ("nomn", "accs"), "года": ("gent",), "году": ("loct", "datv"), "годом": ("ablt",),
    "годе": ("loct",),
    "годы": ("nomn", "accs"), "годов": ("gent",), "годам": ("datv",), "годами": ("ablt",), "годах": ("loct",),
}  # fmt: skip
_YEAR_FORMS = dict(
    zip(
        ("nomn", "gent", "datv", "accs", "ablt", "loct"), ordered("год года году год годом году"), strict=True
    )
)
_YEARS_FORMS = dict(
    zip(
        ("nomn", "gent", "datv", "accs", "ablt", "loct"),
        ordered("годы годов годам годы годами годах"),
        strict=True,
    )
)
# A place in time, not a length: «на 15.03» is the accusative of a neuter, «с 15.03» a genitive.
_DAY_CASES: dict[str, Case] = {
    "по": "accs", "на": "accs", "за": "accs", "в": "accs", "к": "datv", "ко": "datv", "перед": "ablt",
    "между": "ablt", "о": "loct",
    "дата": "nomn", "сегодня": "nomn", "завтра": "nomn", "вчера": "nomn", "это": "nomn",
}  # fmt: skip
_BEFORE_DATE = {"с", "со", "до", "от", "после", "по", "на", "к", "не", "позднее", "раньше", "позже", "ранее"}


def read(scan: Scan, at: int) -> Said | None:
    """A date, a list or range of days of a month, or a year, that stands at `at`."""
    return _numeric(scan, at) or _wordy(scan, at) or _year(scan, at)


def _numeric(scan: Scan, at: int) -> Said | None:
    found = _NUMERIC.match(scan.text, at)
    if found is None:
        return None
    if found["iso_day"]:
        day, month, year = found["iso_day"], found["iso_month"], found["iso_year"]
    else:
        day, month, year = found["day"], found["month"], found["year"]
    if not year and (found["sep"] != "." or len(month) < 2 or not _is_date(scan, at, found)):
        return None
    case = _case(scan, at)
    words = f"{ordinal(int(day), case, 'neut')} {_MONTHS[int(month) - 1]}"
    if year:
        words += f" {_year_said(year)} года"
    end = found.end() if found["mark"] and year else found.end() - len(found["mark"] or "")
    return Said(words + closing_dot(scan.text, end), end)


def _is_date(scan: Scan, at: int, found: re.Match[str]) -> bool:
    """«15.03» is a date unless it counts something: «1.05 %», «12.10 кг»."""
    end = found.end() - len(found["mark"] or "")
    if (
        units.unit(scan.text, end)
        or units.scale(scan.text, end)
        or re.match(r" ?мск| ч", scan.text[end : end + 4])
    ):
        return False
    return len(found["day"]) == 2 or scan.nearest(at) in _BEFORE_DATE


def _year_said(year: str) -> str:
    if len(year) == 4:
        return ordinal(int(year), "gent") if year[0] != "0" else "ноль " + ordinal(int(year), "gent")
    return ("ноль " if year[0] == "0" and year != "00" else "") + ordinal(int(year), "gent")


def _case(scan: Scan, at: int) -> Case:
    nearest = scan.nearest(at)
    if nearest in _DAY_CASES:
        return _DAY_CASES[nearest]
    if nearest in {"и", "или"} and scan.cases and at - scan.numbers_end <= 4:
        return scan.cases[0]
    return "nomn" if not nearest and scan.text[max(0, at - 2) : at].strip() == ":" else "gent"


def _wordy(scan: Scan, at: int) -> Said | None:
    found = _WORDY.match(scan.text, at)
    if found is None or scan.text[found.end() : found.end() + 1] == "+":
        return None
    days = [int(day) for day in re.findall(r"\d+", found["days"])]
    if any(not 1 <= day <= 31 for day in days):
        return None
    joints = re.findall(r"(?<=\d)(?:-?го)?( ?[–-] ?(?=\d)|, | и | или | по )", found["days"])
    if ", " in joints and (joints[-1] not in {" и ", " или "} or days != sorted(days)):
        return None  # «улица Пробная, 7, 5 июня»: a house, then a day
    case = _case(scan, at)
    said = [ordinal(day, case, "neut") for day in days]
    if len(days) == 2 and joints[0].strip() in {"–", "-"}:
        words = f"с {ordinal(days[0], 'gent', 'neut')} по {ordinal(days[1], 'accs', 'neut')}"
    else:
        words = said[0]
        for joint, day, same in zip(joints, days[1:], said[1:], strict=True):
            words += (
                f" по {ordinal(day, 'accs', 'neut')}"
                if joint == " по "
                else ("-" if joint.strip() in {"–", "-"} else joint) + same
            )
    name = found["name"].lower().rstrip(".")
    words += " " + (_MONTHS[_SHORT[name] - 1] if name in _SHORT else name)
    end = found.end("name")
    if found["year"]:
        words += f" {ordinal(int(found['year']), 'gent')} года"
        end = found.end()
    return Said(words + closing_dot(scan.text, end), end, (case,))


def _year(scan: Scan, at: int) -> Said | None:
    found = _YEAR.match(scan.text, at)
    if found is None:
        return _bare_year(scan, at)
    *rest, word = found["word"].split(" ")
    several = found["second"] is not None
    case = _year_case(scan, at, word)
    first = ordinal(int(found["first"]), case)
    said = (
        word
        if not word.startswith("г.") and word not in {"г", "гг", "гг."}
        else (_YEARS_FORMS if several else _YEAR_FORMS)[case]
    )
    if several:
        following = int(found["second"]) == int(found["first"]) + 1
        joint = " или " if "или" in found["joint"] else " и " if following or "и" in found["joint"] else ", "
        first += f"{joint}{ordinal(int(found['second']), case)}"
    words = " ".join([first, *rest, said])
    return Said(words + closing_dot(scan.text, found.end()), found.end(), (case,))


def _year_case(scan: Scan, at: int, word: str) -> Case:
    asked = scan.government(at)
    if word in _YEAR_WORDS:
        possible = _YEAR_WORDS[word]
        return next((case for case in asked if case in possible), possible[0])
    if scan.nearest(at) in {"в", "во"}:
        return "loct"
    if asked:
        return asked[0]
    # «июнь 2026 г.», «1-й квартал 2026 г.»: the year belongs to the noun before it
    return "gent" if nouns.readings(scan.nearest(at)) else "nomn"


def is_day(text: str, at: int) -> bool:
    """A day of a month stands at `at`: «5 июня»."""
    return _DAY.match(text, at) is not None


def _bare_year(scan: Scan, at: int) -> Said | None:
    """«в 2024,»: a year without its word."""
    until = _UNTIL_YEAR.match(scan.text, at)
    if until is not None:
        asked = scan.government(at)
        case: Case = asked[0] if asked else "gent"
        return Said(ordinal(int(until[0]), case), until.end(), (case,))
    found = _BARE_YEAR.match(scan.text, at)
    if found is not None and nouns.is_month(scan.nearest(at)):
        return Said(f"{ordinal(int(found[0]), 'gent')} года", found.end(), ("gent",))
    if found is None or scan.nearest(at) not in {"в", "во"}:
        return None
    return Said(ordinal(int(found[0]), "loct"), found.end(), ("loct",))
