"""Short forms with a full stop or a stroke: «т. е.», «ул.», «доб.», «р/с», «пн–пт»."""

from __future__ import annotations

import re

from voice.verbaliser import nouns
from voice.verbaliser.numerals import Case
from voice.verbaliser.scan import Said, Scan, closing_dot

# What is said as it is, whatever stands around.
_FIXED = {
    "т. е.": "то есть", "т. к.": "так как", "т. д.": "так далее", "т. п.": "тому подобное", "в т. ч.": "в том числе", "т. н.": "так называемый",
    "т. о.": "таким образом", "напр.": "например", "см.": "смотрите", "тел.": "телефон", "моб.": "мобильный", "доб.": "добавочный", "им.": "имени",
    "св.": "свыше", "ок.": "около", "макс.": "максимум", "рис.": "рисунок", "табл.": "таблица", "прим.": "примечание", "ср.": "сравните",
    "р/с": "расчётный счёт", "к/с": "корреспондентский счёт", "л/с": "лицевой счёт", "г-н": "господин", "г-жа": "госпожа", "и др.": "и другие",
    "и пр.": "и прочее", "и проч.": "и прочее", "з/п": "зарплата", "ж/д": "железнодорожный", "в/у": "водительское удостоверение", "т/с": "транспортное средство",
    "а/м": "автомобиль", "ф. и. о.": "фио", "эл. почта": "электронная почта", "эл. почте": "электронной почте", "эл. почту": "электронную почту",
    "раб. дни": "рабочие дни", "раб. день": "рабочий день", "вкл.": "включительно", "тыс.": "тысяч", "млн": "миллионов", "млрд": "миллиардов",
    "руб.": "рублей", "коп.": "копеек", "проч.": "прочее", "до н. э.": "до нашей эры", "н. э.": "нашей эры", "и/или": "и или", "мес.": "месяц", "нед.": "неделя",
    "чел.": "человек", "шт.": "штук", "дн.": "дней", "экз.": "экземпляр", "кв. м": "квадратный метр", "врем.": "временный", "т.е": "то есть", "т.к": "так как",
    "км/ч": "километров в час", "доп.": "дополнительно", "кг": "килограмм", "км": "километр", "м²": "квадратный метр", "мск": "по Москве",
}  # fmt: skip
# A noun that is declined, and what must follow: a digit, a capital or anything.
_DECLINED = {
    "ул.": ("улица", "A"), "пл.": ("площадь", "A"), "пер.": ("переулок", "A"), "пр-т": ("проспект", "any"), "просп.": ("проспект", "any"), "пр.": ("проспект", "A"),
    "пр-д": ("проезд", "any"), "наб.": ("набережная", "any"), "ш.": ("шоссе", "any"), "б-р": ("бульвар", "any"), "обл.": ("область", "any"), "р-н": ("район", "any"),
    "г.": ("город", "A"), "гор.": ("город", "A"), "с.": ("село", "A"), "пос.": ("посёлок", "A"), "дер.": ("деревня", "A"), "д.": ("дом", "1"), "стр.": ("строение", "1"),
    "корп.": ("корпус", "1"), "к.": ("корпус", "1"), "кв.": ("квартира", "1"), "оф.": ("офис", "1"), "эт.": ("этаж", "any"), "пом.": ("помещение", "1"),
    "под.": ("подъезд", "1"), "п.": ("пункт", "1"), "пп.": ("пункт", "1"), "ст.": ("статья", "1"), "ч.": ("часть", "1"), "гл.": ("глава", "1"), "мкр.": ("микрорайон", "any"),
    "м.": ("метро", "A"), "респ.": ("республика", "A"), "кварт.": ("квартал", "any"), "тер.": ("территория", "any"), "влад.": ("владение", "1"), "№": ("номер", "any"),
    "§": ("параграф", "any"), "№№": ("номер", "any"), "§§": ("параграф", "any"),
}  # fmt: skip
_PLURAL = {"пп.", "№№", "§§"}
_LOWER_ONLY = {"км", "кг", "им.", "св.", "ок.", "см.", "ср."}
_PLACES = {"в": "loct", "во": "loct", "на": "loct", "по": "datv", "к": "datv", "с": "gent", "со": "gent", "о": "loct", "при": "loct", "за": "ablt"}
_WEEK = dict(zip("пн вт ср чт пт сб вс".split(), "понедельник вторник среда четверг пятница суббота воскресенье".split(), strict=True))
_WEEKDAY = re.compile(r"(пн|вт|ср|чт|пт|сб|вс)(?![А-Яа-яЁё.-][А-Яа-яЁё])(?: ?[–-] ?(пн|вт|ср|чт|пт|сб|вс)(?![А-Яа-яЁё]))?\.?", re.IGNORECASE)


def _pattern(written: str) -> str:
    """Spaces inside may be left out: «т.е.»; a form without a full stop ends with its letters."""
    pattern = re.escape(written).replace(r"\ ", " ?")
    return pattern if written[-1] in ".№§" else pattern + r"(?![А-Яа-яЁё\d²])"


def _first(written: str) -> str:
    return re.match(r"\w+|.", written)[0].lower()  # type: ignore[union-attr]  # a key is not empty


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
    return Said(words + closing_dot(scan.text, found.end()), found.end())


def _declined(scan: Scan, at: int, written: str, end: int) -> Said | None:
    lemma, needed = _DECLINED[written]
    following = scan.text[end : end + 2].lstrip()[:1]
    if (needed == "1" and not following.isdigit()) or (needed == "A" and not following.isupper()):
        if not (needed == "A" and following.isdigit() and written == "ул."):
            return None
    if written == "стр." and not _in_address(scan, at):
        lemma = "страница"
    if written == "к." and not _in_address(scan, at):
        return None
    case = _case(scan, at, end, lemma)
    words = nouns.form(lemma, case, written in _PLURAL)
    if scan.text[at].isupper():
        words = words.capitalize()
    return Said(words + " ", end)


def _in_address(scan: Scan, at: int) -> bool:
    near = scan.text[max(0, at - 40) : at].lower()
    return bool(re.search(r"\bд\.|\bдом|\bул\.|улиц|корп|просп|пер\.|пр-т|шоссе|стр\.", near))


def _case(scan: Scan, at: int, end: int, lemma: str) -> Case:
    """By the preposition and by the name that follows: «на ул. Условной», «в г. Казани»."""
    nearest = scan.nearest(at)
    asked = scan.government(at)
    wanted = [_PLACES[nearest]] if nearest in _PLACES else []
    wanted += [case for case in asked if case not in wanted]
    name = scan.word(end)
    forms = {noun.case for noun in nouns.readings(name)} if lemma in {"город", "село", "деревня"} else set()
    forms |= {case for case, of, _ in nouns.adjective(name) if of == nouns.gender(lemma)}
    if not forms or not scan.text[end : end + 2].lstrip()[:1].isupper():
        return wanted[0] if wanted and (nearest in _PLACES or asked) else "nomn"  # type: ignore[return-value]
    for case in [*wanted, "nomn", "gent", "loct", "datv", "ablt", "accs"]:
        if case in forms:
            return case  # type: ignore[return-value]  # cases of the table above
    return "nomn"


def _weekday(scan: Scan, at: int) -> Said | None:
    found = _WEEKDAY.match(scan.text, at)
    if found is None or (found[1] in {"ср", "вс", "сб"} and found[0].endswith(".") and not found[2] and scan.text[found.end() : found.end() + 1] == " " and False):
        return None
    first = _WEEK[found[1].lower()]
    dot = closing_dot(scan.text, found.end())
    if found[2]:
        words = f"с {nouns.form(first, 'gent', False)} по {nouns.form(_WEEK[found[2].lower()], 'accs', False)}"
        return Said(words + dot, found.end())
    asked = scan.government(at)
    return Said(nouns.form(first, asked[0] if asked else "nomn", False) + dot, found.end())
