"""Stress of a Russian word moved to the vowel that a dictionary marks, in espeak's phonemes.

espeak reduces vowels by stress before its phonemes can be seen: where the stress goes the full vowel comes
back, where it was the vowel is reduced. The names are those of espeak-ng's Russian, or IPA.
"""

import re

VOWELS = "аеёиоуыэюя"
PHONEMES = frozenset(
    ("a", "A", "a#", "V", "o", "8", "u", "u#", 'u"', "y", "I", "i", "e", "E", "E#", "E2", "ja", "ju")
)
_HARD = frozenset(("Z", "S", "ts"))  # ж, ш, ц: е and и after them are э and ы
_NAMES = {"ɑ": "A", "ʌ": "V", "ɵ": "8", "ɛ": "E", "ɪ": "I", "ʒ": "Z", "ʃ": "S"}  # of IPA, by espeak
_IPA = {**{name: sign for sign, name in _NAMES.items()}, "I": "i", "a#": "a", "E#": "ɛ"}
_SIGN = re.compile(r"[ˈˌ]?(?:j[au](?!\")|ts|tʃʲ?|.ʲ|u\"|.)", re.DOTALL)


def moved(marked: str, phonemes: list[str]) -> list[str] | None:
    """`marked` has `+` before its stressed vowel. None: it is said so already, or cannot be told."""
    before, _, after = marked.lower().partition("+")
    letters = [char for char in before + after if char in VOWELS]
    wanted = sum(char in VOWELS for char in before)
    places = [n for n, name in enumerate(phonemes) if name.lstrip("',") in PHONEMES]
    if not after or after[0] not in VOWELS or len(places) != len(letters):
        return None
    if phonemes[places[wanted]].startswith("'"):
        return None
    said = [name.lstrip("'") for name in phonemes]
    for number, place in enumerate(places):
        if phonemes[place].startswith("'"):
            said[place] = _reduced(letters[number], said[place], final=place == len(said) - 1)
    place = places[wanted]
    said[place] = "'" + _full(letters[wanted], said[place], said[place - 1] if place else "")
    return said


def moved_ipa(marked: str, ipa: str) -> str | None:
    """The same in the IPA that espeak writes."""
    signs = _SIGN.findall(ipa)
    names = [_named(sign) for sign in signs]
    said = moved(marked, names)
    return None if said is None else "".join(map(_written, signs, names, said))


def _named(sign: str) -> str:
    bare = sign.lstrip("ˈˌ")
    stress = {"ˈ": "'", "ˌ": ","}.get(sign[0], "")
    return stress + _NAMES.get(bare, bare)


def _written(sign: str, before: str, now: str) -> str:
    bare = now.lstrip("',")
    same = bare == before.lstrip("',")
    return ("ˈ" if now.startswith("'") else "") + (sign.lstrip("ˈˌ") if same else _IPA.get(bare, bare))


def _full(letter: str, now: str, before: str) -> str:
    match letter:
        case "е":
            return "E" if before in _HARD else "e"
        case "и":
            return "y" if before in _HARD else "i"
        case "я":
            return "ja" if now.startswith("j") else "a"
        case "ю":
            return "ju" if now.startswith("j") else "u"
    return {"а": "A", "о": "o", "ё": "8", "у": "u", "ы": "y", "э": "E"}[letter]


def _reduced(letter: str, now: str, *, final: bool) -> str:
    match letter:
        case "а" | "о":
            return "a#" if final and letter == "а" else "V"
        case "е":
            return "y" if now == "E" else "I"
        case "э":
            return "E#"
        case "я":
            return now if now == "ja" else "V"
    return now
