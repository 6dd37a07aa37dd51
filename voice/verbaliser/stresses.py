"""Stress by dictionary: `stresses.yml` marks the words that a voice would stress elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from voice.verbaliser.tables import content

_WORD = re.compile(r"(?<![\w+-])[а-яё]+(?![\w+-])", re.IGNORECASE)
_LETTERS = re.compile(r"[а-яё+]+", re.IGNORECASE)


class _Entry(NamedTuple):
    """Where `word` stands between `before` and `after`, its vowel at `at` has the stress."""

    before: str
    after: str
    at: int


def stressed(said: str, own: Mapping[str, str]) -> str:
    """`said` with `+` in the words of the dictionary; not in a word that has one, nor in a part of one with
    a hyphen, nor in one that an editor's entry both writes and says without a mark.
    """
    kept = _unmarked(own)

    def marked(found: re.Match[str]) -> str:
        word = found[0]
        entries = _shipped().get(word.lower())
        if entries is None or word.lower() in kept:
            return word
        for entry in entries:
            if _stands(said, found, entry):
                return f"{word[: entry.at]}+{word[entry.at :]}"
        return word

    return _WORD.sub(marked, said)


def _unmarked(own: Mapping[str, str]) -> set[str]:
    return {
        word
        for written, spoken in own.items()
        for word in set(_LETTERS.findall(written.lower())) & set(_LETTERS.findall(spoken.lower()))
    }


@lru_cache(1)
def _shipped() -> Mapping[str, tuple[_Entry, ...]]:
    """By the word that is marked, the longest phrase first."""
    found: dict[str, list[_Entry]] = {}
    listed = content("stresses.yml")
    for phrase in (*listed["words"], *listed["phrases"]):
        start, end = phrase.rfind(" ", 0, phrase.index("+")) + 1, phrase.find(" ", phrase.index("+"))
        word = phrase[start:] if end < 0 else phrase[start:end]
        after = "" if end < 0 else phrase[end:]
        entry = _Entry(phrase[:start], after, word.index("+"))
        found.setdefault(word.replace("+", ""), []).append(entry)
    return {
        word: tuple(sorted(entries, key=lambda entry: -len(entry.before + entry.after)))
        for word, entries in found.items()
    }


def _stands(said: str, found: re.Match[str], entry: _Entry) -> bool:
    """Whole words: nothing of another goes on before or after."""
    start, end = found.start() - len(entry.before), found.end() + len(entry.after)
    if start < 0 or said[start : found.start()].lower() != entry.before:
        return False
    if said[found.end() : end].lower() != entry.after:
        return False
    return not (entry.before and start and said[start - 1].isalpha()) and not (
        entry.after and said[end : end + 1].isalpha()
    )
