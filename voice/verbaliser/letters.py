"""Letters and words of Latin script, acronyms: said by name or as a word."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.nlu.words import parses
from voice.verbaliser.tables import ordered

_NAMES = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        ordered(
            "а бэ вэ гэ дэ е ё жэ зэ и й ка эл эм эн о пэ эр эс тэ у эф ха цэ чэ ша ща твёрдый_знак ы"
            " мягкий_знак э ю я"
        ),
        strict=True,
    )
)
_NAMES.update({"й": "и краткое", "ъ": "твёрдый знак", "ь": "мягкий знак"})
_ENGLISH = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        ordered("эй би си ди и эф джи эйч ай джей кей эл эм эн о пи кью ар эс ти ю ви дабл-ю икс уай зед"),
        strict=True,
    )
)
_VOWELS = set("аеёиоуыэюя")
_LATIN_VOWELS = set("aeiouy")
# Latin spelling to Russian sounds, the longest first.
_SOUNDS = {
    "shch": "щ", "tion": "шн", "sch": "ш", "tch": "ч", "igh": "ай",
    "sh": "ш", "ch": "ч", "zh": "ж", "kh": "х", "ph": "ф", "th": "т", "ck": "к", "qu": "кв", "ts": "ц",
    "oo": "у", "ee": "и", "ea": "и",
    "ya": "я", "yu": "ю", "yo": "ё", "ay": "эй", "ai": "эй", "ey": "ей", "ou": "ау", "ce": "се",
    "ci": "си", "cy": "си", "wh": "в",
}  # fmt: skip
_SINGLE = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        ordered("а б к д е ф г х и дж к л м н о п к р с т у в в кс и з"),
        strict=True,
    )
)
_PIECE = re.compile("|".join([*sorted(_SOUNDS, key=len, reverse=True), "[a-z]"]))
_SILENT_E = re.compile(r"(?<=[aeiouy])([bcdfgklmnpstvz]+)e(?=s?\Z)|(?<=nc)e\Z|(?<=pl)e\Z")


def spelled(word: str) -> str:
    """Every letter by its name: «эс эм эс», «кью ар»."""
    return " ".join(_NAMES.get(letter) or _ENGLISH.get(letter) or letter for letter in word.lower())


def letter(sign: str) -> str:
    return _NAMES.get(sign.lower()) or _ENGLISH.get(sign.lower()) or ""


@lru_cache(5_000)
def latin(word: str) -> str:
    """A word of Latin letters: by letters when it cannot be read or is a short acronym, else as it sounds."""
    lower = word.lower()
    short_acronym = word.isupper() and len(word) <= 3
    vowels = sum(sign in _LATIN_VOWELS for sign in lower)
    if short_acronym or not vowels or (len(lower) == 1) or re.search(r"[bcdfghjklmnpqrstvwxz]{5}", lower):
        return spelled(lower)
    if len(lower) > 3:
        lower = _SILENT_E.sub(lambda found: found[1] or "", lower)
        if word.lower().endswith("ce"):
            lower = lower.removesuffix("c") + "s" if lower.endswith("c") else lower
    sounds = [_SOUNDS.get(piece) or _SINGLE[piece] for piece in _PIECE.findall(lower)]
    said = "".join(sounds)
    if said.startswith("и") and lower.startswith("y") and len(said) > 1 and said[1] in _VOWELS:
        said = "й" + said[1:]
    return said


@lru_cache(5_000)
def acronym(word: str) -> str:
    """Russian capitals: a known word or one that can be read is read, another is spelled."""
    lower = word.lower()
    if len(lower) >= 4 and any(parse.is_known and "Abbr" not in parse.tag for parse in parses(lower)):
        return lower
    if len(lower) >= 4 and _can_be_read(lower):
        return lower
    if (
        len(lower) == 3
        and any(parse.is_known and "Abbr" not in parse.tag for parse in parses(lower))
        and _can_be_read(lower)
    ):
        return lower
    return spelled(lower)


def _can_be_read(word: str) -> bool:
    vowels = [sign in _VOWELS for sign in word]
    if not any(vowels) or len(word) > 7:
        return len(word) > 7 and any(vowels)
    clusters = re.findall(r"[^аеёиоуыэюя]{3,}|[аеёиоуыэюя]{3,}|^[^аеёиоуыэюя]{2}(?<![бвгдзкпст][лрн])", word)
    return not clusters and "ъ" not in word
