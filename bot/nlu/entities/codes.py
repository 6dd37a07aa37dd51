"""Codes from a message: four to six digits that are all that is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CODE = re.compile(
    r"\W{0,9}(?:код\W{1,3})?(?:из\s+смс\W{1,3})?"
    r"([0-9]{4,6}|[0-9]{3}[ -][0-9]{3}|[0-9]{2}(?:[ -][0-9]{2}){1,2}|[0-9](?:[ -][0-9]){3,5})\W{0,9}",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[tuple[str, int, int]]:
    """(digits, start, end)"""
    if len(text) < 60 and (match := _CODE.fullmatch(text)):
        yield re.sub(r"\D", "", match[1]), *match.span(1)
