"""Names of people: «Иванов Пётр Ильич», «на Кузнецову Марию», in the nominative, the family name first.

A patronymic is sure evidence, even in lower case as recognised speech is. Without one both words must be
capitalised, or follow a word that announces a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from bot.nlu.entities.said import Said
from bot.nlu.entities.tokens import Token, listed, touch
from bot.nlu.words import parses
from bot.project.model import EntitySpan

NAME, PATRONYMIC, SURNAME = "Name", "Patr", "Surn"
_ORDERS = (
    (SURNAME, NAME, PATRONYMIC),
    (NAME, PATRONYMIC, SURNAME),
    (NAME, PATRONYMIC),
    (SURNAME, NAME),
    (NAME, SURNAME),
)
_CASES = ("nomn", "accs", "gent", "datv", "ablt", "loct")
_ANNOUNCES = listed("зовут фио имя гость гостя брат сестра муж жена мама папа сын дочь это я фамилия")
_LIKELY = 0.25  # of a parse as a name, where nothing else speaks for it
_PATRONYMIC_ENDS = ("ич", "на", "ну", "не", "ны", "ной", "ча", "чу", "чем", "чом", "че")


def find(said: Said) -> Iterator[EntitySpan]:
    """Full names and names with patronymics; after «зовут» a first name alone."""
    if not any(NAME in _kinds(token.form) for token in said.tokens):
        return
    words = _words(said)
    names = [NAME in _kinds(word[2].lower()) for word in words]
    at = 0
    while at < len(words):
        # Of every order one of the first two words is the first name.
        found = _person(said, words, at) if any(names[at : at + 2]) else None
        if found is None:
            at += 1
            continue
        value, size = found
        yield said.span("person", value, words[at][0], words[at + size - 1][1])
        at += size


Word = tuple[int, int, str]  # first token, last token (exclusive), as written


def _words(said: Said) -> list[Word]:
    """Words in a row; hyphenated ones are one. A sign is a word of its own that no name has."""
    words, at, tokens = [], 0, said.tokens
    while at < len(tokens):
        last = at + 1
        if last + 1 < len(tokens) and tokens[last].form in "-‑" and _hyphenated(tokens[at : at + 3]):
            last = at + 3
        words.append((at, last, said.text[tokens[at].start : tokens[last - 1].end]))
        at = last
    return words


def _hyphenated(tokens: tuple[Token, ...]) -> bool:
    left, dash, right = tokens
    return left.is_word and right.is_word and touch(left, dash) and touch(dash, right)


def _person(said: Said, words: list[Word], at: int) -> tuple[str, int] | None:
    for order in _ORDERS:
        part = words[at : at + len(order)]
        if len(part) == len(order) and _fits(said, part, order):
            value = _nominative([word[2] for word in part], order)
            if value is not None:
                return value, len(order)
    if said.form(words[at][0] - 1) == "зовут" and _kinds(words[at][2].lower()).get(NAME, 0) >= _LIKELY:
        value = _nominative([words[at][2]], (NAME,))
        return None if value is None else (value, 1)
    return None


def _fits(said: Said, part: list[Word], order: tuple[str, ...]) -> bool:
    written = [word[2] for word in part]
    if not all(word[0].isalpha() for word in written):
        return False
    sure = PATRONYMIC in order
    if sure and not written[order.index(PATRONYMIC)].lower().endswith(_PATRONYMIC_ENDS):
        return False
    capital = all(word[0].isupper() for word in written)
    announced = said.form(part[0][0] - 1) in _ANNOUNCES or part[-1][1] - part[0][0] == len(said.tokens)
    if not sure and not capital and not announced:
        return False
    for word, kind in zip(written, order, strict=True):
        share = _kinds(word.lower()).get(kind, 0.0)
        if kind == SURNAME and sure and word[0].isupper() and (share or (capital and _is_rare(word.lower()))):
            continue  # a family name that no dictionary has, beside a patronymic
        if share < (_LIKELY if not sure or kind == SURNAME else 0.0001):
            return False
    return True


@lru_cache(50_000)
def _kinds(word: str) -> dict[str, float]:
    """How likely a word is each part of a name."""
    shares: dict[str, float] = {}
    last = word.rsplit("-", 1)[-1]
    for parse in parses(last):
        for kind in (NAME, PATRONYMIC, SURNAME):
            if kind in parse.tag:
                shares[kind] = shares.get(kind, 0.0) + parse.score
    return shares


@lru_cache(10_000)
def _is_rare(word: str) -> bool:
    return not any(parse.is_known for parse in parses(word))


def _nominative(written: list[str], order: tuple[str, ...]) -> str | None:
    """The parts in the nominative, the family name first; None: they do not agree in case and gender."""
    for gender in _genders(written, order):
        for case in _CASES:
            parts = [_inflected(word, kind, case, gender) for word, kind in zip(written, order, strict=True)]
            if all(parts):
                named = dict(zip(order, parts, strict=True))
                return " ".join(named[kind] or "" for kind in (SURNAME, NAME, PATRONYMIC) if kind in named)
    return None


def _genders(written: list[str], order: tuple[str, ...]) -> tuple[str, ...]:
    """Of the patronymic, or else both, the likelier of the name first."""
    kind = PATRONYMIC if PATRONYMIC in order else NAME
    found = [
        gender
        for parse in parses(written[order.index(kind)].lower())
        if kind in parse.tag
        for gender in ("masc", "femn")
        if gender in parse.tag or "ms-f" in parse.tag
    ]
    return tuple(dict.fromkeys(found))


def _inflected(word: str, kind: str, case: str, gender: str) -> str | None:
    """A part of a name in the nominative if it may stand in this case and gender; its ё is kept."""
    *before, last = word.split("-")
    parse = _parse(last.lower(), kind, case, gender)
    if parse is None:
        rare = kind == SURNAME and not _kinds(word.lower()).get(SURNAME)
        return _title(word) if rare else None  # as it was said
    nominative = last if case == "nomn" else parse.inflect({"nomn", "sing"}).word
    first = "-".join(before)
    if first and case != "nomn":
        first = _inflected(first, kind, case, gender) or first
    return _title(f"{first}-{nominative}" if first else nominative)


def _parse(word: str, kind: str, case: str, gender: str) -> Any:
    for parse in parses(word):
        tag = parse.tag
        fits = gender in tag or "ms-f" in tag or "GNdr" in tag
        if kind in tag and fits and "sing" in tag and (case in tag or "Fixd" in tag):
            return parse
    return None


def _title(word: str) -> str:
    return "-".join(part[:1].upper() + part[1:].lower() for part in word.split("-"))
