"""E-mail and site addresses: «инфо собака мост дефис финанс точка экзампл»."""

from __future__ import annotations

import re
from collections.abc import Callable

from voice.verbaliser.codes import group
from voice.verbaliser.letters import acronym, latin
from voice.verbaliser.scan import Said, Scan

_EMAIL = re.compile(r"[\w.+&-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}")
_SITE = re.compile(
    r"(?P<scheme>https?://)?(?P<www>www\.)?(?P<host>[A-Za-zА-Яа-яЁё\d](?:[\w-]{0,62})(?:\.[A-Za-zА-Яа-яЁё\d][\w-]{0,62}){0,5}\.(?:[A-Za-z]{2,24}|рф|онлайн|сайт)(?![\w@-]))"
    r"(?P<port>:\d{2,5})?(?P<path>/[\w\-./?=&%#+~:;,@!*]{0,300})?"
)
_HANDLE = re.compile(r"@[A-Za-z][\w-]{2,40}(?:\.[\w-]{1,63}){0,5}(?![\w@])")
_SIGNS = {
    ".": "точка", "@": "собака", "-": "дефис", "_": "нижнее подчёркивание", "/": "слэш", ":": "двоеточие",
    "&": "амперсанд", "+": "плюс",
    "?": "вопросительный знак", "=": "равно", "#": "решётка", "%": "процент", "~": "тильда",
    ";": "точка с запятой", ",": "запятая",
    "!": "восклицательный знак", "*": "звёздочка",
}  # fmt: skip
_PIECE = re.compile(r"[A-Za-z]{1,64}|[А-Яа-яЁё]{1,64}|\d{1,64}|.")
_ENDS = {
    "ru": "ру",
    "com": "ком",
    "org": "орг",
    "net": "нет",
    "su": "эс у",
    "рф": "эр эф",
    "info": "инфо",
    "de": "ди и",
    "me": "ми",
    "io": "ай о",
    "online": "онлайн",
}


def read(scan: Scan, at: int, word: Callable[[str], str | None]) -> Said | None:
    """An address that starts at `at`; `word` is the editor's own pronunciation of a part."""
    text = scan.text
    found = _EMAIL.match(text, at) or _HANDLE.match(text, at)
    if found is not None and _has_letters(found[0]):
        written = found[0].rstrip(".-")
        return Said(_said(written, word), at + len(written))
    site = _SITE.match(text, at)
    if site is None or not (site["scheme"] or site["www"] or _is_host(site["host"])):
        return None
    path = (site["path"] or "").rstrip(".,;:!?")
    end = (site.start("path") if site["path"] else site.end()) + len(path)
    written = site["host"] + (site["port"] or "") + path.rstrip("/")
    return Said(_said(written, word), end)


def _has_letters(text: str) -> bool:
    return any(sign.isalpha() for sign in text)


def _is_host(host: str) -> bool:
    """A site is Latin or ends in «.рф»; «см.Word» is not one."""
    labels = host.split(".")
    if labels[-1] in {"рф", "онлайн", "сайт"}:
        return True
    return (
        labels[-1].islower()
        and all(re.fullmatch(r"[A-Za-z\d_-]+", label) for label in labels)
        and any(map(_has_letters, labels[:-1]))
    )


def _said(written: str, word: Callable[[str], str | None]) -> str:
    words = []
    last = written.rpartition(".")[2].lower()
    pieces = _PIECE.findall(written)
    for number, piece in enumerate(pieces):
        if piece[0].isdecimal():
            words.append(group(piece) if len(piece) < 3 else " ".join(group(digit) for digit in piece))
        elif piece[0].isalpha():
            ends = number == len(pieces) - 1 and piece.lower() == last
            own = _ENDS.get(piece.lower()) if ends else None
            words.append(own or word(piece) or (latin(piece.lower()) if piece.isascii() else acronym(piece)))
        elif piece in _SIGNS:
            words.append(_SIGNS[piece])
    return " ".join(words)
