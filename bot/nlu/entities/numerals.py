"""Russian number words in all cases: value and case by form.

Cases: n nominative and accusative, g genitive, d dative, o any other. A form may serve several.
"""

from __future__ import annotations

from collections.abc import Iterator

_IRREGULAR = {
    0: "ноль:n нуль:n ноля:g нуля:g нолю:d нулю:d зеро:n",
    1: "один:n одна:n одно:n одну:n одного:g одной:g одному:d одним:o одни:n",
    2: "два:n две:n двух:g двум:d двумя:o",
    3: "три:n трех:g трем:d тремя:o",
    4: "четыре:n четырех:g четырем:d четырьмя:o",
    8: "восемь:n восьми:gd восемью:o восьмью:o",
    20: "двацать:n",  # misspelt often
    40: "сорок:n сорока:gd",
    50: "писят:n",  # as it is pronounced
    90: "девяносто:n девяноста:gd",
    100: "сто:n ста:gd",
    200: "двести:n двухсот:g двумстам:d",
    300: "триста:n трехсот:g тремстам:d",
    400: "четыреста:n четырехсот:g четыремстам:d",
}
_TEENS = (
    "десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать "
    "девятнадцать"
)
_SOFT = {5: "пять", 6: "шесть", 7: "семь", 9: "девять", 20: "двадцать", 30: "тридцать"} | dict(
    enumerate(_TEENS.split(), 10)
)
_JOINT = {
    5: ("пять", "пяти"),
    6: ("шесть", "шести"),
    7: ("семь", "семи"),
    8: ("восемь", "восьми"),
    9: ("девять", "девяти"),
}
_ORDINAL_STEMS = {
    1: "перв", 2: "втор", 4: "четверт", 5: "пят", 6: "шест", 7: "седьм", 8: "восьм", 9: "девят",
    40: "сороков", 50: "пятидесят", 60: "шестидесят", 70: "семидесят", 80: "восьмидесят", 90: "девяност",
    100: "сот", 1000: "тысячн", 2000: "двухтысячн",
}  # fmt: skip
_ENDINGS = {"ое": "n", "ого": "g", "ому": "d"} | dict.fromkeys(
    ("ый", "ой", "ая", "ую", "ым", "ом", "ые", "ых"), "o"
)
_THIRD = "третье:n третьего:g третьему:d третий:o третья:o третью:o третьей:o третьим:o третьем:o"
_THOUSAND = "тысяча тысячи тысяч тысячу тысяче тысячей тысячам тысячами тыс тыщ тыща тыщи тыщу тыщей"
_MILLION = "миллион миллиона миллионов миллиону миллионом миллионы млн лям ляма лямов мильон мильона"
_HUNDRED = "сотня сотни сотню сотен"
_MILLIARD = "миллиард миллиарда миллиардов миллиарду млрд"


def _marked(value: int, forms: str) -> Iterator[tuple[str, tuple[int, str]]]:
    for form in forms.split():
        word, _, case = form.partition(":")
        yield word, (value, case)


def _cardinals() -> Iterator[tuple[str, tuple[int, str]]]:
    for value, forms in _IRREGULAR.items():
        yield from _marked(value, forms)
    for value, word in _SOFT.items():
        yield from _marked(value, f"{word}:n {word[:-1]}и:gd {word}ю:o")
    for digit, (plain, oblique) in _JOINT.items():
        if digit < 9:
            yield from _marked(digit * 10, f"{plain}десят:n {oblique}десяти:gd")
        yield from _marked(digit * 100, f"{plain}сот:n {oblique}сот:g {oblique}стам:d")


def _ordinals() -> Iterator[tuple[str, tuple[int, str]]]:
    stems = _ORDINAL_STEMS | {value: word[:-1] for value, word in _SOFT.items() if value >= 10}
    for value, stem in stems.items():
        for ending, case in _ENDINGS.items():
            yield stem + ending, (value, case)
    yield from _marked(3, _THIRD)


CARDINALS = dict(_cardinals())
ORDINALS = dict(_ordinals())
SCALES = (
    dict.fromkeys(_THOUSAND.split(), 1_000)
    | dict.fromkeys(_HUNDRED.split(), 100)
    | dict.fromkeys(_MILLION.split(), 1_000_000)
    | dict.fromkeys(_MILLIARD.split(), 1_000_000_000)
)
HALVES = dict.fromkeys(("полтора", "полторы", "полутора"), 1.5)  # of the scale that follows
HALF_SCALES = {f"пол{form}": scale // 2 for form, scale in SCALES.items() if form.endswith(("и", "а"))}
SUFFIXES = (
    dict.fromkeys(("е", "ое", "ье"), "n")
    | dict.fromkeys(("го", "ого", "его"), "g")
    | dict.fromkeys(("му", "ому", "ему"), "d")
    | dict.fromkeys(("й", "ый", "ой", "я", "ая", "ю", "ую", "х", "ых", "ым", "м", "ом"), "o")
)  # of digits: «20-е»
