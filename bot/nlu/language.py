"""Which language a message is in, and whether it can be read at all.

Served are Russian and, for the interface, English. Russian typed on the wrong keyboard layout or in
Latin letters is read as Russian: customers do both on phones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.nlu.foreign import SURE_SHARE, guess

Known = Callable[[str], bool]  # is this lower-case word in the dictionary of Russian?

_CYRILLIC = re.compile(r"[а-яё]+(?:-[а-яё]+)*")
_LATIN = re.compile(r"[a-z]+(?:'[a-z]+)?")
_KEYS = re.compile(r"[a-z`\[\];',.]+")
_FOREIGN_CYRILLIC = re.compile(r"[іїєґўәғқңөұүһҗҳӣӯљњђћџј]", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_QWERTY = str.maketrans("qwertyuiop[]asdfghjkl;'zxcvbnm,.`", "йцукенгшщзхъфывапролджэячсмитьбюё")
# Longer spellings first.
_TRANSLIT = tuple(
    pair.split(":")
    for pair in [
        "shch:щ",
        "sch:щ",
        "yo:ё",
        "jo:ё",
        "zh:ж",
        "kh:х",
        "ts:ц",
        "ch:ч",
        "sh:ш",
        "yu:ю",
        "ju:ю",
        "ya:я",
        "ja:я",
        "a:а",
        "b:б",
        "v:в",
        "w:в",
        "g:г",
        "d:д",
        "e:е",
        "z:з",
        "i:и",
        "j:й",
        "k:к",
        "l:л",
        "m:м",
        "n:н",
        "o:о",
        "p:п",
        "r:р",
        "s:с",
        "t:т",
        "u:у",
        "f:ф",
        "h:х",
        "c:ц",
        "y:ы",
        "x:кс",
        "q:к",
        "':ь",
    ]
)
# The commonest words: about half of any English text, and hardly a word of another language.
_ENGLISH = frozenset(
    """
    a about account after agent all also am an and any are as at back bank be because been before but by
    can can't card close come could day did do does don't english even first for from get give go good
    had has have he hello help her hi him his how human i if in into is it its just know like loan long
    look lost make many may me money more most much must my need new no not now of on one only open
    operator or other our out over pay payment people person please really say see she should so some
    someone speak take talk than thank thanks that the their them then there these they think this time
    to two up us use want was way we well were what when where which who why will with work would year
    yes you your
    """.split()  # noqa: SIM905  # a list of 200 quoted words reads worse
)


class Dictionary:
    """Whether a word is Russian; opened once, remembers what it was asked."""

    def __init__(self) -> None:
        from pymorphy3 import MorphAnalyzer

        self._known = lru_cache(maxsize=65536)(MorphAnalyzer().word_is_known)

    def __contains__(self, word: str) -> bool:
        return bool(self._known(word))


class Language(StrEnum):
    RUSSIAN = "ru"
    ENGLISH = "en"
    OTHER = "other"
    NONE = "none"  # no words at all: emoji, digits, punctuation, keyboard mashing


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` is what is understood: control characters removed, wrong layout put right.

    `code`: ISO 639-1, where another language is told from its like.
    """

    text: str
    language: Language
    code: str | None = None


def read(text: str, known: Known) -> Reading:
    """Cleans a message and tells its language; never fails, whatever the characters."""
    clean = _clean(text)
    low = clean.lower()
    cyrillic, latin = _CYRILLIC.findall(low), _LATIN.findall(low.replace("ʻ", "'"))
    letters = len(_LETTER.findall(low))
    ours = sum(map(len, cyrillic)) + sum(map(len, latin))
    if not letters:
        return Reading(clean, Language.NONE)
    if letters - ours > letters * 0.3 or len(_FOREIGN_CYRILLIC.findall(low)) >= 2:
        return Reading(clean, Language.OTHER, guess(low, known).code)
    if sum(map(len, cyrillic)) < sum(map(len, latin)):
        return _latin(clean, low, latin, known)
    if sum(map(known, cyrillic)) <= len(cyrillic) * (1 - SURE_SHARE):
        told = guess(low, known)
        if told.sure:
            return Reading(clean, Language.OTHER, told.code)
    return Reading(clean, Language.RUSSIAN if _readable(cyrillic, known) else Language.NONE)


def _latin(clean: str, low: str, words: list[str], known: Known) -> Reading:
    english = sum(word in _ENGLISH for word in words) / len(words)
    told = guess(low, lambda word: word in _ENGLISH or known(_from_latin(word)))
    if told.sure and told.share >= english:
        return Reading(clean, Language.OTHER, told.code)
    if english >= 0.3:
        return Reading(clean, Language.ENGLISH)
    layout = _KEYS.sub(lambda match: match.group().translate(_QWERTY), low)
    if _share_known(_CYRILLIC.findall(layout), known) >= 0.6:
        return Reading(layout, Language.RUSSIAN)
    spelt = _LATIN.sub(lambda match: _from_latin(match.group()), low)
    if _share_known(_CYRILLIC.findall(spelt), known) >= 0.6:
        return Reading(spelt, Language.RUSSIAN)
    if english > 0.12:
        return Reading(clean, Language.ENGLISH)
    speech = [
        word for word in words if re.search(r"[aeiouy]", word) and not re.search(r"[^aeiouy']{5}", word)
    ]
    foreign = len(speech) >= 3 and len(speech) >= len(words) * 0.7 and len(set(words)) > 2
    return Reading(clean, Language.OTHER, told.code) if foreign else Reading(clean, Language.NONE)


def _clean(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    kept = (
        " " if unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} else char for char in text
    )
    return " ".join("".join(kept).split())


def _readable(words: list[str], known: Known) -> bool:
    """At least one real word of three letters, or only short ones ("да", "а ип")."""
    if not words:
        return False
    long = [word for word in words if len(word) > 2]
    if not long:
        return any(known(word) for word in words)
    return any(known(word) or any(known(part) for part in word.split("-")) for word in long) or _plausible(
        long
    )


def _plausible(words: list[str]) -> bool:
    """A misspelt word still alternates vowels and consonants; mashing does not."""
    vowels = re.compile(r"[аеёиоуыэюя]")
    return all(
        0.25 <= len(vowels.findall(word)) / len(word) <= 0.65
        and not re.search(r"[^аеёиоуыэюя-]{4}|(.)\1\1|[аеёиоуыэюя]{4}", word)
        for word in words
    )


def _share_known(words: list[str], known: Known) -> float:
    letters = sum(map(len, words))
    return sum(len(word) for word in words if known(word)) / letters if letters > 3 else 0.0


def _from_latin(word: str) -> str:
    result, rest = "", word
    while rest:
        for latin, cyrillic in _TRANSLIT:
            if rest.startswith(latin):
                result, rest = result + cyrillic, rest[len(latin) :]
                break
        else:
            result, rest = result + rest[0], rest[1:]
    return result
