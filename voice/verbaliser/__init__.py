"""Text to words that can be spoken: no digits, no signs, no letters of another script."""

from __future__ import annotations

import re
from collections.abc import Mapping

from voice.verbaliser import english
from voice.verbaliser import spellings as own
from voice.verbaliser.cleaning import clean
from voice.verbaliser.reading import read
from voice.verbaliser.scan import Scan
from voice.verbaliser.stresses import stressed

_LATIN = re.compile("[A-Za-z]")
_AGAIN = 3
_SPACES = re.compile(r" {2,}")
_BEFORE_MARK = re.compile(r" +(?=[.,!?:;])")
_MARKS = re.compile(r"[.,!?:;](?: ?[.,!?:;])+")
_GLUED = re.compile(r"(?<=[,!?:;.])(?=[^\s.,!?:;])")
_STRENGTH = "?!.:;,"
_HYPHENS = re.compile(r"(?<![А-Яа-яЁёA-Za-z])-+|-+(?![А-Яа-яЁёA-Za-z+])|-{2,}")


def verbalise(text: str, *, locale: str = "ru", spellings: Mapping[str, str] | None = None) -> str:
    """The text as it is said, in Russian or English (`locale` "en").

    `spellings` maps written forms to how they are said, before the shipped `spellings.yml`: whole words, any
    case. `+` stands before a stressed vowel, where the text, a spelling or `stresses.yml` has it. What comes
    out holds letters, spaces, `.,!?:;`, hyphens inside words and `+`; saying it again changes nothing. Markup
    is left out: targets of links, tags.
    """
    if locale == "en":
        return _tidy("".join(english.read(clean(text), spellings or {})))
    index = own.index(spellings)
    plain = clean(text)
    said = _tidy("".join(read(Scan(plain, index))))
    for _ in range(_AGAIN if _LATIN.search(plain) else 0):
        # what Latin letters became may be a short form itself: «tel.» is «тел.»
        said, before = _tidy("".join(read(Scan(clean(said), index)))), said
        if said == before:
            break
    return stressed(said, spellings or {})


def _tidy(text: str) -> str:
    text = _BEFORE_MARK.sub("", _SPACES.sub(" ", text))
    text = _MARKS.sub(lambda run: min(run[0].replace(" ", ""), key=_STRENGTH.index), text)
    text = _HYPHENS.sub(" ", _GLUED.sub(" ", text))
    return _BEFORE_MARK.sub("", _SPACES.sub(" ", text)).lstrip(" .,!?:;").rstrip(" ,")
