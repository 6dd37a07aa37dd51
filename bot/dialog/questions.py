"""Whether a message asks, by its form."""

from __future__ import annotations

import re

_OPENS = re.compile(
    r"^(?:\w+[,!]+\s+)?"  # a form of address, or an insult
    r"(?:(?:а|и|но|стоп|подождите|погодите|скажите|подскажите|ой|так|здравствуйте|добрый день)[\s,.!]+)*"
    r"(?:как|где|когда|сколько|почему|зачем|кто|что|чего|какой|какая|какие|какое|какую|каком|куда|откуда|чем|"
    r"почём|до\s+скольки|можно|вы|у\s+вас|это\s+платно|если)\b",
    re.IGNORECASE,
)

_REFERS = re.compile(
    r"\b(?:он|она|оно|они|его|её|ее|ей|им|ему|их|них|неё|нее|нём|нем|ним|там|туда|"
    r"это|этого|этому|этот|эта|эту|тот|та|те)\b",
    re.IGNORECASE,
)


def opens(text: str) -> bool:
    """Whether it begins as a question does, whatever is said before in passing."""
    return bool(_OPENS.search(text))


def asks(text: str) -> bool:
    return text.rstrip().endswith("?") or opens(text)


def refers(text: str) -> bool:
    """Whether a pronoun stands for what was said before."""
    return bool(_REFERS.search(text))
