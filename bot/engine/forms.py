"""Forms: ask for what is missing, one slot after another, and stop when nothing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bot.engine.events import LISTEN, ActionRejected, ActionTaken, Event, LoopSet, SlotSet, UserSaid
from bot.engine.ports import Rejected
from bot.engine.responses import Message
from bot.engine.states import REQUESTED
from bot.engine.tracker import Tracker
from bot.project.model import Form

Outcome = list[Event | Message]


class Runner(Protocol):
    """What a form needs of those who run actions."""

    @property
    def named(self) -> Callable[[str], bool]: ...

    async def run(self, name: str, tracker: Tracker) -> Outcome: ...

    async def extract(self, tracker: Tracker) -> Outcome: ...


def events(outcome: Sequence[Event | Message]) -> list[Event]:
    return [each for each in outcome if not isinstance(each, Message)]


async def run(form: Form, tracker: Tracker, runner: Runner) -> Outcome:
    """One turn of the form. Raises `Rejected` when the answer to its question has nothing in it."""
    outcome: Outcome = []
    if tracker.now.active_loop != form.name:
        outcome += await _activated(form, tracker, runner)
    if not _done(outcome):
        found: Outcome = []
        if not any(not isinstance(each, LoopSet) for each in events(outcome)):
            found = await _validated(form, tracker, runner)
        outcome += found
        if not _rejected(found):
            outcome += await _next_question(form, tracker, outcome, runner)
    if _done(outcome):
        outcome.append(LoopSet(None))
    return outcome


async def _activated(form: Form, tracker: Tracker, runner: Runner) -> Outcome:
    """The form begins with the slots that are known already."""
    begun = tracker.after(LoopSet(form.name))
    extracted = await runner.extract(begun)
    begun = begun.after(*events(extracted))
    known = {name: value for name in form.required_slots if (value := begun.slot(name)) is not None}
    checked = await _check(form, known, begun, runner)
    names = {each.name for each in checked if isinstance(each, SlotSet)}
    rest = [each for each in extracted if not (isinstance(each, SlotSet) and each.name in names)]
    return [LoopSet(form.name), *checked, *rest]


async def _validated(form: Form, tracker: Tracker, runner: Runner) -> Outcome:
    """The validation of what the latest message filled."""
    loop = tracker.now.loop
    if loop and (tracker.now.action != LISTEN or loop.interrupted):
        return await _check(form, {}, tracker, runner)
    asked = _asked(form, tracker)
    filled = {
        each.name: each.value
        for each in _since_message(tracker)
        if each.name in form.required_slots or each.name == asked
    }
    checked = await _check(form, filled, tracker, runner)
    validated = any(isinstance(each, SlotSet) and each.name != REQUESTED for each in checked)
    if asked and not filled and not validated and not _rejected(checked):
        raise Rejected(f"nothing for {asked}")
    return checked


async def _check(form: Form, filled: Mapping[str, Any], tracker: Tracker, runner: Runner) -> Outcome:
    name = f"validate_{form.name}"
    if not runner.named(name):
        return []
    candidates = [SlotSet(slot, value) for slot, value in filled.items()]
    return await runner.run(name, _temporary(form, tracker, candidates))


async def _next_question(form: Form, tracker: Tracker, so_far: Outcome, runner: Runner) -> Outcome:
    if _done(so_far):
        return [SlotSet(REQUESTED, None)]
    chosen = (each.value for each in so_far if isinstance(each, SlotSet) and each.name == REQUESTED)
    slot = next(chosen, None)
    temporary = _temporary(form, tracker, events(so_far))
    outcome: Outcome = []
    if not slot:
        slot = next((name for name in form.required_slots if temporary.slot(name) is None), None)
        outcome.append(SlotSet(REQUESTED, slot))
    if not slot:
        return outcome
    ways = (f"action_ask_{form.name}_{slot}", f"utter_ask_{form.name}_{slot}", f"action_ask_{slot}")
    question = next((way for way in (*ways, f"utter_ask_{slot}") if runner.named(way)), None)
    return [*outcome, *(await runner.run(question, temporary) if question else ())]


def _temporary(form: Form, tracker: Tracker, more: Sequence[Event]) -> Tracker:
    return tracker.after(SlotSet(REQUESTED, _asked(form, tracker)), ActionTaken(form.name), *more)


def _asked(form: Form, tracker: Tracker) -> str | None:
    """The slot that this form has asked for."""
    asked = tracker.slot(REQUESTED) if tracker.now.active_loop == form.name else None
    return str(asked) if asked else None


def _since_message(tracker: Tracker) -> list[SlotSet]:
    found: list[SlotSet] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserSaid):
            break
        if isinstance(event, SlotSet):
            found.append(event)
    return found[::-1]


def _rejected(outcome: Outcome) -> bool:
    return any(isinstance(each, ActionRejected) for each in outcome)


def _done(outcome: Outcome) -> bool:
    """Nothing is left to ask, or the validation has ended the form."""
    if _rejected(outcome):
        return False
    asked = [each for each in outcome if isinstance(each, SlotSet) and each.name == REQUESTED]
    loops = [each for each in outcome if isinstance(each, LoopSet)]
    return bool((asked and asked[-1].value is None) or (loops and loops[-1].name is None))
