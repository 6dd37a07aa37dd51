"""Signs and short forms that stand for a counted noun: percent, money, measures."""

from __future__ import annotations

import re
from dataclasses import dataclass

# written (lower case, without the full stop) -> the noun, its adjective before ~
_UNITS = {
    "%": "процент", "‰": "промилле",
    "₽": "рубль", "руб": "рубль", "р": "рубль", "rub": "рубль", "rur": "рубль", "коп": "копейка",
    "$": "доллар", "usd": "доллар", "долл": "доллар", "долл. сша": "доллар сэ шэ а", "€": "евро", "eur": "евро", "£": "фунт", "¥": "юань", "cny": "юань", "₸": "тенге", "kzt": "тенге",
    "кг": "килограмм", "г": "грамм", "гр": "грамм", "т": "тонна", "ц": "центнер", "мг": "миллиграмм",
    "км": "километр", "м": "метр", "см": "сантиметр", "мм": "миллиметр",
    "м²": "метр", "м2": "метр", "км²": "километр", "м³": "метр", "м3": "метр", "га": "гектар",
    "л": "литр", "мл": "миллилитр", "км/ч": "километр в час", "м/с": "метр в секунду",
    "мбит/с": "мегабит в секунду", "гбит/с": "гигабит в секунду", "кбит/с": "килобит в секунду",
    "кб": "килобайт", "мб": "мегабайт", "гб": "гигабайт", "тб": "терабайт", "kb": "килобайт", "mb": "мегабайт", "gb": "гигабайт",
    "квт": "киловатт", "вт": "ватт", "гц": "герц", "°": "градус", "°c": "градус цельсия", "°с": "градус цельсия", "℃": "градус цельсия",
    "мин": "минута", "сек": "секунда", "ч": "час", "час": "час", "сут": "сутки", "дн": "день", "нед": "неделя", "мес": "месяц",
    "шт": "штука", "чел": "человек", "экз": "экземпляр", "стр": "страница", "ед": "единица", "уп": "упаковка", "комн": "комната",
    "п. п": "процентный~пункт", "п.п": "процентный~пункт", "кв. м": "квадратный~метр", "кв.м": "квадратный~метр", "куб. м": "кубический~метр",
    "раб. дн": "рабочий~день", "раб. дней": "рабочий~день", "кал. дн": "календарный~день", "л. с": "лошадиная~сила", "л.с": "лошадиная~сила",
}  # fmt: skip
_SQUARES = {"м²": "квадратный", "м2": "квадратный", "км²": "квадратный", "м³": "кубический", "м3": "кубический"}
# currencies and what a hundredth of them is
MINOR = {"рубль": "копейка", "доллар": "цент", "евро": "цент", "фунт": "пенс"}
# Spelt by a capital only these are units: «5 В» is no unit, «5 МБ» is.
_LOWER_ONLY = {"м", "г", "т", "ц", "л", "р", "ч", "с"}
_SCALES = {"тыс": 10**3, "млн": 10**6, "млрд": 10**9, "трлн": 10**12}
_PHRASES = "|".join(re.escape(unit).replace(r"\ ", " ") for unit in sorted(_UNITS, key=len, reverse=True) if " " in unit or "." in unit)
_UNIT = re.compile(
    rf" ?(?:({_PHRASES})(?![А-Яа-яЁёA-Za-z])|((?:км/ч|м/с|[МмГгКк]бит/с)|[%‰₽$€£¥₸]|[°℃][CСcс]?|[км]?м[²³23]|[А-Яа-яЁёA-Za-z]{{1,4}})(?![А-Яа-яЁёA-Za-z²³]))(\.?)",
    re.IGNORECASE,
)
_SCALE = re.compile(r" ?(тыс|млн|млрд|трлн)(?![а-яё])\.?", re.IGNORECASE)
_EACH = re.compile(r" ?/ ?(день|сутки|сут|неделю|нед|месяц|мес|год|час|ч|мин|секунду|сек|с|кг|шт|чел|м²|м2)(?![А-Яа-яЁё²])\.?")
_EACH_WORDS = {
    "день": "в день", "сутки": "в сутки", "сут": "в сутки", "неделю": "в неделю", "нед": "в неделю", "месяц": "в месяц", "мес": "в месяц",
    "год": "в год", "час": "в час", "ч": "в час", "мин": "в минуту", "секунду": "в секунду", "сек": "в секунду", "с": "в секунду",
    "кг": "за килограмм", "шт": "за штуку", "чел": "за человека", "м²": "за квадратный метр", "м2": "за квадратный метр",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """`noun` with its adjective, if any: («метр», «квадратный»)."""

    noun: str
    end: int
    adjective: str = ""


def unit(text: str, at: int) -> Unit | None:
    """The sign or short form that stands at `at`, past a space."""
    found = _UNIT.match(text, at)
    if found is None:
        return None
    written = found[1] or found[2]
    key = written.lower()
    if key not in _UNITS or (key in _LOWER_ONLY and written != key):
        return None
    if key in {"т", "г"} and _is_other(text, found.end(), key, bool(found[3])):
        return None
    noun = _UNITS[key]
    adjective, _, head = noun.rpartition("~")
    adjective = adjective or _SQUARES.get(key, "")
    end = found.end()
    if found[3] and key in {"%", "₽", "$", "€", "°"}:
        end -= 1  # the full stop is the sentence's
    return Unit(head, end, adjective)


def _is_other(text: str, end: int, key: str, dot: bool) -> bool:
    """«т. е.», «г. Москва» are no units."""
    if not dot:
        return False
    rest = text[end : end + 3].lstrip()
    if key == "г":
        return rest[:1].isupper()
    return rest[:1] in set("епдкно")


def scale(text: str, at: int) -> tuple[int, int] | None:
    """(1,000 and so on, where it ends) for «тыс.», «млн», «млрд»."""
    found = _SCALE.match(text, at)
    if found is None:
        return None
    end = found.end()
    if found[0].endswith(".") and not found[0].lower().strip().startswith("тыс") and not text[end : end + 2].strip()[:1].islower():
        end -= 1  # «млн» is written without a full stop: this one ends the sentence
    return _SCALES[found[1].lower()], end


def each(text: str, at: int) -> tuple[str, int] | None:
    """«/мес.» after a unit: («в месяц», end)."""
    found = _EACH.match(text, at)
    return (_EACH_WORDS[found[1]], found.end()) if found else None
