"""What the bot says: variants of responses, chosen and filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from bot.engine.tracker import Tracker
from bot.project.model import Button, Domain, Variant

_PLACE = re.compile(r"\{([^\n{}]+?)\}")


@dataclass(frozen=True, slots=True)
class Message:
    """Something that the bot says. `response` is the name it has in the domain."""

    text: str | None = None
    buttons: tuple[Button, ...] = ()
    image: str | None = None
    custom: Mapping[str, Any] | None = None
    response: str | None = None


@dataclass(frozen=True, slots=True)
class Responder:
    """Says the same to the same conversation with the same `seed`, and varies along a conversation."""

    domain: Domain
    seed: int = 0

    def say(
        self,
        name: str,
        tracker: Tracker,
        *,
        channel: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Message | None:
        """The response filled with slots and `values`; None when no variant suits or there is none."""
        slots = tracker.slots()
        suitable = _suitable(self.domain.responses.get(name, ()), channel, slots)
        if not suitable:
            return None
        number = crc32(f"{self.seed}:{tracker.sender}:{name}".encode()) + len(tracker.events)
        variant = suitable[number % len(suitable)]
        filled = {**slots, **(values or {})}
        return Message(
            fill(variant.text, filled),
            tuple(Button(fill(each.title, filled), fill(each.payload, filled)) for each in variant.buttons),
            fill(variant.image, filled),
            fill(variant.custom, filled),
            name,
        )


def fill(value: Any, slots: Mapping[str, Any]) -> Any:
    """Puts slots where the text says {slot}; a name that is no slot stays as it is written."""
    if isinstance(value, str):
        return _PLACE.sub(lambda place: str(slots[place[1]]) if place[1] in slots else place[0], value)
    if isinstance(value, Mapping):
        return {key: fill(each, slots) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [fill(each, slots) for each in value]
    return value


def _suitable(
    variants: Sequence[Variant], channel: str | None, slots: Mapping[str, Any]
) -> Sequence[Variant]:
    """Those of this channel before others, those whose conditions hold before those without any."""
    holding = [each for each in variants if each.conditions and _hold(each.conditions, slots)]
    plain = [each for each in variants if not each.conditions]
    groups = [
        [each for each in group if each.channel == wanted]
        for wanted in ((channel, None) if channel else (None,))
        for group in (holding, plain)
    ]
    return next((group for group in groups if group), [])


def _hold(conditions: Mapping[str, Any], slots: Mapping[str, Any]) -> bool:
    return all(_same(slots.get(name), value) for name, value in conditions.items())


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold() == other.casefold()
    return bool(one == other)
