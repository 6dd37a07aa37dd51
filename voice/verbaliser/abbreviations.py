"""Short forms with a full stop or a stroke: «т. е.», «ул.», «доб.», «р/с», «пн–пт»."""

from __future__ import annotations

import re

from voice.verbaliser import nouns
from voice.verbaliser.numerals import CASES, Case, cardinal
from voice.verbaliser.scan import Said, Scan, closing_dot

# What is said as it is, whatever stands around.
_FIXED = {
    "т. е.": "то есть", "т. к.": "так как", "т. д.": "так далее", "т. п.": "тому подобное", "в т. ч.": "в том числе", "т. н.": "так называемый",
    "т. о.": "таким образом", "напр.": "например", "см.": "смотрите", "моб.": "мобильный", "доб.": "добавочный", "им.": "имени",
    "св.": "свыше", "ок.": "около", "макс.": "максимум", "рис.": "рисунок", "табл.": "таблица", "прим.": "примечание", "ср.": "сравните",
    "р/с": "расчётный счёт", "к/с": "корреспондентский счёт", "л/с": "лицевой счёт", "г-н": "господин", "г-жа": "госпожа", "и др.": "и другие",
    "и пр.": "и прочее", "и проч.": "и прочее", "з/п": "зарплата", "ж/д": "железнодорожный", "в/у": "водительское удостоверение", "т/с": "транспортное средство",
    "а/м": "автомобиль", "ф. и. о.": "фио", "эл. почта": "электронная почта", "эл. почте": "электронной почте", "эл. почту": "электронную почту",
    "раб. дни": "рабочие дни", "раб. день": "рабочий день", "вкл.": "включительно", "тыс.": "тысяч", "млн": "миллионов", "млрд": "миллиардов",
    "руб.": "рублей", "коп.": "копеек", "проч.": "прочее", "до н. э.": "до нашей эры", "н. э.": "нашей эры", "и/или": "и или", 
    "чел.": "человек", "шт.": "штук", "дн.": "дней", "экз.": "экземпляр", "кв. м": "квадратный метр", "врем.": "временный", "т.е": "то есть", "т.к": "так как",
    "км/ч": "километров в час", "доп.": "дополнительно", "кг": "килограмм", "км": "километр", "м²": "квадратный метр", "мск": "по Москве",
}  # fmt: skip
# A noun that is declined, and what must follow: a digit, a capital or anything.
_DECLINED = {
    "ул.": ("улица", "any"), "пл.": ("площадь", "A"), "пер.": ("переулок", "any"), "пр-т": ("проспект", "any"), "просп.": ("проспект", "any"), "пр.": ("проспект", "A"),
    "пр-д": ("проезд", "any"), "наб.": ("набережная", "any"), "ш.": ("шоссе", "any"), "б-р": ("бульвар", "any"), "обл.": ("область", "any"), "р-н": ("район", "any"),
    "г.": ("город", "A"), "гор.": ("город", "A"), "с.": ("село", "A"), "пос.": ("посёлок", "A"), "дер.": ("деревня", "A"), "д.": ("дом", "1"), "стр.": ("строение", "1"),
    "корп.": ("корпус", "1"), "к.": ("корпус", "1"), "кв.": ("квартира", "1"), "оф.": ("офис", "1"), "эт.": ("этаж", "any"), "пом.": ("помещение", "1"),
    "под.": ("подъезд", "1"), "п.": ("пункт", "1"), "пп.": ("пункт", "1"), "ст.": ("статья", "1"), "ч.": ("часть", "1"), "гл.": ("глава", "1"), "мкр.": ("микрорайон", "any"),
    "м.": ("метро", "A"), "респ.": ("республика", "A"), "кварт.": ("квартал", "any"), "тер.": ("территория", "any"), "влад.": ("владение", "1"), "№": ("номер", "any"),
    "тел.": ("телефон", "any"), "мес.": ("месяц", "any"), "нед.": ("неделя", "any"), "сут.": ("сутки", "any"),
    "§": ("параграф", "any"), "№№": ("номер", "any"), "§§": ("параграф", "any"),
}  # fmt: skip
_PLURAL = {"пп.", "№№", "§§"}
_LOWER_ONLY = {"км", "кг", "им.", "св.", "ок.", "см.", "ср."}
_PLACES: dict[str, Case] = {"в": "loct", "во": "loct", "на": "loct", "по": "datv", "к": "datv", "с": "gent", "со": "gent", "о": "loct", "при": "loct", "за": "ablt"}
_WEEK = dict(zip("пн вт ср чт пт сб вс".split(), "понедельник вторник среда четверг пятница суббота воскресенье".split(), strict=True))
_WEEKDAY = re.compile(r"(пн|вт|ср|чт|пт|сб|вс)(?![А-Яа-яЁё.-][А-Яа-яЁё])(?: ?[–-] ?(пн|вт|ср|чт|пт|сб|вс)(?![А-Яа-яЁё]))?\.?", re.IGNORECASE)


_TIMES = {"месяц", "неделя", "сутки"}
_NAME = re.compile(r" ?([1-9]\d{0,3})(?![\d.,/-]\d)")
_AGREEING = ("ая", "яя", "ой", "ей", "ую", "юю", "ый", "ий", "ого", "его", "ому", "ему", "ым", "им", "ом", "ем", "ое", "ее")
# After these a sentence may end.
_ENDING = {"т. д.", "т. п.", "и др.", "и пр.", "и проч.", "проч.", "руб.", "коп.", "тыс.", "чел.", "шт.", "дн.", "экз.", "вкл.", "н. э."}


def _pattern(written: str) -> str:
    """Spaces inside may be left out: «т.е.»; a form without a full stop ends with its letters."""
    pattern = re.escape(written).replace(r"\ ", " ?")
    return pattern if written[-1] in ".№§" else pattern + r"(?![А-Яа-яЁё])"


def _first(written: str) -> str:
    return re.match(r"[^\W\d_²]+|.", written)[0].lower()  # type: ignore[union-attr]  # a key is not empty


_BY_FIRST: dict[str, list[tuple[re.Pattern[str], str]]] = {}
for _written in sorted([*_FIXED, *_DECLINED], key=len, reverse=True):
    _BY_FIRST.setdefault(_first(_written), []).append((re.compile(_pattern(_written), re.IGNORECASE), _written))


def read(scan: Scan, at: int, first: str) -> Said | None:
    """The short form that stands at `at`; `first` is its first word, lower case."""
    if first in _WEEK:
        return _weekday(scan, at)
    for pattern, written in _BY_FIRST.get(first, ()):
        found = pattern.match(scan.text, at)
        if found is None or (written in _LOWER_ONLY and not found[0].islower() and not found[0].istitle()):
            continue
        said = _declined(scan, at, written, found.end()) if written in _DECLINED else _fixed(scan, written, found)
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
    lemma, needed = _DECLINED[written]
    following = scan.text[end : end + 2].lstrip()[:1]
    if (needed == "1" and not following.isdecimal()) or (needed == "A" and not following.isupper()):
        return None
    if written == "стр." and not _in_address(scan, at):
        lemma = "страница"
    if written == "к." and not _in_address(scan, at):
        return None
    case = _case(scan, at, end, lemma)
    words = nouns.form(lemma, case, written in _PLURAL)
    if scan.text[at].isupper():
        words = words.capitalize()
    named = _NAME.match(scan.text, end) if needed == "1" or written == "эт." else None
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
        words = f"с {nouns.form(first, 'gent', False)} по {nouns.form(_WEEK[found[2].lower()], 'accs', False)}"
        return Said(words + dot, found.end())
    asked = scan.government(at)
    return Said(nouns.form(first, asked[0] if asked else "nomn", False) + dot, found.end())
