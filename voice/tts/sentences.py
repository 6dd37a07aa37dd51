"""A text in pieces that are said one after another: first sound early, long answers in parts."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 160  # characters that an engine is given at once, about ten seconds of speech
LETTERS_A_SECOND = 16.0  # of Russian as espeak says it at its own speed
FULL_STOP_S, OTHER_STOP_S = 0.3, 0.1  # between two sentences, and where a long sentence is cut
_END = re.compile(r"(?<=[.!?…])[\"»”)]*\s+|\n+")
_CUTS = (re.compile(r"(?<=[;:,])\s+|\s+(?=[—–]\s)"), re.compile(r"\s+"))
_ENDS_SENTENCE = re.compile(r"[.!?…][\"»”)]*$")


def sentences(text: str) -> list[str]:
    """Sentences of at most `LONGEST` characters, without those that have nothing to say.

    A longer one is cut at a comma, or else between words. Each of them, given again, is itself. No dot ends
    an abbreviation: the text is verbalised.
    """
    seen = "".join(_seen(char) for char in text)
    found = (" ".join(part.split()) for part in _END.split(seen))
    return [piece for part in found if part for piece in _cut(part) if sayable(piece)]


def parts(text: str, seconds: float) -> list[str]:
    """Whole sentences, together about `seconds` of speech each; a last part of a fifth of that is none."""
    made: list[list[str]] = []
    spent = 0.0
    for sentence in sentences(text):
        takes = spoken_s(sentence)
        if not made or spent + takes > seconds:
            made.append([])
            spent = 0.0
        made[-1].append(sentence)
        spent += takes
    if len(made) > 1 and spent < seconds / 5:
        rest = made.pop()
        made[-1] += rest
    return [" ".join(part) for part in made]


def spoken_s(text: str) -> float:
    """About how long it takes to say."""
    return len(text) / LETTERS_A_SECOND + pause_s(text)


def pause_s(said: str) -> float:
    """Of silence before the next one is said."""
    return FULL_STOP_S if _ENDS_SENTENCE.search(said) else OTHER_STOP_S


def sayable(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _seen(char: str) -> str:
    """Nothing of pictures and of what cannot be seen: an engine may read their names aloud."""
    match unicodedata.category(char):
        case "Cc":
            return char if char == "\n" else " "
        case "Cf" | "Co" | "Cs" | "Cn":
            return ""
        case "So" | "Sk" if char >= "\u2190":  # from arrows on; not the number sign
            return ""
        case "Mn" if "\ufe00" <= char <= "\ufe0f":  # variants of pictures
            return ""
    return char


def _cut(text: str, by: int = 0) -> list[str]:
    """Pieces of at most `LONGEST`, as few as that takes."""
    if len(text) <= LONGEST:
        return [text]
    if by == len(_CUTS):
        return [text[start : start + LONGEST] for start in range(0, len(text), LONGEST)]
    pieces: list[str] = []
    for part in _CUTS[by].split(text):
        if pieces and len(pieces[-1]) + 1 + len(part) <= LONGEST:
            pieces[-1] += f" {part}"
        else:
            pieces.append(part)
    return [piece for part in pieces for piece in _cut(part, by + 1)]
