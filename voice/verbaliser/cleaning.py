"""Markup and typography out: what is left is text with plain spaces, digits and marks."""

from __future__ import annotations

import html
import re
import unicodedata

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z\d]{0,15})(?:\s[^<>]{0,300})?/?>")
_BLOCKS = {"br", "p", "li", "div", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "td", "th"}
_COMMENT = re.compile(r"<!--.{0,500}?-->", re.DOTALL)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]{2,8}\d{0,2});")
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\([^()\s]{0,300}\)")
_WIKI = re.compile(r"\(?\[\[[^\[\]\n]{1,200}\]\]\)?")
_STRONG = re.compile(r"(\*\*|__|~~|``?)(?=\S)([^\n*~`]{1,300}?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*\d])([^\n*]{1,200}?)(?<=[^\s*])\*(?![\w*])")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#{0,6}$", re.MULTILINE)
_RULE = re.compile(r"^[ \t]{0,3}(?:[-*_][ \t]?){3,}$|^[ \t]{0,3}\|?[ :|-]{3,}\|?$", re.MULTILINE)
_QUOTE = re.compile(r"^[ \t]{0,3}>+[ \t]?", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]{0,8}[-*+•·–—][ \t]+", re.MULTILINE)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[\n ]*")
_ACUTE = re.compile("([аеёиоуыэюяАЕЁИОУЫЭЮЯ])\u0301")
_SIZE = re.compile(r"(?<=\d) ?[xXхХ] ?(?=\d)")  # «10x15»
_DASHED = re.compile(r"(?<=\d)—(?=\d)")
_QUOTES = re.compile(r"[«»„“”\"‹›′″]|(?<![A-Za-zА-Яа-яЁё])['’‘`]|['’‘`](?![A-Za-zА-Яа-яЁё])")
_FOREIGN = str.maketrans({
    "і": "и", "ї": "йи", "є": "е", "ґ": "г", "ў": "у", "І": "И", "Ї": "Йи", "Є": "Е", "Ґ": "Г", "Ў": "У",
    "ј": "й", "ә": "э", "ө": "ё", "ү": "у",
    "қ": "к", "ғ": "г", "ң": "н", "һ": "х", "ұ": "у", "җ": "ж", "Ә": "Э", "Ө": "Ё", "Ү": "У", "Қ": "К",
    "Ғ": "Г", "Ң": "Н", "Һ": "Х", "Ұ": "У", "Җ": "Ж",
    "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i", "Ø": "O", "Æ": "Ae", "Ł": "L",
    "―": "—", "‒": "–", "‑": "-", "‐": "-", "−": "-", "…": "...", "．": ".", "，": ",", "。": ".", "、": ",",
    "∗": "*", "⁄": "/", "∕": "/",
})  # fmt: skip
_KEPT = set("²³№₽€£¥₸°℃×÷±≈≤≥≠→←•·—–§‰∞√™®©")


def clean(text: str) -> str:
    """One line of plain text; lines become sentences, stress marks become `+` before the vowel."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _COMMENT.sub(" ", text)
    text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    text = _TAG.sub(lambda tag: "\n" if tag[2].lower() in _BLOCKS else "", text)
    text = _ACUTE.sub(r"+\1", text)
    if not text.isascii():
        text = "".join(sign if sign in _PLAIN else _plain(sign) for sign in text.translate(_FOREIGN))
    text = _markdown(text)
    text = _QUOTES.sub("", text)
    text = _DASHED.sub("–", text)
    text = _SIZE.sub(" на ", text)
    return _lines(_SPACES.sub(" ", text))


def _markdown(text: str) -> str:
    text = _WIKI.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _RULE.sub("", text)
    text = _HEADING.sub(r"\1", text)
    text = _QUOTE.sub("", text)
    text = _BULLET.sub("", text)
    text = _STRONG.sub(r"\2", _STRONG.sub(r"\2", text))
    return _EMPHASIS.sub(r"\1", text)


def _lines(text: str) -> str:
    """Every line is a sentence of its own unless it goes on."""
    lines = [line.strip() for line in _LINES.split(text)]
    out = []
    for line in lines:
        if line:
            out.append(line if line[-1] in ".!?:;," else line + " .")
    joined = "\n".join(out)
    return joined.removesuffix(" .") if not text.rstrip(" ").endswith("\n") or len(out) < 2 else joined


_PLAIN = set(map(chr, range(32, 127))) | set("\n") | set(map(chr, range(0x410, 0x450))) | set("ёЁ«»") | _KEPT


def _plain(sign: str) -> str:
    """The plain form of an unusual sign: a digit of any script, a letter without its accent, or nothing."""
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    kind = unicodedata.category(sign)
    if kind == "Zs" or sign == "\t":
        return " "
    number = unicodedata.numeric(sign, None)
    if number is not None:
        return (
            f" {unicodedata.normalize('NFKC', sign).replace('⁄', '/')} "
            if number < 1
            else _numeral(sign, number)
        )
    if kind in {"Cc", "Zl", "Zp"}:
        return "\n" if kind != "Cc" else " "
    if kind[0] in "CM":
        return ""
    simple = unicodedata.normalize("NFKD", sign)
    kept = "".join(part for part in simple if part in _PLAIN)
    return kept if kept else (sign if kind in {"Pi", "Pf"} else "" if kind[0] != "P" else ",")


def _numeral(sign: str, number: float) -> str:
    simple = unicodedata.normalize("NFKC", sign)
    return simple if simple.isascii() else f" {number:g} "
