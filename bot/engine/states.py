"""What the dialogue looks at: a conversation's moment as features, the same as Rasa's policies see.

A text slot is set or not, a categorical one has one of its values or another, a bool, a float; a slot of
type `any` and one that does not influence the conversation are not seen at all.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from bot.engine.events import UserSaid
from bot.project.model import ANY_VALUE, Domain, IntentUse, Slot, SlotType

Slots = tuple[tuple[str, Hashable], ...]
UNSET = "should_not_be_set"  # the value of a slot, or the name of a loop, that a rule wants to be none
OTHER = "__other__"
REQUESTED = "requested_slot"


class Mark(Enum):
    """Features that only rules have."""

    UNSET = "must not be set"
    ANY = "must be set to something"


class State(NamedTuple):
    """Before an action: what was heard, the slots, the latest action and the active loop."""

    intent: str | None = None
    text: str | None = None
    entities: tuple[str, ...] = ()
    slots: Slots = ()
    action: str | None = None
    loop: str | None = None

    @property
    def active_loop(self) -> str | None:
        return None if self.loop == UNSET else self.loop


class Lens:
    """Turns messages and slots into features, as the domain says."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self._seen = {
            name: slot
            for name, slot in sorted(domain.slots.items())
            if slot.influences and slot.type is not SlotType.ANY and name != REQUESTED
        }
        self._initial = {
            name: feature
            for name, slot in self._seen.items()
            if (feature := _feature(slot, slot.initial)) is not None
        }

    def slot(self, name: str) -> Slot | None:
        """The slot, if the dialogue sees it."""
        return self._seen.get(name)

    def slots(self, given: Mapping[str, Any], *, with_initial: bool = True) -> Slots:
        features = dict(self._initial) if with_initial else {}
        for name, value in given.items():
            if (slot := self._seen.get(name)) is None:
                continue
            if (feature := _feature(slot, value)) is None:
                features.pop(name, None)
            else:
                features[name] = feature
        return tuple(sorted(features.items()))

    def heard(self, message: UserSaid | None) -> tuple[str | None, str | None, tuple[str, ...]]:
        """Intent, text and entities; a text only where there is no intent to go by."""
        if message is None:
            return None, None, ()
        if message.known_as is not None:
            return None, message.known_as, ()
        if message.intent is None:
            return None, message.text, ()
        return message.intent, None, self._entities(message)

    def _entities(self, message: UserSaid) -> tuple[str, ...]:
        use = self.domain.intents.get(message.intent or "", _ANY_ENTITY)
        names = set()
        for span in message.entities:
            if not self._wanted(span.entity, use):
                continue
            known = self.domain.entities.get(span.entity)
            names.add(span.entity)
            if known and span.role in known.roles:
                names.add(f"{span.entity}#{span.role}")
            if known and span.group in known.groups:
                names.add(f"{span.entity}#{span.group}")
        return tuple(sorted(names))

    def _wanted(self, entity: str, use: IntentUse) -> bool:
        if use is _ANY_ENTITY:
            return True
        if entity in use.ignore_entities or entity not in self.domain.entities:
            return False
        if use.use_entities is not None:
            return entity in use.use_entities
        return self.domain.entities[entity].influences


_ANY_ENTITY = IntentUse("")  # of an intent that the domain does not know


def _feature(slot: Slot, value: Any) -> Hashable:  # noqa: PLR0911 - one return per type
    """What is seen of a value; None: as if the slot were empty."""
    if value is None:
        return None
    if isinstance(value, str) and value == UNSET:
        return Mark.UNSET
    match slot.type:
        case SlotType.TEXT:
            return True
        case SlotType.LIST:
            return True if value is ANY_VALUE or (isinstance(value, list | tuple) and value) else None
        case _ if value is ANY_VALUE:
            return Mark.ANY
        case SlotType.BOOL:
            return truth(value)
        case SlotType.FLOAT:
            return _scaled(slot, value)
        case SlotType.CATEGORICAL:
            said = str(value).lower()
            return said if said in {str(each).lower() for each in slot.values} else OTHER
        case _:
            return None


def truth(value: Any) -> bool | None:
    """A bool, however it is written; None for what is neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value == 1
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    return None


def _scaled(slot: Slot, value: Any) -> float | None:
    try:
        number = max(slot.min_value, min(slot.max_value, float(value)))
    except (TypeError, ValueError):
        return None
    return (number - slot.min_value) / ((slot.max_value - slot.min_value) or 1.0)
