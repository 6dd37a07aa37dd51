"""`[Rome](city)`, `[Rome](city:rome)`, `[Rome]{"entity": "city", "role": "to"}`: entities in a text."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.core.errors import InvalidContent
from bot.project.model import EntitySpan
from bot.project.source import Source

_ANNOTATION = re.compile(
    r"\[(?P<text>[^\]]+?)\]"
    r"(?:\((?P<entity>[^:)]+?)(?::(?P<value>[^)]+))?\)|(?P<one>\{[^}]+?\})|(?P<many>\[\s*\{.*?\}\s*\]))"
)
_KEYS = {"entity", "value", "role", "group"}


def read_annotations(text: str, source: Source, line: int) -> tuple[str, tuple[EntitySpan, ...]]:
    """The text without annotations, and what they say; `line` counts lines below `source`."""
    plain, spans, at = "", [], 0
    for match in _ANNOTATION.finditer(text):
        plain += text[at : match.start()]
        start, at = len(plain), match.end()
        plain += match["text"]
        for entry in _entries(match, source, line):
            spans.append(
                EntitySpan(
                    entry["entity"],
                    entry.get("value", match["text"]),
                    start,
                    len(plain),
                    entry.get("role"),
                    entry.get("group"),
                )
            )
    return plain + text[at:], tuple(spans)


def _entries(match: re.Match[str], source: Source, line: int) -> list[dict[str, Any]]:
    if match["entity"]:
        given = {"entity": match["entity"].strip()}
        return [given | ({"value": match["value"]} if match["value"] else {})]
    try:
        read = json.loads(match["one"] or match["many"])
    except ValueError as error:
        raise _wrong(source, line, f"the annotation of `{match['text']}` is not JSON") from error
    entries: list[dict[str, Any]] = read if isinstance(read, list) else [read]
    for entry in entries:
        if not isinstance(entry, dict) or "entity" not in entry or set(entry) - _KEYS:
            problem = f"the annotation of `{match['text']}` needs `entity`, may have value, role, group"
            raise _wrong(source, line, problem)
    return entries


def _wrong(source: Source, line: int, problem: str) -> InvalidContent:
    return InvalidContent(source.path, source.line + line, problem)
