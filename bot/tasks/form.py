"""How a form of a task reads, checks and asks: `validate_<form>`, the same for every task.

A message may fill several slots, correct one that is filled, or none. What cannot be accepted is said
with its reason and asked again; what cannot be understood twice, or is refused three times, goes to a
person: nobody is caught in a form.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import structlog

from bot.backoffice.errors import BackofficeAway, BackofficeRefused
from bot.engine.events import Event, LoopSet, SlotSet
from bot.engine.forms import events
from bot.engine.responses import Message
from bot.engine.states import REQUESTED
from bot.tasks.situation import Situation

log = structlog.get_logger(__name__)
Outcome = list[Event | Message]
NOT_HEARD, REFUSED = 2, 3  # in a row, after which a person is called
FAILED, AWAY = "form_failed", "backoffice_away"  # reasons of the handoff
DONE, CANCELLED, GIVEN_UP = "done", "cancelled", "refused"


class Wrong(Exception):
    """What cannot be accepted, and what is said about it. `ends`: no other value can help.

    `keeps` is remembered until something is accepted: an answer that comes in parts is no failure.
    """

    def __init__(
        self,
        response: str,
        *,
        ends: bool = False,
        clears: Sequence[str] = (),
        keeps: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(response)
        self.response, self.ends, self.clears, self.values = response, ends, clears, values
        self.keeps = keeps or {}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A checked value, and what else follows from it."""

    value: Any
    more: Mapping[str, Any] = field(default_factory=dict)


Read = Callable[[Situation], Any]
Check = Callable[[Any, Situation], Awaitable[Accepted]]


async def accept(value: Any, _: Situation) -> Accepted:
    return Accepted(value)


@dataclass(frozen=True, slots=True)
class Field:
    """A slot of a form. `read` gives None when the message does not have it; `free`: any words will do.

    `near` is what narrows the question without answering it, as the part of a day does.
    """

    slot: str
    read: Read
    check: Check = accept
    free: bool = False
    near: Read = lambda _: None


class Task(ABC):
    """A form and what comes of it."""

    form: ClassVar[str]
    fields: ClassVar[Sequence[Field]]

    @abstractmethod
    async def needs(self, at: Situation) -> Sequence[str]:
        """The slots that must be filled, in the order of asking."""

    async def settle(self, at: Situation) -> Mapping[str, Any]:
        """What follows from what is filled by now. Raises `Wrong`, which `clears` what is wrong."""
        return {}

    def gives_up(self, at: Situation) -> Outcome:
        """What follows when nothing that was answered would do."""
        return [handoff(FAILED)]

    async def confirm(self, at: Situation) -> Message:
        """Says what is about to be done, and asks whether that is right."""
        raise NotImplementedError  # of a form without `confirmed`

    @abstractmethod
    async def submit(self, at: Situation) -> Outcome:
        """Does it. Raises `Wrong` when the company's systems refuse."""


def whole(slot: str) -> Field:
    """Takes the whole message, when it answers the question for this slot."""
    return Field(slot, lambda at: (at.text or None) if at.requested == slot else None, free=True)


def entity(*names: str) -> Read:
    """The first of these entities."""
    return lambda at: at.found(*names)


def _agreement(at: Situation) -> bool | None:
    return {"affirm": True, "deny": False}.get(at.intent) if at.requested == "confirmed" else None


async def _agreed(value: Any, at: Situation) -> Accepted:
    """A "yes" after a "no" is asked for once more: what it agrees to was just denied."""
    if not value:
        raise Wrong("utter_what_to_change")
    denied = _failures(at).get("slot") == "confirmed"
    return Accepted(None, {"failures": None}) if denied else Accepted(True)


CONFIRMED = Field("confirmed", _agreement, _agreed)


async def ask_confirmed(task: Task, at: Situation) -> Outcome:
    """`action_ask_confirmed`; after a "no" it waits for what is to be changed."""
    return [] if at.refused("confirmed") else [await task.confirm(at)]


def handoff(reason: str) -> Message:
    """Asks the turn to call a person."""
    return Message(custom={"handoff": reason})


Action = Callable[[Situation], Awaitable[Outcome]]


async def surely(action: Action, at: Situation) -> Outcome:
    """Whatever the company's systems do, the customer is told and a person is called."""
    try:
        return await action(at)
    except BackofficeAway:
        return [at.say("utter_backoffice_away"), handoff(AWAY), *ended(GIVEN_UP)]
    except Wrong as wrong:
        return [at.say(wrong.response, **wrong.values), *ended(GIVEN_UP)]
    except BackofficeRefused:  # for a reason that no task knows
        return [handoff(FAILED), *ended(GIVEN_UP)]
    except Exception as error:  # whatever breaks, nobody is told that it was done
        log.exception("task.failed", form=at.form, error=type(error).__name__)
        return [handoff(FAILED), *ended(GIVEN_UP)]


async def submit(task: Task, at: Situation) -> Outcome:
    """`submit_<form>`; does nothing for a form that was given up.

    Where another value would do, the form goes on and asks for it.
    """
    if at.slot("outcome") == GIVEN_UP:
        return []
    try:
        return await task.submit(at)
    except Wrong as wrong:
        refused = _refused(task, wrong, wrong.clears, at)
        if not wrong.clears or _over(refused):
            return [*refused, SlotSet("outcome", GIVEN_UP)]
        return [*refused, SlotSet("confirmed", None), LoopSet(task.form)]


def ended(outcome: str) -> Outcome:
    """The form ends here."""
    return [SlotSet("outcome", outcome), SlotSet(REQUESTED, None)]


async def validate(task: Task, at: Situation) -> Outcome:
    """`validate_<form>`."""
    hears = at.hears_anew()
    if hears and at.interrupts:
        return []  # the form is rejected, and what was asked is answered first
    outcome: Outcome = []
    if hears:
        at, outcome = await _heard(task, at)
    # What was confirmed was settled before it was asked; a turn that is thought again, after the work was
    # done, must come to the same operation, whose key finds the first result.
    if not _over(outcome) and not at.slot("confirmed"):
        at, more = await _settled(task, at)
        outcome += more
    if _over(outcome):
        return outcome
    missing = [name for name in await task.needs(at) if at.slot(name) is None]
    if hears and at.requested in missing and not outcome:
        outcome += _not_heard(task, at)
    elif outcome and at.slot("failures") and not any(_fails(each) for each in outcome):
        outcome.append(SlotSet("failures", None))
    return outcome if _over(outcome) else [*outcome, SlotSet(REQUESTED, missing[0] if missing else None)]


async def _heard(task: Task, at: Situation) -> tuple[Situation, Outcome]:
    """What the message fills, corrects, or cannot fill."""
    outcome: Outcome = []
    asked = at.requested
    value = next((each.read(at) for each in task.fields if each.slot == asked), None)
    answered = value is not None and (asked != "confirmed" or value)  # a "no" may name what is right
    for each in task.fields:
        if answered and each.slot != asked and at.slot(each.slot) is not None:
            continue  # a date of birth is not another day of the charge
        value = each.read(at)
        corrects = each.slot == "confirmed" and value is False and bool(outcome)
        if value is None or corrects:  # "нет, 25-го" says already what is to be changed
            continue
        try:
            accepted = await each.check(value, at)
        except Wrong as wrong:
            outcome += _refused(task, wrong, (each.slot,), at)
            if _over(outcome):
                return at, outcome
            continue
        changed = {each.slot: accepted.value, **accepted.more}
        events = [SlotSet(name, given) for name, given in changed.items() if at.slot(name) != given]
        if events and each.slot != "confirmed" and at.slot("confirmed") is not None:
            events.append(SlotSet("confirmed", None))  # what was confirmed is not what holds now
        outcome += events
        at = at.after(*events)
    return at, outcome


async def _settled(task: Task, at: Situation) -> tuple[Situation, Outcome]:
    try:
        follows = await task.settle(at)
    except Wrong as wrong:
        refused = _refused(task, wrong, wrong.clears, at)
        return at.after(*events(refused)), refused
    settled = [SlotSet(name, value) for name, value in follows.items() if at.slot(name) != value]
    return at.after(*settled), list(settled)


def _refused(task: Task, wrong: Wrong, slots: Sequence[str], at: Situation) -> Outcome:
    said: Outcome = [at.say(wrong.response, **wrong.values), *(SlotSet(slot, None) for slot in slots)]
    if wrong.ends:
        return [*said, *ended(GIVEN_UP)]
    refused = 0 if wrong.keeps else _count(at, "refused")
    if refused >= REFUSED:
        return [*said, *task.gives_up(at), *ended(GIVEN_UP)]
    failures = {**_failures(at), **wrong.keeps, "refused": refused, "slot": next(iter(slots), None)}
    return [*said, SlotSet("failures", failures)]


def _fails(event: Event | Message) -> bool:
    return isinstance(event, SlotSet) and event.name == "failures"


def _over(outcome: Outcome) -> bool:
    return SlotSet(REQUESTED, None) in outcome


def _not_heard(task: Task, at: Situation) -> Outcome:
    if any(each.slot == at.requested and each.near(at) is not None for each in task.fields):
        return []
    count = _count(at, "not_heard")
    if count >= NOT_HEARD:
        return [*task.gives_up(at), *ended(GIVEN_UP)]
    failures = {**_failures(at), "not_heard": count, "slot": None}
    return [at.say("utter_not_heard_form"), SlotSet("failures", failures)]


def _count(at: Situation, what: str) -> int:
    return int(_failures(at).get(what, 0)) + 1


def _failures(at: Situation) -> dict[str, Any]:
    failures = at.slot("failures")
    return dict(failures) if isinstance(failures, dict) else {}
