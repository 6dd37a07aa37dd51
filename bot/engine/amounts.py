"""Numbers in digits and in English words, as Duckling's `number` names them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.project.model import EntitySpan

EXTRACTOR = "DucklingEntityExtractor"
_WORDS = {
    name: number
    for number, name in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
}
_NUMBER = re.compile(r"(?<![\w.,])(?:\d+(?:\.\d+)?|" + "|".join(_WORDS) + r")(?![\w]|[.,]\d)", re.IGNORECASE)


def numbers(text: str) -> Iterator[EntitySpan]:
    """Each number with its value: an int where it is whole."""
    for match in _NUMBER.finditer(text):
        said = match[0].lower()
        value = _WORDS[said] if said in _WORDS else int(said) if said.isdecimal() else float(said)
        yield EntitySpan("number", value, *match.span(), extractor=EXTRACTOR)
