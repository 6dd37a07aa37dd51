"""What happens in a conversation: small frozen events, each of which can be written as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args

from bot.project.model import EntitySpan

LISTEN = "action_listen"


@dataclass(frozen=True, slots=True)
class UserSaid:
    """A message, understood. `intent` is the base intent; `response` the selected one ("faq/ask_name").

    `known_as` is the training text of an end-to-end story that this message was taken for.
    """

    text: str | None
    intent: str | None
    entities: tuple[EntitySpan, ...] = ()
    confidence: float = 1.0
    ranking: tuple[tuple[str, float], ...] = ()
    response: str | None = None
    known_as: str | None = None


@dataclass(frozen=True, slots=True)
class ActionTaken:
    """`hidden`: a turn that only rules know, which remembered stories do not see."""

    name: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ActionRejected:
    name: str


@dataclass(frozen=True, slots=True)
class SlotSet:
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class SlotsReset:
    pass


@dataclass(frozen=True, slots=True)
class LoopSet:
    """A form begins, or with None the active one ends."""

    name: str | None


@dataclass(frozen=True, slots=True)
class LoopInterrupted:
    """The form runs next after something else was answered, so it validates nothing."""


@dataclass(frozen=True, slots=True)
class TextUsed:
    """The latest message was taken for this text of an end-to-end story, whatever its intent."""

    text: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    name: str


@dataclass(frozen=True, slots=True)
class Paused:
    pass


@dataclass(frozen=True, slots=True)
class Resumed:
    pass


@dataclass(frozen=True, slots=True)
class Restarted:
    pass


@dataclass(frozen=True, slots=True)
class SessionStarted:
    pass


@dataclass(frozen=True, slots=True)
class UserReverted:
    """The last message and all that followed it are undone."""


@dataclass(frozen=True, slots=True)
class ActionReverted:
    pass


Event = (
    UserSaid
    | ActionTaken
    | ActionRejected
    | SlotSet
    | SlotsReset
    | LoopSet
    | LoopInterrupted
    | TextUsed
    | FollowUp
    | Paused
    | Resumed
    | Restarted
    | SessionStarted
    | UserReverted
    | ActionReverted
)
_KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}
_FIELDS = {kind: {each.name: each.default for each in fields(kind)} for kind in get_args(Event)}
_SPAN = {each.name: each.default for each in fields(EntitySpan)}


def to_json(event: Event) -> dict[str, Any]:
    """The event as JSON values. A slot's value must be JSON already."""
    written: dict[str, Any] = {"event": type(event).__name__}
    for name, default in _FIELDS[type(event)].items():
        value = getattr(event, name)
        if value != default:
            written[name] = value
    if isinstance(event, UserSaid):
        written["entities"] = [
            {name: getattr(span, name) for name, default in _SPAN.items() if getattr(span, name) != default}
            for span in event.entities
        ]
        written["ranking"] = [list(each) for each in event.ranking]
    return written


def from_json(written: Mapping[str, Any]) -> Event:
    given = {key: value for key, value in written.items() if key != "event"}
    kind = _KINDS[written["event"]]
    if kind is UserSaid:
        given["entities"] = tuple(EntitySpan(**span) for span in given.get("entities", ()))
        given["ranking"] = tuple((name, share) for name, share in given.get("ranking", ()))
    return kind(**given)
