"""A typed answer to "which of these?": "второе", "2", "последний вариант"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ORDINALS = (
    re.compile(r"^(?:вариант\s+)?(?:1|один|перв\w+|first)(?:\s+вариант)?\W*$", re.IGNORECASE),
    re.compile(r"^(?:вариант\s+)?(?:2|два|втор\w+|second)(?:\s+вариант)?\W*$", re.IGNORECASE),
    re.compile(r"^(?:вариант\s+)?(?:3|три|трет\w+|third)(?:\s+вариант)?\W*$", re.IGNORECASE),
)
_LAST = re.compile(r"^последн\w+(?:\s+вариант)?\W*$", re.IGNORECASE)


def chosen_option(text: str, options: Sequence[str]) -> str | None:
    """The option that an ordinal names, if it names one."""
    text = text.strip()
    if not options:
        return None
    if _LAST.match(text):
        return options[-1]
    for option, ordinal in zip(options, _ORDINALS, strict=False):
        if ordinal.match(text):
            return option
    return None
