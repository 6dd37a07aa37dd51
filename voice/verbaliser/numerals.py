"""Russian numerals in words, declined: cardinals, ordinals, decimals, fractions.

Cases and genders carry pymorphy3's names; the gender `plur` is that of words without a singular («сутки»).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

Case = Literal["nomn", "gent", "datv", "accs", "ablt", "loct"]
Gender = Literal["masc", "femn", "neut", "plur"]
CASES: tuple[Case, ...] = ("nomn", "gent", "datv", "accs", "ablt", "loct")
GREATEST = 10**15  # what is longer is said by digits


def _row(forms: str) -> dict[Case, str]:
    return dict(zip(CASES, forms.split(), strict=True))


def _soft(stem: str) -> dict[Case, str]:
    return _row(f"{stem}ь {stem}и {stem}и {stem}ь {stem}ью {stem}и")


_ONE: dict[Gender, dict[Case, str]] = {
    "masc": _row("один одного одному один одним одном"),
    "femn": _row("одна одной одной одну одной одной"),
    "neut": _row("одно одного одному одно одним одном"),
    "plur": _row("одни одних одним одни одними одних"),
}
_TWO = _row("два двух двум два двумя двух")
_SIMPLE: dict[int, dict[Case, str]] = {
    0: _row("ноль нуля нулю ноль нулём нуле"),
    3: _row("три трёх трём три тремя трёх"),
    4: _row("четыре четырёх четырём четыре четырьмя четырёх"),
    5: _soft("пят"),
    6: _soft("шест"),
    7: _soft("сем"),
    8: _row("восемь восьми восьми восемь восемью восьми"),
    9: _soft("девят"),
    10: _soft("десят"),
    **{
        10 + unit: _soft(stem + "надцат")
        for unit, stem in enumerate(
            ["один", "две", "три", "четыр", "пят", "шест", "сем", "восем", "девят"], 1
        )
    },
    20: _soft("двадцат"),
    30: _soft("тридцат"),
    40: _row("сорок сорока сорока сорок сорока сорока"),
    50: _row("пятьдесят пятидесяти пятидесяти пятьдесят пятьюдесятью пятидесяти"),
    60: _row("шестьдесят шестидесяти шестидесяти шестьдесят шестьюдесятью шестидесяти"),
    70: _row("семьдесят семидесяти семидесяти семьдесят семьюдесятью семидесяти"),
    80: _row("восемьдесят восьмидесяти восьмидесяти восемьдесят восемьюдесятью восьмидесяти"),
    90: _row("девяносто девяноста девяноста девяносто девяноста девяноста"),
    100: _row("сто ста ста сто ста ста"),
    200: _row("двести двухсот двумстам двести двумястами двухстах"),
    300: _row("триста трёхсот трёмстам триста тремястами трёхстах"),
    400: _row("четыреста четырёхсот четырёмстам четыреста четырьмястами четырёхстах"),
    500: _row("пятьсот пятисот пятистам пятьсот пятьюстами пятистах"),
    600: _row("шестьсот шестисот шестистам шестьсот шестьюстами шестистах"),
    700: _row("семьсот семисот семистам семьсот семьюстами семистах"),
    800: _row("восемьсот восьмисот восьмистам восемьсот восемьюстами восьмистах"),
    900: _row("девятьсот девятисот девятистам девятьсот девятьюстами девятистах"),
}
_THOUSAND = (
    _row("тысяча тысячи тысяче тысячу тысячей тысяче"),
    _row("тысячи тысяч тысячам тысячи тысячами тысячах"),
)


def _illion(stem: str) -> tuple[dict[Case, str], dict[Case, str]]:
    return (
        _row(f"{stem} {stem}а {stem}у {stem} {stem}ом {stem}е"),
        _row(f"{stem}ы {stem}ов {stem}ам {stem}ы {stem}ами {stem}ах"),
    )


SCALES: dict[int, tuple[Gender, tuple[dict[Case, str], dict[Case, str]]]] = {
    10**12: ("masc", _illion("триллион")),
    10**9: ("masc", _illion("миллиард")),
    10**6: ("masc", _illion("миллион")),
    10**3: ("femn", _THOUSAND),
}


def ends_in_one(number: int) -> bool:
    return number % 10 == 1 and number % 100 != 11


def is_few(number: int) -> bool:
    """Two to four at the end: «два дня», not «пять дней»."""
    return number % 10 in {2, 3, 4} and number % 100 not in {12, 13, 14}


def form_after(number: int, case: Case) -> tuple[bool, Case]:
    """(plural, case) of what is counted: 2 in the nominative takes a genitive singular."""
    if ends_in_one(number):
        return False, case
    if case in {"nomn", "accs"}:
        return not is_few(number), "gent"
    return True, case


def scale(size: int, number: int, case: Case) -> str:
    """«тысяча», «тысяч», «миллионами»: the scale after `number` of them."""
    plural, of = form_after(number, case)
    return SCALES[size][1][plural][of]


@lru_cache(20_000)
def cardinal(number: int, case: Case = "nomn", gender: Gender = "masc", animate: bool = False) -> str:
    """The number in words. `animate` is felt by 1 to 4 in the accusative: «двух друзей», «одного клиента».

    A thousand is «тысяча», a million «один миллион».
    """
    if number == 0:
        return _SIMPLE[0][case]
    words: list[str] = []
    for size, (of, _) in SCALES.items():
        count, number = divmod(number, size)
        if count:
            if count > 1 or size > 1000 or words:
                words.append(_below_thousand(count, case, of, animate=False))
            words.append(scale(size, count, case))
    if number:
        words.append(_below_thousand(number, case, gender, animate=animate))
    return " ".join(words)


def _below_thousand(number: int, case: Case, gender: Gender, *, animate: bool) -> str:
    words = []
    if number >= 100:
        words.append(_SIMPLE[number // 100 * 100][case])
        number %= 100
    if number >= 20:
        words.append(_SIMPLE[number // 10 * 10][case])
        number %= 10
    simple = not words
    if number == 1:
        of = "gent" if animate and case == "accs" and gender == "masc" else case
        words.append(_ONE[gender][of])
    elif number == 2:
        of = "gent" if animate and simple and case == "accs" else case
        words.append("две" if gender == "femn" and of in {"nomn", "accs"} else _TWO[of])
    elif number:
        of = "gent" if animate and simple and case == "accs" and number < 5 else case
        words.append(_SIMPLE[number][of])
    return " ".join(words)


# --- ordinals -----------------------------------------------------------------------------------

_HARD: dict[Gender, tuple[str, ...]] = {
    "masc": ("ый", "ого", "ому", "ый", "ым", "ом"),
    "femn": ("ая", "ой", "ой", "ую", "ой", "ой"),
    "neut": ("ое", "ого", "ому", "ое", "ым", "ом"),
    "plur": ("ые", "ых", "ым", "ые", "ыми", "ых"),
}
_THIRD: dict[Gender, tuple[str, ...]] = {
    "masc": ("третий", "третьего", "третьему", "третий", "третьим", "третьем"),
    "femn": ("третья", "третьей", "третьей", "третью", "третьей", "третьей"),
    "neut": ("третье", "третьего", "третьему", "третье", "третьим", "третьем"),
    "plur": ("третьи", "третьих", "третьим", "третьи", "третьими", "третьих"),
}
_ORDINAL_STEMS = {
    0: "нулев", 1: "перв", 2: "втор", 4: "четвёрт", 5: "пят", 6: "шест", 7: "седьм", 8: "восьм", 9: "девят",
    10: "десят",
    40: "сороков", 50: "пятидесят", 60: "шестидесят", 70: "семидесят", 80: "восьмидесят", 90: "девяност",
    100: "сот",
}  # fmt: skip
_STRESSED = {0, 2, 6, 7, 8, 40}  # «второй», not «вторый»


def ordinal(number: int, case: Case = "nomn", gender: Gender = "masc") -> str:
    """«пятнадцатого», «две тысячи двадцать шестом»: only the last word is declined."""
    for size in SCALES:
        if number >= size and number % size == 0:
            rest = number // size
            if rest < 1000:
                return f"{joined(rest) if rest > 1 else ''}{_scale_stem(size)}" + _hard(case, gender)
    head, last = _split(number)
    words = [cardinal(head)] if head else []
    if last == 3:
        words.append(_THIRD[gender][CASES.index(case)])
    else:
        words.append(_stem(last) + _hard(case, gender, stressed=last in _STRESSED))
    return " ".join(words)


def _hard(case: Case, gender: Gender, *, stressed: bool = False) -> str:
    ending = _HARD[gender][CASES.index(case)]
    return "ой" if stressed and ending == "ый" else ending


def _split(number: int) -> tuple[int, int]:
    """The part that stays as it is and the last word's: 26 -> (20, 6), 1980 -> (1900, 80)."""
    for last in (number % 100, number % 10):
        if last and (last <= 20 or last % 10 == 0):
            return number - last, last
    last = number % 1000
    return number - last, last


def _stem(number: int) -> str:
    if number in _ORDINAL_STEMS:
        return _ORDINAL_STEMS[number]
    if number > 100:
        return joined(number // 100) + "сот"
    return _SIMPLE[number]["nomn"].removesuffix("ь")


def _scale_stem(size: int) -> str:
    return "тысячн" if size == 1000 else SCALES[size][1][0]["nomn"] + "н"


def joined(number: int) -> str:
    """How a number begins a compound word: «двадцатичетырёх(часовой)», «сто(процентный)»."""
    if number in {1, 1000}:
        return "одно" if number == 1 else "тысяче"
    words = cardinal(number, "gent").split()
    for stays in ("девяноста", "ста"):
        words = [stays[:-1] + "о" if word == stays else word for word in words]
    return "".join(words)


# --- decimals and fractions ---------------------------------------------------------------------

_PARTS = ("десят", "сот", "тысячн", "десятитысячн", "стотысячн", "миллионн")


def decimal(whole: int, part: str, case: Case = "nomn") -> str:
    """«ноль целых восемь десятых»; more than six digits after the comma are said one by one."""
    if len(part) > len(_PARTS):
        return f"{cardinal(whole, case)} запятая {digit_by_digit(part)}"
    size = len(part) - 1
    return f"{cardinal(whole, case, 'femn')} {_whole(whole, case)} " + _parts(int(part), _PARTS[size], case)


def fraction(top: int, bottom: int, case: Case = "nomn") -> str:
    """«три четвёртых», «одна вторая»."""
    plural, of = _fraction_form(top, case)
    return f"{cardinal(top, case, 'femn')} {ordinal(bottom, of, 'plur' if plural else 'femn')}"


def _whole(number: int, case: Case) -> str:
    plural, of = _fraction_form(number, case)
    return "цел" + _HARD["plur" if plural else "femn"][CASES.index(of)]


def _parts(number: int, stem: str, case: Case) -> str:
    plural, of = _fraction_form(number, case)
    return f"{cardinal(number, case, 'femn')} {stem}" + _HARD["plur" if plural else "femn"][CASES.index(of)]


def _fraction_form(number: int, case: Case) -> tuple[bool, Case]:
    if ends_in_one(number):
        return False, case
    return True, "gent" if case in {"nomn", "accs"} else case


def one_and_a_half(case: Case, gender: Gender) -> str:
    if case in {"nomn", "accs"}:
        return "полторы" if gender == "femn" else "полтора"
    return "полутора"


def digit_by_digit(digits: str) -> str:
    return " ".join(cardinal(int(digit)) for digit in digits)
