"""Numbers of a message, in digits or in Russian words: «2 600», «полторы тысячи», «двадцать пятого»."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.nlu.entities.numerals import CARDINALS, HALF_SCALES, HALVES, ORDINALS, SCALES, SUFFIXES
from bot.nlu.entities.tokens import Token, cut, listed, touch

_ONE = frozenset(["тысяча", "тысячу", "тыща", "тыщу", "миллион", "лям", "миллиард"])  # scales said of one
MOST_DIGITS = 15  # longer ones are no amounts
# What is counted by the number before it: «двадцать тысяч пять дней назад» is no 20 005.
COUNTED = listed(
    "день дня дней дню дн сутки суток недели неделя неделю недель месяц месяца месяцев мес год года лет",
    "час часа часов минут минуты минуту мин раз раза человек процент процента процентов",
)


@dataclass(frozen=True, slots=True)
class Number:
    """Tokens `first` to `last` (exclusive). `case`: of the last word, see `numerals`; empty for digits."""

    first: int
    last: int
    value: float
    case: str = ""
    ordinal: bool = False
    written: bool = False  # in digits
    scaled: bool = False  # thousands, millions

    @property
    def whole(self) -> int | None:
        return int(self.value) if self.value == int(self.value) else None


def read(text: str) -> int | float | None:
    """The first number of a text; whole ones are `int`."""
    found = find(cut(text))
    return plain(found[0].value) if found else None


def digits(text: str) -> str:
    """What a customer dictates, digit by digit: «восемь девятьсот двадцать три» is 8923."""
    tokens = cut(text)
    return "".join(dictated(number, tokens) for number in find(tokens))


def dictated(number: Number, tokens: Sequence[Token]) -> str:
    if number.written:
        return "".join(token.form for token in tokens[number.first : number.last] if token.is_digits)
    return str(int(number.value))


def plain(value: float) -> int | float:
    """Whole values as `int`, others to kopecks."""
    return int(value) if value == int(value) else round(value, 2)


def find(tokens: Sequence[Token]) -> list[Number]:
    """All numbers in order, each as long as it can be."""
    found, at = [], 0
    while at < len(tokens):
        number = _at(tokens, at)
        if number is None:
            at += 1
        else:
            found.append(number)
            at = number.last
    return found


def _at(tokens: Sequence[Token], at: int) -> Number | None:  # noqa: PLR0911 - one return per beginning
    form = tokens[at].form
    if tokens[at].is_digits:
        number = _written(tokens, at)
        return number and _scaled(tokens, number)
    if form in CARDINALS:
        return _scaled(tokens, _below_thousand(tokens, at, 1000))
    if form in ORDINALS:
        value, case = ORDINALS[form]
        return Number(at, at + 1, value, case, ordinal=True)
    if form in HALF_SCALES:
        return Number(at, at + 1, HALF_SCALES[form], scaled=True)
    after = tokens[at + 1].form if at + 1 < len(tokens) else ""
    if form in HALVES and after in SCALES:
        return Number(at, at + 2, HALVES[form] * SCALES[after], scaled=True)
    if form == "пол" and after in SCALES:
        return Number(at, at + 2, SCALES[after] / 2, scaled=True)
    if form in SCALES:
        return _of_scale(tokens, at)
    return None


def _below_thousand(tokens: Sequence[Token], at: int, limit: int) -> Number:
    """Hundreds, tens, units, each at most once; an ordinal closes the number."""
    first, total, case = at, 0, ""
    while at < len(tokens) and limit:
        form = tokens[at].form
        ordinal = form not in CARDINALS
        value, case_here = ORDINALS.get(form, (limit, "")) if ordinal else CARDINALS[form]
        if value >= limit or (value == 0 and at > first):
            break
        if case and not ordinal and set(case).isdisjoint(case_here):  # «без двадцати восемь» is no 28
            break
        total, case, at = total + value, case_here, at + 1
        if ordinal:
            return Number(first, at, total, case, ordinal=True)
        limit = 100 if value >= 100 else 10 if value >= 20 else 0
    return Number(first, at, total, case)


def _scaled(tokens: Sequence[Token], number: Number) -> Number:
    """With the thousands and millions that follow, and what follows these."""
    if number.ordinal:
        return number
    total, rest, at, scale = 0.0, number.value, number.last, 10**12
    while True:
        at, half = _half(tokens, at)
        here = _scale(tokens, at, number)
        if _is_year(tokens, at) and not number.written and rest % 10 != 1:
            break
        if not here or here >= scale:
            break
        total, at, scale = total + (rest + half) * here, at + 1, here
        number = replace(number, last=at, value=total, scaled=True, case="")
        if number.written or at >= len(tokens) or not _is_number_word(tokens[at].form):
            break
        more = _below_thousand(tokens, at, 1000)
        if more.last == at or more.value == 0 or (_counts(tokens, more) and not more.ordinal):
            break
        rest, at = more.value, more.last
        following = _scale(tokens, at, number)
        if not following:
            # «миллион двести» means 1 200 000
            spoken = rest * 1000 if scale == 10**6 and rest >= 100 and rest % 100 == 0 else rest
            return replace(number, last=at, value=total + spoken, case=more.case, ordinal=more.ordinal)
    return number


def _is_year(tokens: Sequence[Token], at: int) -> bool:
    """«ноль два тысяча девятьсот восемьдесят» is no 2980: «два» would make it «тысячи»."""
    return [token.form for token in tokens[at : at + 2]] == ["тысяча", "девятьсот"]


def _is_number_word(form: str) -> bool:
    return form in CARDINALS or form in ORDINALS


def _half(tokens: Sequence[Token], at: int) -> tuple[int, float]:
    """«пять с половиной тысяч»"""
    ahead = [token.form for token in tokens[at : at + 3]]
    said = ahead[:2] == ["с", "половиной"] and ahead[-1] in SCALES
    return (at + 2, 0.5) if said else (at, 0.0)


def _scale(tokens: Sequence[Token], at: int, number: Number) -> int:
    """The scale that stands at `at`; 0: none."""
    if at >= len(tokens):
        return 0
    form = tokens[at].form
    if form in SCALES:
        return SCALES[form]
    thousands = number.written and not number.scaled and form in {"к", "k", "т", "тр"}
    return 1000 if thousands and (form == "тр" or touch(tokens[at - 1], tokens[at])) else 0


def _counts(tokens: Sequence[Token], number: Number) -> bool:
    return number.last < len(tokens) and tokens[number.last].form in COUNTED


def _of_scale(tokens: Sequence[Token], at: int) -> Number | None:
    """«тысяч пять», «тысяч на сто», «тысячу двести», «миллион»."""
    form, scale = tokens[at].form, SCALES[tokens[at].form]
    if form in _ONE:
        return _scaled(tokens, Number(at, at, 1))
    after = at + 1 + (at + 1 < len(tokens) and tokens[at + 1].form in {"на", "по", "в", "до", "за"})
    if after >= len(tokens) or form not in {"тысяч", "тыщ", "тыс", "миллиона", "миллионов", "ляма"}:
        return None
    counted = _written(tokens, after) if tokens[after].is_digits else None
    if tokens[after].form in CARDINALS:
        counted = _below_thousand(tokens, after, 1000)
    if counted is None or counted.ordinal or counted.value == 0 or _counts(tokens, counted):
        return None
    return Number(at, counted.last, counted.value * scale, scaled=True)


def _written(tokens: Sequence[Token], at: int) -> Number | None:
    """Digits with their groups of three, their decimals, or the ending of an ordinal."""
    said, end = tokens[at].form, at + 1
    of_time = at > 0 and tokens[at - 1].form == ":"  # «9:15 100 рублей»
    while not of_time and end < len(tokens) and _is_group(tokens, end, said):
        said, end = said + tokens[end].form, end + 1
    if len(said) > MOST_DIGITS:
        return None
    value = float(said)
    if end + 1 < len(tokens) and tokens[end].form in ".," and _glued(tokens, end):
        value, end = _decimals(tokens, end, said)
        return Number(at, end, value, written=True)
    suffix = end + (end < len(tokens) and tokens[end].form in "-–—‑" and touch(tokens[end - 1], tokens[end]))
    if suffix < len(tokens) and tokens[suffix].form in SUFFIXES and touch(tokens[suffix - 1], tokens[suffix]):
        return Number(at, suffix + 1, value, SUFFIXES[tokens[suffix].form], ordinal=True, written=True)
    return Number(at, end, value, written=True)


def _is_group(tokens: Sequence[Token], at: int, said: str) -> bool:
    """«2 600»: three digits after one space."""
    here, before = tokens[at], tokens[at - 1]
    return (
        here.is_digits
        and here.end - here.start == 3
        and here.start - before.end == 1
        and (before.end - before.start == 3 or len(said) <= 3)
        and not said.startswith("0")
    )


def _glued(tokens: Sequence[Token], sign: int) -> bool:
    before, here, after = tokens[sign - 1 : sign + 2]
    return after.is_digits and touch(before, here) and touch(here, after)


def _decimals(tokens: Sequence[Token], sign: int, said: str) -> tuple[float, int]:
    """«2,4», or «1.500», «2.500.000»: three digits are thousands unless a scale follows."""
    end = sign + 2
    part = tokens[sign + 1].form
    scale = end < len(tokens) and tokens[end].form in SCALES
    if len(part) == 3 and not said.startswith("0") and not scale:
        whole = said + part
        while end + 1 < len(tokens) and tokens[end].form == tokens[sign].form and _glued(tokens, end):
            if len(tokens[end + 1].form) != 3 or len(whole) + 3 > MOST_DIGITS:
                break
            whole, end = whole + tokens[end + 1].form, end + 2
        return float(whole), end
    return float(f"{said}.{part[:MOST_DIGITS]}"), end
