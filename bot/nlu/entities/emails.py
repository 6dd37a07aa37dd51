"""E-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

_EMAIL = re.compile(
    r"(?<![\w.%+-])[A-Za-z0-9_](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_])?@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,4}[^\W\d_]{2,24}(?![\w-])"
)


def find(text: str) -> Iterator[tuple[str, int, int]]:
    """(address in lower case, start, end)"""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield match[0].lower(), *match.span()
