"""How written forms are said: the shipped `spellings.yml` and what an editor adds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from bot.core.documents import parse_yaml

Index = Mapping[str, tuple[tuple[str, str], ...]]
_STRESSED = re.compile(r"\+[аеёиоуыэюя]", re.IGNORECASE)
_FIRST = re.compile(r"\w+|[^\w\s]")


@lru_cache(1)
def shipped() -> Index:
    """The default pronunciations by their first word, lower case, the longest first."""
    content = parse_yaml(Path(__file__).with_name("spellings.yml").read_text("utf-8"))
    return _index(
        {
            str(written): str(said)
            for group in content["spellings"].values()
            for written, said in group.items()
        }
    )


def index(own: Mapping[str, str] | None) -> Index:
    """The shipped pronunciations with the editor's own before them."""
    if not own:
        return shipped()
    merged = dict(shipped())
    for first, entries in _index(own).items():
        keys = {written for written, _ in entries}
        others = tuple(entry for entry in merged.get(first, ()) if entry[0] not in keys)
        merged[first] = tuple(sorted((*entries, *others), key=lambda entry: -len(entry[0])))
    return merged


def _index(spellings: Mapping[str, str]) -> Index:
    found: dict[str, list[tuple[str, str]]] = {}
    for written, said in spellings.items():
        key = " ".join(written.lower().split())
        first = _FIRST.match(key)
        if first:
            found.setdefault(first[0], []).append((key, said))
    return {
        first: tuple(sorted(entries, key=lambda entry: -len(entry[0]))) for first, entries in found.items()
    }


def find(spellings: Index, text: str, at: int, first: str) -> tuple[str, int] | None:
    """(how it is said, where it ends) for a written form that stands at `at` as a whole word."""
    if at and text[at - 1] == "+":
        return None
    for written, said in spellings.get(first, ()):
        end = at + len(written)
        if text[at:end].lower() == written and not _goes_on(text, end):
            return said, end
    return None


def _goes_on(text: str, end: int) -> bool:
    """The word is longer: a letter of the same script, a digit after a digit, a stressed vowel."""
    last, following = text[end - 1], text[end : end + 1]
    if following == "+":
        return _STRESSED.match(text, end) is not None
    if last.isdecimal() or following.isdecimal():
        return last.isdecimal() and following.isdecimal()
    return last.isalpha() and following.isalpha() and last.isascii() == following.isascii()
