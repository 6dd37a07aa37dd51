"""Signs that are neither letters nor digits: named where they mean something, else a pause or nothing."""

from __future__ import annotations

import re

from voice.verbaliser.scan import Said, Scan
from voice.verbaliser.tables import ordered

_NAMED = {
    "%": "процент", "₽": "рублей", "$": "доллар", "€": "евро", "£": "фунт", "¥": "юань", "₸": "тенге",
    "°": "градус", "℃": "градус цельсия",
    "&": "и", "±": "плюс минус", "≈": "примерно", "~": "примерно", "≤": "не больше", "≥": "не меньше",
    "≠": "не равно", "×": "умножить на",
    "÷": "разделить на", "‰": "промилле", "∞": "бесконечность", "√": "корень", "@": "собака",
    "²": "в квадрате", "³": "в кубе",
}  # fmt: skip
_FORMULA = re.compile(r"[×+/÷*][^=]*\Z")
_PAUSES = set("()[]{}|—→←•·")
_KEPT = set(".,!?:;")
_KEY = {"*": ("звёздочка", "звёздочку"), "#": ("решётка", "решётку")}
_PRESSED = frozenset(ordered("нажмите нажать нажимайте наберите набрать введите через на"))


def read(scan: Scan, at: int) -> Said:  # noqa: C901 - one branch per kind of sign
    """One sign, or a run that means one thing."""
    text, sign = scan.text, scan.text[at]
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    words = ""
    if sign in _KEPT:
        words = sign
    elif sign in _PAUSES:
        words = ","
    elif sign in _KEY:
        words = _key(scan, at, before, after)
    elif sign in "-–":
        words = _dash(before, after)
    elif sign == "+":
        words = "плюс"
    elif sign == "/":
        words = (
            "или"
            if before.isalpha() and after.isalpha()
            else "дробь"
            if before.isdecimal() and after.isdecimal()
            else ","
        )
    elif sign == "=":
        words = "равно" if _FORMULA.search(text[max(0, at - 60) : at]) else "это"
    elif sign in "<>":
        words = ("меньше" if sign == "<" else "больше") if re.match(r" ?\d", text[at + 1 : at + 3]) else ""
    elif sign == "_":
        words = "нижнее подчёркивание" if before.isalnum() and after.isalnum() else ""
    elif sign in _NAMED:
        words = _NAMED[sign]
    return Said(words, at + 1)


def _key(scan: Scan, at: int, before: str, after: str) -> str:
    if (
        before.isdecimal()
        and (after.isdecimal() or not after.strip())
        and scan.text[at] == "*"
        and re.match(r"\* ?\d", scan.text[at : at + 3])
    ):
        return "умножить на"
    if (before.strip() and before not in "(,:*#") or (
        after.strip() and after not in ".,;!?)*#" and not after.isdecimal()
    ):
        if scan.text[at] == "#" and after.isalnum():
            return "решётка"
        return ""
    nearest = scan.nearest(at)
    return _KEY[scan.text[at]][nearest in _PRESSED]


def _dash(before: str, after: str) -> str:
    """Between letters a hyphen stays; with a space beside it is a pause; before a digit it separates."""
    if before.isalpha() and after.isalpha():
        return "-"
    return "," if not before.strip() or not after.strip() else " "
