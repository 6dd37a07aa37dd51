"""An article's body as passages: along its Markdown structure, small enough to be one thought.

Passages are slices of the body, in its order, and together they are the whole of it. Headings open the
passage that they head and are also kept as its context, so that "Срок" under "Кредит" is found by both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from razdel import sentenize

SMALL_WORDS = 60  # a section below takes the next one in, as far as both fit
MAX_WORDS = 200  # about what a reader takes in at once, and what a word-vector mean can stand for
MAX_CHARS = 3000  # bounds what is not words: encoded data, a script without spaces

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]|[ \t]+\S")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Passage:
    """`body[start:end]`; `headings` is the path of headings above it, outermost first."""

    start: int
    end: int
    headings: tuple[str, ...]


@dataclass(slots=True)
class _Block:
    """Lines that belong together: a paragraph, a table, a list, a fenced block, a heading."""

    start: int
    end: int
    words: int
    heading: int = 0  # level 1 to 6
    opens: bool = False  # introduces what follows: "Нельзя:"
    title: str = ""


def passages(body: str) -> list[Passage]:
    """Cuts a body. No passage is longer than `MAX_WORDS` words or `MAX_CHARS` characters."""
    out: list[Passage] = []
    path: list[tuple[int, str]] = []
    for section in _sections(body):
        if section[0].heading:
            path = [one for one in path if one[0] < section[0].heading]
            path.append((section[0].heading, section[0].title))
        headings = tuple(title for _, title in path)
        for start, end in _pack(body, section):
            last = out[-1] if out else None
            if last and _small(body, last) and _fits(body, last.start, end):
                out[-1] = Passage(last.start, end, _common(last.headings, headings))
            else:
                out.append(Passage(start, end, headings))
    return out


def _small(body: str, passage: Passage) -> bool:
    return _words(body, passage.start, passage.end) < SMALL_WORDS


def _common(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    """The path that two neighbours share; the headings below it stand in their text."""
    shared = 0
    while shared < min(len(left), len(right)) and left[shared] == right[shared]:
        shared += 1
    return left[:shared]


def _words(body: str, start: int, end: int) -> int:
    return len(body[start:end].split())


def _fits(body: str, start: int, end: int) -> bool:
    return end - start <= MAX_CHARS and _words(body, start, end) <= MAX_WORDS


def _sections(body: str) -> Iterator[list[_Block]]:
    """Runs of blocks, each begun by its heading (the first may have none)."""
    section: list[_Block] = []
    for block in _blocks(body):
        if block.heading and section:
            yield section
            section = []
        section.append(block)
    if section:
        yield section


def _blocks(body: str) -> Iterator[_Block]:
    """Blocks by blank lines; a fence runs to its end, and a list takes its loose items in."""
    block: _Block | None = None
    fence, gap, is_list = "", False, False
    for line in _LINE.finditer(body):
        text = line[0]
        if fence and block:
            block.end = line.end()
            if text.strip().startswith(fence) and not text.strip().strip(fence[0]):
                fence, gap = "", True
            continue
        if not text.strip():
            gap = True
            continue
        heading = _HEADING.match(text.rstrip("\n"))
        loose = gap and is_list and _ITEM.match(text)
        if block and (heading or block.heading or (gap and not loose)):
            yield _closed(body, block)
            block = None
        if block is None:
            block = _Block(line.start(), line.end(), 0)
            is_list = bool(_ITEM.match(text))
        if heading:
            block.heading, block.title = len(heading[1]), heading[2]
        opened = _FENCE.match(text)
        fence = opened[1] if opened else ""
        block.end, gap = line.end(), False
    if block:
        yield _closed(body, block)


def _closed(body: str, block: _Block) -> _Block:
    text = body[block.start : block.end].rstrip()
    block.end = block.start + len(text)
    block.words = len(text.split())
    block.opens = bool(block.heading) or text.endswith((":", ":**", "**"))
    return block


def _pack(body: str, section: list[_Block]) -> Iterator[tuple[int, int]]:
    """Fills passages with whole blocks; what introduces a block goes with it where both fit."""
    start = end = -1
    units = [piece for unit in _units(body, section) for piece in _pieces(body, *unit)]
    for unit_start, unit_end in units:
        if start >= 0 and _fits(body, start, unit_end):
            end = unit_end
            continue
        if start >= 0:
            yield start, end
        start, end = unit_start, unit_end
    if start >= 0:
        yield start, end


def _units(body: str, section: list[_Block]) -> Iterator[tuple[int, int]]:
    start, before = -1, 0
    for block in section:
        if start >= 0 and not _fits(body, start, block.end):
            yield start, before
            start = -1
        start = block.start if start < 0 else start
        before = block.end
        if not block.opens:
            yield start, block.end
            start = -1
    if start >= 0:
        yield start, before


def _pieces(body: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A block that fits as it is; a longer one by lines, then sentences, then words."""
    if _fits(body, start, end):
        yield start, end
        return
    text = body[start:end]
    for line in _LINE.finditer(text):
        if _fits(text, *line.span()):
            yield from _trimmed(text, *line.span(), start)
            continue
        for sentence in sentenize(line[0]):
            at = line.start() + sentence.start, line.start() + sentence.stop
            if _fits(text, *at):
                yield from _trimmed(text, *at, start)
            else:
                yield from _torn(text, *at, start)


def _trimmed(text: str, start: int, end: int, shift: int) -> Iterator[tuple[int, int]]:
    """Without the space around it; nothing for what is only space."""
    inner = text[start:end]
    left = start + len(inner) - len(inner.lstrip())
    right = start + len(inner.rstrip())
    if left < right:
        yield shift + left, shift + right


def _torn(text: str, start: int, end: int, shift: int) -> Iterator[tuple[int, int]]:
    """A sentence beyond all bounds, by words; a word beyond them by characters."""
    for word in _WORD.finditer(text, start, end):
        for at in range(word.start(), word.end(), MAX_CHARS):
            yield shift + at, shift + min(at + MAX_CHARS, word.end())
