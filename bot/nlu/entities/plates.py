"""Russian number plates of cars and trailers, in any case and with Latin look-alikes."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PLATE = re.compile(
    r"(?<!\w)(?:{L}[ -]?(?!000)[0-9]{3}[ -]?{L}{2}|{L}{2}[ -]?(?!0000)[0-9]{4})"
    r"[ -]?(?!00)(?:[1279][0-9]{2}|[0-9]{2})(?:\s?rus)?(?!\w)".replace("{L}", "[АВЕКМНОРСТУХABEKMHOPCTYX]"),
    re.IGNORECASE,
)
_LATIN = str.maketrans("ABEKMHOPCTYX", "АВЕКМНОРСТУХ")


def find(text: str) -> Iterator[tuple[str, int, int]]:
    """(plate as "А123ВС77", start, end)"""
    for match in _PLATE.finditer(text):
        plate = re.sub(r"[ -]|rus$", "", match[0], flags=re.IGNORECASE)
        yield plate.upper().translate(_LATIN), *match.span()
