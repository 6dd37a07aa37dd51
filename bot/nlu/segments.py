"""Cuts a message into the questions it may hold.

A cut is only a proposal: whether two parts are two questions is decided by what answers them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SENTENCE = re.compile(r"(?<=[.!?…;])[\s»\"]+|\n+")
_JOIN = re.compile(
    r"[,:]?\s+(?:и\s+ещ[её]|а\s+ещ[её]|а\s+также|и\s+также|а\s+заодно|и\s+заодно|плюс|и|ещ[её]|а|да\s+и|потом)\s+|,\s+|\s+[—–-]\s+",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:как\w*|где|куда|откуда|когда|сколько|скок\w*|почему|зачем|что|чем|кто|какой|какая|какие|какое|каком|"
    r"можно|нельзя|нужн\w+|надо|обязательно|есть\s+ли|могу\w*|хочу|хотим|будет|хватит|пустят|дадите|дайте|верн\w+|"
    r"запишите|пришлите|скажите|подскажите|до\s+скольки|во\s+сколько|почём|ли)\b|\?",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
MIN_WORDS = 2
MAX_CUTS = 6


@dataclass(frozen=True, slots=True)
class Cut:
    """A message cut in two, in the order in which it was said."""

    first: str
    second: str


def sentences(text: str) -> tuple[str, ...]:
    """The sentences that hold words."""
    return tuple(part.strip() for part in _SENTENCE.split(text) if _WORD.search(part))


def asks(text: str) -> bool:
    """Whether it looks like a question or a request."""
    return _ASKS.search(text) is not None


def cuts(text: str) -> tuple[Cut, ...]:
    """Places where a second question may begin, the likeliest first; at most `MAX_CUTS`."""
    found: list[tuple[float, Cut]] = []
    for match in (*_SENTENCE.finditer(text), *_JOIN.finditer(text)):
        first, second = text[: match.start()].strip(" ,;:"), text[match.end() :].strip(" ,;:")
        sizes = len(_WORD.findall(first)), len(_WORD.findall(second))
        if min(sizes) < MIN_WORDS:
            continue
        found.append((_likelihood(match.group(), second, sizes), Cut(first, second)))
    found.sort(key=lambda pair: -pair[0])
    return tuple(cut for _, cut in found[:MAX_CUTS])


def _likelihood(joint: str, second: str, sizes: tuple[int, int]) -> float:
    opening = " ".join(second.split()[:2])
    balance = min(sizes) / max(sizes)
    joined = bool(_WORD.search(joint))
    return 2.0 * asks(opening) + 1.0 * joined + 0.5 * asks(second) + balance
