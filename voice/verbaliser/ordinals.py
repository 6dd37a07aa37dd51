"""Ordinals by their ending or as Roman numerals: «5-го», «90-х», «II квартал»."""

from __future__ import annotations

import re

from voice.verbaliser import nouns
from voice.verbaliser.codes import in_groups
from voice.verbaliser.numerals import Case, Gender, cardinal, ordinal
from voice.verbaliser.scan import Said, Scan
from voice.verbaliser.tables import ordered

_OBLIQUE: tuple[Case, ...] = ("gent", "datv", "ablt", "loct")
_FORMS: dict[str, tuple[tuple[Case, Gender], ...]] = {
    "я ая ья": (("nomn", "femn"),),
    "ю ую ью": (("accs", "femn"),),
    "й ый ий": (("nomn", "masc"), ("accs", "masc"), *((case, "femn") for case in _OBLIQUE)),
    "ой ей": (*((case, "femn") for case in _OBLIQUE), ("nomn", "masc"), ("accs", "masc")),
    "е ое ее": (("nomn", "neut"), ("accs", "neut"), ("nomn", "plur"), ("accs", "plur")),
    "ые ие ьи": (("nomn", "plur"), ("accs", "plur")),
    "го ого его": (("gent", "masc"), ("gent", "neut"), ("accs", "masc")),
    "му ому ему": (("datv", "masc"), ("datv", "neut")),
    "м ым им ом ем": (
        ("loct", "masc"),
        ("loct", "neut"),
        ("ablt", "masc"),
        ("ablt", "neut"),
        ("datv", "plur"),
    ),
    "х ых их": (("gent", "plur"), ("loct", "plur"), ("accs", "plur")),
    "ми ыми ими": (("ablt", "plur"),),
}
_ENDINGS = {ending: forms for endings, forms in _FORMS.items() for ending in endings.split()}
_CARDINAL_ENDINGS: dict[str, Case] = {
    "ти": "gent",
    "ух": "gent",
    "ёх": "gent",
    "ех": "gent",
    "тью": "ablt",
    "мя": "ablt",
}
_ORDINAL = re.compile(
    r"(?P<number>\d{1,15})"
    r"(?P<list>(?:-?(?:ая|я|ый|ой|й|ое|е|го|му|м|х)?(?:, | и | или |[–-])\d{1,4}){0,6})"
    r"(?:-| ?-)?(?P<ending>"
    + "|".join(sorted([*_ENDINGS, *_CARDINAL_ENDINGS], key=len, reverse=True))
    + r")(?![А-Яа-яЁё+])"
)
_GLUED = {"го", "ый", "ая", "ое", "му", "ой", "ые", "ых", "ти", "ого"}  # «5го», but «5 м»
_COUNTED_X = {2, 3, 4}  # «3-х дней» counts, «90-х» is a decade
_ROMAN = re.compile(
    r"(?=[IVXLC])(?P<roman>X{0,3}(?:XL|L|XC|C)?X{0,3}(?:IX|IV|V?I{0,3}))(?![A-Za-zА-Яа-яЁё\d])"
)
_ANOTHER = re.compile(r"(?:,| и| или|[–-]) ?[IVXLC]{1,5}(?![A-Za-z])")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_NUMBERED_BY_ROMAN: dict[str, Gender] = {
    **dict.fromkeys(ordered("глава часть статья группа категория"), "femn"),
    **dict.fromkeys(ordered("том раздел класс тип этап модуль"), "masc"),
}


def read(scan: Scan, at: int) -> Said | None:  # noqa: PLR0911 - one return per kind of ending
    """«15-е число», «с 61-го дня», «1-го и 2-го»; «3-х дней» counts."""
    found = _ORDINAL.match(scan.text, at)
    if found is None:
        return None
    ending = found["ending"]
    glued = scan.text[found.start("ending") - 1] != "-"
    value = int(found["number"])
    if glued and ending not in _GLUED and not (ending == "х" and value in _COUNTED_X):
        return None
    if ending in _CARDINAL_ENDINGS and not found["list"]:
        return Said(cardinal(value, _CARDINAL_ENDINGS[ending]), found.end())
    if ending in _CARDINAL_ENDINGS:
        return None
    following, _ = scan.nouns(found.end())
    if (
        ending == "х"
        and value in _COUNTED_X
        and not found["list"]
        and not any(noun.lemma == "год" for noun in following)
    ):
        return Said(
            cardinal(value, "loct" if scan.nearest(at) in {"в", "на", "о", "при"} else "gent"), found.end()
        )
    counts = _counted(scan, at, value, ending, following) if not found["list"] else None
    if counts is not None:
        return Said(cardinal(value, counts), found.end())
    if ending == "ми":
        return Said(cardinal(value, "ablt"), found.end())
    case, of = _agreed(scan, at, value, ending, following)
    words = ordinal(value, case, of)
    for part in re.finditer(r"(, | и | или |[–-])(\d+)", found["list"]):
        joint = "-" if part[1] in {"–", "-"} else part[1]
        words += joint + ordinal(int(part[2]), case, of)
    words = "ноль " * (len(found["number"]) - len(str(value))) + words
    return Said(words, found.end(), (case,))


def _counted(scan: Scan, at: int, value: int, ending: str, following: tuple[nouns.Noun, ...]) -> Case | None:
    """«к 3-м», «с 5-ю картами»: a number in its case, not an ordinal."""
    asked = scan.government(at)
    singular = any(not noun.plural for noun in following)
    dative = asked[:1] == ("datv",) or any(noun.plural and noun.case == "datv" for noun in following)
    if ending == "м" and value in _COUNTED_X and dative and not singular:
        return "datv"
    return "ablt" if ending == "ю" and "ablt" in asked and "gent" in asked and not singular else None


def _agreed(
    scan: Scan, at: int, value: int, ending: str, following: tuple[nouns.Noun, ...]
) -> tuple[Case, Gender]:
    possible = _ENDINGS[ending]
    asked = scan.government(at)
    fitting = [
        (case, of)
        for case, of in possible
        if any(
            noun.case == case and (noun.plural if of == "plur" else (not noun.plural and noun.gender == of))
            for noun in following
        )
    ]
    for case in asked:
        for one in fitting:
            if one[0] == case:
                return one
    if fitting:
        return fitting[0]
    if ending == "е" and value >= 20 and value % 10 == 0 and (value >= 1000 or value < 100):
        return ("nomn", "plur")
    return next((one for case in asked for one in possible if one[0] == case), possible[0])


def roman(scan: Scan, at: int) -> Said | None:
    """«II квартал», «глава IV», «XXI век»; a lone letter only beside a word that is numbered."""
    found = _ROMAN.match(scan.text, at)
    if found is None or not found["roman"]:
        return None
    if re.search(r"[A-Za-z] ?\Z", scan.text[max(0, at - 2) : at]) or re.match(
        r" ?[A-HJ-UWYZa-z@]|[-.][^IVX\W]", scan.text[found.end() : found.end() + 2]
    ):
        return None
    value = _value(found["roman"])
    another = _ANOTHER.match(scan.text, found.end())  # «I и II группы»
    following, _ = scan.nouns(another.end() if another else found.end())
    preceding = nouns.readings(scan.nearest(at))
    if preceding and preceding[0].lemma in _NUMBERED_BY_ROMAN and not preceding[0].plural:
        return Said(ordinal(value, preceding[0].case, _NUMBERED_BY_ROMAN[preceding[0].lemma]), found.end())
    singular = [noun for noun in following if not noun.plural]
    if singular:
        asked = scan.government(at)
        noun = next((noun for case in asked for noun in singular if noun.case == case), singular[0])
        return Said(ordinal(value, noun.case, noun.gender), found.end())
    if len(found["roman"]) == 1 or found["roman"] in {"CC", "CV", "CX", "XL", "CI"}:
        return None
    return Said(cardinal(value), found.end())


def _value(roman: str) -> int:
    total = 0
    for one, following in zip(roman, [*roman[1:], ""], strict=True):
        value = _VALUES[one]
        total += -value if following and _VALUES[following] > value else value
    return total


def item(digits: str) -> str:
    """The number of an item of a list: «первое»."""
    return ordinal(int(digits), "nomn", "neut") if len(digits) < 4 else in_groups(digits)
