"""The nouns of a Rasa 3 project. Frozen and slotted; `Place` says where each came from.

Names follow Rasa's documentation of the training data format and of the domain. What a file may say
and this engine does not run is refused by the loader, so that nothing here is half understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written. `line` counts from 1."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


NOWHERE = Place("")


@dataclass(frozen=True, slots=True)
class EntitySpan:
    """An entity in a text: characters `start` to `end`; `value` is normalised where something does that."""

    entity: str
    value: Any
    start: int
    end: int
    role: str | None = None
    group: str | None = None
    extractor: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Example:
    """A training example with its annotations taken out of the text. `intent` may be "faq/ask_name"."""

    text: str
    intent: str
    entities: tuple[EntitySpan, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class NluData:
    """`synonyms`: lower-case text -> value. `lookups` and `regexes`: name -> texts or patterns."""

    examples: tuple[Example, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    lookups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    regexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def entities(self) -> frozenset[str]:
        """Those that the examples mark."""
        return frozenset(span.entity for example in self.examples for span in example.entities)


class SlotType(StrEnum):
    TEXT = "text"
    BOOL = "bool"
    CATEGORICAL = "categorical"
    FLOAT = "float"
    LIST = "list"
    ANY = "any"


class MappingType(StrEnum):
    FROM_ENTITY = "from_entity"
    FROM_TEXT = "from_text"
    FROM_INTENT = "from_intent"
    FROM_TRIGGER_INTENT = "from_trigger_intent"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class SlotMapping:
    """How a message fills a slot. `conditions`: (active_loop, requested_slot or None), any of them."""

    type: MappingType
    entity: str | None = None
    role: str | None = None
    group: str | None = None
    intents: tuple[str, ...] = ()
    not_intents: tuple[str, ...] = ()
    value: Any = None
    action: str | None = None
    conditions: tuple[tuple[str | None, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    type: SlotType
    initial: Any = None
    influences: bool = True  # influence_conversation
    mappings: tuple[SlotMapping, ...] = ()
    values: tuple[Any, ...] = ()  # of a categorical slot
    min_value: float = 0.0
    max_value: float = 1.0
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class IntentUse:
    """How the dialogue sees an intent. `entities` None: all of the domain's that influence."""

    name: str
    use_entities: frozenset[str] | None = None
    ignore_entities: frozenset[str] = frozenset()
    triggers: str | None = None  # an action that this intent runs whatever the stories say
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class EntityUse:
    name: str
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    influences: bool = True


@dataclass(frozen=True, slots=True)
class Button:
    """`payload` is `/intent{"entity": "value"}` or plain text."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to say a response. `conditions`: slot -> value, all must hold; `channel` None: any."""

    text: str | None = None
    buttons: tuple[Button, ...] = ()
    image: str | None = None
    custom: Mapping[str, Any] | None = None
    channel: str | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Form:
    name: str
    required_slots: tuple[str, ...]
    ignored_intents: tuple[str, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Domain:
    """`actions` as listed; `carry_over` keeps slots when a session begins anew.

    `fills_slots`: the entities of stories fill the slots mapped to them.
    """

    intents: Mapping[str, IntentUse] = field(default_factory=dict)
    entities: Mapping[str, EntityUse] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    responses: Mapping[str, tuple[Variant, ...]] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    forms: Mapping[str, Form] = field(default_factory=dict)
    session_minutes: float = 60.0
    carry_over: bool = True
    fills_slots: bool = True


@dataclass(frozen=True, slots=True)
class UserStep:
    """Something the user says: any of `intents` (one but for `or`), with these entities.

    `text` is given in test stories and end-to-end stories. `entities` there have their spans.
    """

    intents: tuple[str, ...]
    entities: tuple[EntitySpan, ...] = ()
    text: str | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class ActionStep:
    """`action: name`; `bot` is the text of an end-to-end step instead."""

    name: str
    bot: str | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class SlotStep:
    """`slot_was_set`. In a condition the slot must have the value; a bare name means: any but none."""

    slots: tuple[tuple[str, Any], ...]
    place: Place = NOWHERE


ANY_VALUE = object()  # the value of a slot named without one


@dataclass(frozen=True, slots=True)
class LoopStep:
    """`active_loop`: from here on this form is active, or none."""

    name: str | None
    place: Place = NOWHERE


Step = UserStep | ActionStep | SlotStep | LoopStep


@dataclass(frozen=True, slots=True)
class Story:
    """Checkpoints and `or` are resolved by the loader: each way through is a story of its own."""

    name: str
    steps: tuple[Step, ...]
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Rule:
    """`condition` must hold when the rule begins."""

    name: str
    steps: tuple[Step, ...]
    condition: tuple[SlotStep | LoopStep, ...] = ()
    conversation_start: bool = False
    wait_for_user_input: bool = True
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Component:
    """An entry of `pipeline` or `policies`."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Project:
    """Everything in a project's folder. `problems` are warnings: what runs, but surely is not meant."""

    root: Path
    language: str
    pipeline: tuple[Component, ...]
    policies: tuple[Component, ...]
    domain: Domain
    nlu: NluData
    stories: tuple[Story, ...] = ()
    rules: tuple[Rule, ...] = ()
    tests: tuple[Story, ...] = ()
    problems: tuple[str, ...] = ()
