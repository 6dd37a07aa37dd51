"""Stories and rules as the events of conversations, with what their authors leave out made explicit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.engine.events import LISTEN, ActionTaken, Event, LoopSet, SlotSet, UserSaid
from bot.engine.states import UNSET, Lens, State
from bot.engine.tracker import Tracker
from bot.project.model import (
    ANY_VALUE,
    ActionStep,
    Domain,
    EntitySpan,
    LoopStep,
    MappingType,
    Rule,
    SlotStep,
    SlotType,
    Step,
    Story,
    UserStep,
)

ELSEWHERE = "..."  # the action before a rule begins, or after one that does not wait


def of_story(story: Story, domain: Domain) -> list[Event]:
    """Waiting before each message and at the end, and the slots that its entities fill."""
    return [event for event, _ in with_steps(story.steps, domain)]


def with_steps(steps: Sequence[Step], domain: Domain) -> list[tuple[Event, Step | None]]:
    """The events, each with the step that it comes from; None: an event that nobody wrote."""
    told = [(event, step) for step in steps for event in _of_step(step, domain)]
    return list(_waiting(told, domain))


def of_rule(rule: Rule, domain: Domain) -> list[Event]:
    """As `of_story`; begins and ends with `ELSEWHERE`. None means here: must not be set."""
    steps: list[Step] = list(rule.condition)
    if not rule.conversation_start:
        steps.append(ActionStep(ELSEWHERE))
    steps += rule.steps
    if not rule.wait_for_user_input:
        steps.append(ActionStep(ELSEWHERE))
    return [_strict(event) for event, _ in with_steps(steps, domain)]


def examples(events: Iterable[Event], lens: Lens, *, strict: bool) -> Iterator[tuple[list[State], str]]:
    """The states before each action that can be predicted, and the action.

    `strict`: slots that were never set are not seen, as rules have it.
    """
    tracker = Tracker.begin(lens)
    states: list[State] = []
    first = True
    for event in Tracker.begin(lens, events).line:
        if isinstance(event, ActionTaken):
            states.append(tracker.state(tracker.then, with_initial=not strict))
            if not first or event.name == LISTEN:
                yield list(states), event.name
            first = False
        tracker = tracker.after(event)


def _waiting(
    told: Sequence[tuple[Event, Step | None]], domain: Domain
) -> Iterator[tuple[Event, Step | None]]:
    latest: Event | None = None
    for event, step in told:
        if isinstance(event, UserSaid):
            if latest != ActionTaken(LISTEN):
                yield ActionTaken(LISTEN), None
            yield event, step
            for filled in _slots_filled(event.entities, domain):
                yield filled, None
        else:
            yield event, step
        latest = event
    if latest != ActionTaken(LISTEN):
        yield ActionTaken(LISTEN), None


def _of_step(step: Step, domain: Domain) -> Iterator[Event]:
    match step:
        case UserStep():
            intent = step.intents[0] if step.intents else None
            base = intent.split("/")[0] if intent else None
            full = intent if intent and "/" in intent else None
            yield UserSaid(step.text, base, step.entities, response=full)
        case ActionStep():
            yield ActionTaken(step.bot or step.name)
        case LoopStep():
            yield LoopSet(step.name)
        case SlotStep():
            for name, value in step.slots:
                yield SlotSet(name, _named(name, domain) if value is ANY_VALUE else value)


def _named(name: str, domain: Domain) -> object:
    """The value that a slot named without one stands for."""
    slot = domain.slots.get(name)
    if slot and slot.type in (SlotType.TEXT, SlotType.LIST):
        return "filled" if slot.type is SlotType.TEXT else ["filled"]
    return ANY_VALUE


def _strict(event: Event) -> Event:
    match event:
        case LoopSet(None):
            return LoopSet(UNSET)
        case SlotSet(name, None):
            return SlotSet(name, UNSET)
        case _:
            return event


def _slots_filled(entities: Sequence[EntitySpan], domain: Domain) -> Iterator[SlotSet]:
    for slot in domain.slots.values() if domain.fills_slots else ():
        found = [
            "" if span.value is None else span.value
            for mapping in slot.mappings
            if mapping.type is MappingType.FROM_ENTITY
            and not (mapping.conditions and mapping.conditions[0][0] is not None)
            for span in entities
            if (span.entity, span.role, span.group) == (mapping.entity, mapping.role, mapping.group)
        ]
        if found:
            yield SlotSet(slot.name, found if slot.type is SlotType.LIST else found[-1])
