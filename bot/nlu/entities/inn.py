"""Taxpayer numbers (ИНН) of 10 or 12 digits whose check digits are right."""

from __future__ import annotations

import re
from collections.abc import Iterator

_INN = re.compile(r"(?<![\w.,+-])(?<!\d[ ])(?:\d{12}|\d{10})(?!\w|[.,-]\d| \d)", re.ASCII)
_NAMED = re.compile(r"(?i:\bинн)[\s:№-]{0,3}(\d(?:[ -]?\d){9}(?:(?:[ -]?\d){2})?)(?!\d|[ -]\d)")
# Order of the Ministry of Finance: weights of the check digits.
_TEN = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_ELEVENTH = (7, *_TEN)
_TWELFTH = (3, *_ELEVENTH)


def find(text: str) -> Iterator[tuple[str, int, int]]:
    """(digits, start, end)"""
    for match in _INN.finditer(text):
        if valid(match[0]):
            yield match[0], *match.span()
    for match in _NAMED.finditer(text):
        digits = re.sub(r"\D", "", match[1])
        if valid(digits):
            yield digits, *match.span(1)


def valid(digits: str) -> bool:
    """Whether the check digits are right; zeros alone are no number."""
    if not digits.isdecimal() or not digits.strip("0"):
        return False
    if len(digits) == 10:
        return _check(digits, _TEN)
    return len(digits) == 12 and _check(digits, _ELEVENTH) and _check(digits, _TWELFTH)


def _check(digits: str, weights: tuple[int, ...]) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))
    return total % 11 % 10 == int(digits[len(weights)])
