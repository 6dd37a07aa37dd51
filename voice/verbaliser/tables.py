"""Tables of words: written in a line, or kept in the YAML files of this folder for an editor to change."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.core.documents import parse_yaml


def ordered(line: str) -> tuple[str, ...]:
    """The words of a line, in order."""
    return tuple(line.split())


@lru_cache
def content(name: str) -> dict[str, Any]:
    """What a file of this folder says."""
    found = parse_yaml(Path(__file__).with_name(name).read_text("utf-8"))
    assert isinstance(found, dict), name  # noqa: S101 - a file of the product, not input
    return found
