"""Stress of a Russian word moved to the vowel that a dictionary marks, in espeak's phonemes.

espeak reduces vowels by stress before its phonemes can be seen: where the stress goes the full vowel comes
back, where it was the vowel is reduced. The names are those of espeak-ng's Russian.
"""

VOWELS = "аеёиоуыэюя"
PHONEMES = frozenset(
    ("a", "A", "a#", "V", "o", "8", "u", "u#", 'u"', "y", "I", "i", "e", "E", "E#", "E2", "ja", "ju")
)
_HARD = frozenset(("Z", "S", "ts"))  # ж, ш, ц: е and и after them are э and ы


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
