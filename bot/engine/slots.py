"""Which slots a message fills, by the mappings of the domain. Rasa calls this action_extract_slots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from bot.engine.states import REQUESTED, truth
from bot.engine.tracker import Tracker
from bot.project.model import Domain, MappingType, Slot, SlotMapping, SlotType


def extracted(tracker: Tracker) -> dict[str, Any]:
    """Slots and their new values. Custom mappings are run by `actions`."""
    found: dict[str, Any] = {}
    for slot in tracker.lens.domain.slots.values():
        if slot.name == REQUESTED:
            continue
        for mapping in slot.mappings:
            if mapping.type is MappingType.CUSTOM or not applies(slot, mapping, tracker):
                continue
            values = [value for value in _values(mapping, tracker) if value is not None]
            if values:
                found[slot.name] = _typed(slot, values)
                break
    return found


def custom_actions(tracker: Tracker) -> Iterator[str]:
    """The actions that fill slots themselves, each once."""
    names = {
        mapping.action: None
        for slot in tracker.lens.domain.slots.values()
        for mapping in slot.mappings
        if mapping.type is MappingType.CUSTOM and mapping.action and applies(slot, mapping, tracker)
    }
    yield from names


def applies(slot: Slot, mapping: SlotMapping, tracker: Tracker) -> bool:
    """Whether the intent, the form and the question suit."""
    domain = tracker.lens.domain
    if mapping.type is MappingType.FROM_ENTITY and mapping.entity not in domain.entities:
        return False
    if not _intent_suits(mapping, tracker):
        return False
    if mapping.type is MappingType.FROM_TRIGGER_INTENT:
        form = tracker.now.active_loop
        forms = {wanted for wanted, _ in mapping.conditions}
        return form is not None and (not forms or form in forms)
    return _condition_holds(slot, mapping, tracker) and not _ambiguous(slot, mapping, tracker)


def _intent_suits(mapping: SlotMapping, tracker: Tracker) -> bool:
    intent = tracker.now.message.intent if tracker.now.message else None
    if mapping.intents:
        return intent in mapping.intents
    refused = set(mapping.not_intents)
    form = tracker.lens.domain.forms.get(tracker.now.active_loop or "")
    if form and (not mapping.conditions or any(wanted == form.name for wanted, _ in mapping.conditions)):
        refused.update(form.ignored_intents)
    return intent not in refused


def _condition_holds(slot: Slot, mapping: SlotMapping, tracker: Tracker) -> bool:
    if not mapping.conditions:
        return True
    loop, requested = tracker.now.loop, tracker.slot(REQUESTED)
    if loop and loop.rejected and requested == slot.name:
        return False
    active = tracker.now.active_loop
    return any(
        form == active and (form is None or wanted is None or wanted == requested)
        for form, wanted in mapping.conditions
    )


def _ambiguous(slot: Slot, mapping: SlotMapping, tracker: Tracker) -> bool:
    """An entity that could fill several slots of the form fills only the one that was asked for."""
    form = tracker.lens.domain.forms.get(tracker.now.active_loop or "")
    if mapping.type is not MappingType.FROM_ENTITY or form is None or slot.name not in form.required_slots:
        return False
    return tracker.slot(REQUESTED) != slot.name and mapping not in _unique(form.required_slots, tracker)


def _unique(names: tuple[str, ...], tracker: Tracker) -> list[SlotMapping]:
    domain: Domain = tracker.lens.domain
    mappings = [
        mapping
        for name in names
        if name in domain.slots
        for mapping in domain.slots[name].mappings
        if mapping.type is MappingType.FROM_ENTITY
    ]
    times = Counter(repr(mapping) for mapping in mappings)
    return [mapping for mapping in mappings if times[repr(mapping)] == 1]


def _values(mapping: SlotMapping, tracker: Tracker) -> list[Any]:
    message = tracker.now.message
    if message is None:
        return []
    match mapping.type:
        case MappingType.FROM_ENTITY:
            wanted = (mapping.entity, mapping.role, mapping.group)
            return [span.value for span in message.entities if (span.entity, span.role, span.group) == wanted]
        case MappingType.FROM_TEXT:
            return [message.text]
        case _:
            return [mapping.value]


def _typed(slot: Slot, values: list[Any]) -> Any:
    """A number or a truth written as text becomes one; what cannot stays as it was said."""
    if slot.type is SlotType.LIST:
        return values
    value = values[-1]
    if slot.type is SlotType.BOOL and (read := truth(value)) is not None:
        return read
    if slot.type is SlotType.FLOAT and isinstance(value, str):
        try:
            number = float(value.replace(",", "."))
        except ValueError:
            return value
        return int(number) if number.is_integer() else number
    return value
