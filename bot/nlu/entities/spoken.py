"""What is dictated, as it would be written: «восемь девятьсот двадцать три …» and «эм пэ двести четыре …»."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.nlu.entities.numbers import dictated
from bot.nlu.entities.said import Said
from bot.nlu.words import letter

LONGEST = 12  # words before the letters that a dictated number may have
DICTATED_DIGITS, OWN_LETTERS = 4, 3
PLATE = frozenset("авекмнорстух")
_ZEROS = frozenset(["ноля", "нуля", "нолей", "нулей"])


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters `start` to `end` of the new text stand for `old_start` to `old_end` of the old one."""

    start: int
    end: int
    old_start: int
    old_end: int


@dataclass(frozen=True, slots=True)
class Written:
    text: str
    pieces: tuple[Piece, ...]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the new text stands in the old one; a dictated piece is taken whole."""
        first = next(piece for piece in self.pieces if piece.end > start)
        last = next(piece for piece in reversed(self.pieces) if piece.start < end)
        kept_start = first.end - first.start == first.old_end - first.old_start
        kept_end = last.end - last.start == last.old_end - last.old_start
        return (
            first.old_start + (start - first.start) * kept_start,
            last.old_end - (last.end - end) * kept_end,
        )


def written(said: Said) -> Written | None:
    """The message with its dictated numbers and letters in digits; None: nothing is dictated."""
    runs = list(_runs(said))
    if not runs:
        return None
    text, pieces, at = "", [], 0
    for first, last, digits in runs:
        start, end = said.tokens[first].start, said.tokens[last - 1].end
        for part, old_start, old_end in ((said.text[at:start], at, start), (digits, start, end)):
            if part:
                pieces.append(Piece(len(text), len(text) + len(part), old_start, old_end))
                text += part
        at = end
    rest = said.text[at:]
    if rest:
        pieces.append(Piece(len(text), len(text) + len(rest), at, at + len(rest)))
    return Written(text + rest, tuple(pieces))


def is_dictation(text: str) -> bool:
    """Whether the message is a number and nothing else, but for a few letters of its own: «эм пэ двести»."""
    again = written(Said.of(text))
    signs = [sign for sign in (again.text if again else text) if sign.isalnum()]
    digits = sum(map(str.isdigit, signs))
    return digits >= DICTATED_DIGITS and len(signs) - digits <= OWN_LETTERS


def _runs(said: Said) -> Iterator[tuple[int, int, str]]:
    """(first token, last token, what they spell) where at least two number words or letters are dictated."""
    at = 0 if said.numbers else len(said.tokens)
    while at < len(said.tokens):
        if at not in said.at and (len(said.form(at)) > 3 or letter(said.form(at)) is None):
            at += 1
            continue
        last, spelt, words, letters = _run(said, at)
        if spelt and (words > 1 or letters):
            yield at, last, spelt
        at = max(last, at + 1)


def _run(said: Said, first: int) -> tuple[int, str, int, bool]:
    """(where it ends, what it spells, number words in it, whether letters are named)."""
    near = range(first, min(first + LONGEST, len(said.tokens)))
    of_plate = any(_is_pair(said, at) for at in near)
    names_letters = of_plate or any(_is_name(said.form(at)) for at in near)
    at, spelt, words, letters = first, "", 0, False
    while at < len(said.tokens):
        number = said.at.get(at)
        if number and not number.ordinal and not number.scaled and number.whole is not None:
            if said.form(number.last) in _ZEROS and 2 <= number.value % 10 <= 5 and not number.written:
                tens, zeros = divmod(int(number.value), 10)  # «девятьсот три нуля» is 900 000
                spelt += (f"{tens}0" if tens else "") + "0" * zeros
                at, words = number.last + 1, words + 2
                continue
            spelt, at = spelt + dictated(number, said.tokens), number.last
            words += not number.written
            continue
        form = said.form(at)
        name = letter(form) if names_letters else None
        if name is None and not (of_plate and len(form) <= 2 and PLATE.issuperset(form)):
            break
        spelt, at = spelt + (name or form), at + 1
        letters = letters or len(form) > 1
    digits = any(sign.isdigit() for sign in spelt)
    return at, spelt if digits else "", words, letters and digits


def _is_name(form: str) -> bool:
    """«вэ», «эс»; one letter may be a preposition."""
    return 2 <= len(form) <= 3 and letter(form) is not None


def _is_pair(said: Said, at: int) -> bool:
    """«рт» in «о семьсот два рт девяносто шесть»."""
    form = said.form(at)
    return len(form) == 2 and at + 1 in said.at and said.form(at - 1).isalpha() and PLATE.issuperset(form)
