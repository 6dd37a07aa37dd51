"""Signs and short forms that stand for a counted noun: percent, money, measures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from voice.verbaliser.tables import content

# written (lower case, without the full stop) -> the noun, its adjective before ~
_UNITS: dict[str, str] = content("units.yml")["units"]
_EACH_WORDS: dict[str, str] = content("units.yml")["each"]
# currencies and what a hundredth of them is
MINOR = {"рубль": "копейка", "доллар": "цент", "евро": "цент", "фунт": "пенс"}
# Spelt by a capital only these are units: «5 В» is no unit, «5 МБ» is.
_LOWER_ONLY = {"м", "г", "т", "ц", "л", "р", "ч", "с"}
_SCALES = {"тыс": 10**3, "млн": 10**6, "млрд": 10**9, "трлн": 10**12}
_PHRASES = "|".join(
    re.escape(written).replace(r"\ ", " ")
    for written in sorted(_UNITS, key=len, reverse=True)
    if not re.fullmatch(r"\w+|\W", written)
)
_UNIT = re.compile(
    rf" ?(?:({_PHRASES})(?![А-Яа-яЁёA-Za-z])"
    r"|([%‰₽$€£¥₸°℃]|[А-Яа-яЁёA-Za-z]{1,5}[²³23]?(?![А-Яа-яЁёA-Za-z²³])))(\.?)",
    re.IGNORECASE,
)
_SCALE = re.compile(r" ?(тыс|млн|млрд|трлн)(?![а-яё])\.?", re.IGNORECASE)
_EACH = re.compile(f" ?/ ?({'|'.join(sorted(_EACH_WORDS, key=len, reverse=True))})" + r"(?![А-Яа-яЁё²])\.?")


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
    if (
        found[0].endswith(".")
        and "тыс" not in found[0].lower()
        and not text[end : end + 2].strip()[:1].islower()
    ):
        end -= 1  # «млн» is written without a full stop: this one ends the sentence
    return _SCALES[found[1].lower()], end


def each(text: str, at: int) -> tuple[str, int] | None:
    """«/мес.» after a unit: («в месяц», end)."""
    found = _EACH.match(text, at)
    return (_EACH_WORDS[found[1]], found.end()) if found else None
