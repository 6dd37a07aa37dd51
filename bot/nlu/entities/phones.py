"""Russian telephone numbers in any spelling, dictated ones too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.nlu.entities.said import Said
from bot.nlu.entities.spoken import written

_PHONE = re.compile(
    r"(?<![\w+])(?<!\d[ -])(?:(?P<code>\+\s?7|8|7)[\s()-]{0,3})?(?P<rest>\d(?:[\s()-]{0,2}\d){9})(?!\w|-\d)",
    re.ASCII,
)
_INN = re.compile(r"\bинн\W{0,3}$", re.IGNORECASE)
_DASHES = str.maketrans("‐‑‒–—−\u00a0\u2009\u202f", "------   ")


def read(text: str) -> str | None:
    """The first number as "+79000000001"."""
    again = written(Said.of(text))
    for part in (text, again.text) if again else (text,):
        for value, _, _ in find(part):
            return value
    return None


def find(text: str) -> Iterator[tuple[str, int, int]]:
    """(number, start, end). Without +7 or 8 only mobile numbers are taken, they begin with 9."""
    text = text.translate(_DASHES)
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match["rest"])
        if digits[0] not in ("3489" if match["code"] else "9") or _INN.search(text, 0, match.start()):
            continue
        yield f"+7{digits}", *match.span()
