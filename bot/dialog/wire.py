"""An answer as plain JSON: how it travels through an engine as the `custom` part of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.core.types import Answer, Ask, Escalate, QuickReply, Say, SayKind, Source

_KINDS = {Say: "say", Ask: "ask", Escalate: "escalate"}


def written(answer: Answer) -> dict[str, Any]:
    return {"type": _KINDS[type(answer)], **asdict(answer)}


def read(data: Mapping[str, Any]) -> Answer:
    """Raises KeyError, TypeError or ValueError for what `written` has not written."""
    given = {name: value for name, value in data.items() if name != "type"}
    for name in ("sources", "related"):
        if name in given:
            given[name] = tuple(Source(**each) for each in given[name])
    for name in ("quick_replies", "options"):
        if name in given:
            given[name] = tuple(QuickReply(**each) for each in given[name])
    match data["type"]:
        case "say":
            return Say(**{**given, "kind": SayKind(given["kind"])})
        case "ask":
            return Ask(**given)
        case _:
            return Escalate(**{**given, "skills": tuple(given["skills"])})
