"""A conversation as the engine sees it: an immutable value made of its events and nothing else.

Two readings of the events live side by side. `now` is the present: slots, message, form. `states` is
the past that rules and stories are compared with; there, what was undone never happened, and the answers
that a form asked for collapse into the form's first turn, as in Rasa's stories.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog

from bot.engine.events import (
    LISTEN,
    ActionRejected,
    ActionReverted,
    ActionTaken,
    Event,
    FollowUp,
    LoopInterrupted,
    LoopSet,
    Paused,
    Restarted,
    Resumed,
    SessionStarted,
    SlotSet,
    SlotsReset,
    TextUsed,
    UserReverted,
    UserSaid,
    from_json,
    to_json,
)
from bot.engine.states import UNSET, Lens, Slots, State
from bot.project.model import SlotType

log = structlog.get_logger(__name__)

_NOTHING: Mapping[str, Any] = MappingProxyType({})
MOST_EVENTS, KEPT_EVENTS = 240, 120  # of a conversation; older ones are folded into the slots


class Loop(NamedTuple):
    """The active form. `interrupted`: it runs next without reading the message."""

    name: str
    rejected: bool = False
    interrupted: bool = False


class Moment(NamedTuple):
    """What holds after some events. `slots` has what was set; the rest has its initial value."""

    slots: Mapping[str, Any] = _NOTHING
    message: UserSaid | None = None
    action: str | None = None
    loop: Loop | None = None
    paused: bool = False
    follow_up: str | None = LISTEN

    def after(self, event: Event, lens: Lens) -> Moment:  # noqa: PLR0911 - one return per event
        match event:
            case ActionTaken(name):
                loop = self.loop
                if loop:
                    loop = Loop(loop.name, rejected=loop.rejected and loop.name != name)
                return Moment(self.slots, self.message, name, loop, self.paused, None)
            case UserSaid():
                return Moment(self.slots, event, self.action, self.loop, self.paused, None)
            case SlotSet(name, value):
                return self._replace(slots={**self.slots, name: _kept(name, value, lens)})
            case SlotsReset():
                return self._replace(slots={})
            case FollowUp(name):
                return self._replace(follow_up=name)
            case Paused() | Resumed():
                return self._replace(paused=isinstance(event, Paused))
            case TextUsed(text) if self.message:
                return self._replace(message=replace(self.message, known_as=text))
            case LoopSet() | ActionRejected() | LoopInterrupted():
                return self._replace(loop=_loop_after(self.loop, event))
            case _:
                return self

    @property
    def active_loop(self) -> str | None:
        return self.loop.name if self.loop and self.loop.name != UNSET else None


def _loop_after(loop: Loop | None, event: LoopSet | ActionRejected | LoopInterrupted) -> Loop | None:
    match event:
        case LoopSet(name):
            return Loop(name) if name else None
        case ActionRejected(name) if loop and loop.name == name:
            return loop._replace(rejected=True)
        case LoopInterrupted() if loop:
            return loop._replace(interrupted=True)
        case _:
            return loop


def _kept(name: str, value: Any, lens: Lens) -> Any:
    """A list slot holds a list, whatever it is given."""
    slot = lens.domain.slots.get(name)
    if slot and slot.type is SlotType.LIST and value and value != UNSET and not isinstance(value, list):
        return list(value) if isinstance(value, tuple) else [value]
    return value


class Past(NamedTuple):
    """The state before an action. `hidden`: only rules know it; `ordered`: another action asked for it."""

    state: State
    hidden: bool
    ordered: bool


@dataclass(frozen=True, slots=True)
class Tracker:
    """Make one with `begin`, go on with `after`. Equal events make equal trackers."""

    lens: Lens = field(compare=False, repr=False)
    sender: str = ""
    base: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    now: Moment = field(default_factory=Moment)
    line: tuple[Event, ...] = ()  # the events that count, with nothing undone
    then: Moment = field(default_factory=Moment)  # after `line`
    past: tuple[Past, ...] = ()

    @classmethod
    def begin(
        cls,
        lens: Lens,
        events: Iterable[Event] = (),
        *,
        sender: str = "",
        base: Mapping[str, Any] | None = None,
    ) -> Tracker:
        given = Moment(slots=dict(base or {}))
        return cls(lens, sender, dict(base or {}), now=given, then=given).after(*events)

    def after(self, *events: Event) -> Tracker:
        reading = _Reading(self)
        for event in events:
            reading.take(event)
        return reading.tracker()

    def slot(self, name: str) -> Any:
        """The value now; None also for a slot that does not exist."""
        if name in self.now.slots:
            return self.now.slots[name]
        known = self.lens.domain.slots.get(name)
        return known.initial if known else None

    def slots(self) -> dict[str, Any]:
        initial = {name: slot.initial for name, slot in self.lens.domain.slots.items()}
        return {**initial, **self.now.slots}

    @property
    def history(self) -> tuple[Past, ...]:
        """The past and the present, oldest first."""
        return (*self.past, Past(self.state(self.then), False, self.then.follow_up is not None))

    def retold(self, line: Sequence[Event]) -> tuple[Past, ...]:
        """The history that these events of `line` would have, if nothing had been before them."""
        told = _Past(self.lens)
        moment = told.read(line, {})
        return (*told.states, Past(self.state(moment), False, moment.follow_up is not None))

    def state(self, moment: Moment, *, with_initial: bool = True) -> State:
        slots = self.lens.slots(moment.slots, with_initial=with_initial)
        return _state(moment, self.lens.heard(moment.message), slots)

    def last(self, *kinds: type[Event]) -> Event | None:
        return next((each for each in reversed(self.events) if isinstance(each, kinds)), None)

    def since_listening(self) -> int:
        """How many actions were taken since the bot last waited for the user."""
        taken = 0
        for event in reversed(self.events):
            if isinstance(event, ActionTaken):
                if event.name in (LISTEN, "action_session_start"):
                    break
                taken += 1
        return taken

    def shortened(self) -> Tracker:
        """The same conversation without its oldest events, when there are too many of them."""
        if len(self.events) <= MOST_EVENTS:
            return self
        moment = Moment(slots=self.base)
        for index, event in enumerate(self.events):
            begins = isinstance(event, ActionTaken) and event.name == LISTEN and moment.loop is None
            if begins and len(self.events) - index <= KEPT_EVENTS:
                return Tracker.begin(self.lens, self.events[index:], sender=self.sender, base=moment.slots)
            moment = moment.after(event, self.lens)
        return self

    def to_json(self) -> dict[str, Any]:
        return {"base": dict(self.base), "events": [to_json(event) for event in self.events]}

    @classmethod
    def from_json(cls, lens: Lens, written: Mapping[str, Any], sender: str = "") -> Tracker:
        events = (from_json(event) for event in written.get("events", ()))
        return cls.begin(lens, events, sender=sender, base=written.get("base"))

    @classmethod
    def of(cls, lens: Lens, state: Kept, sender: str = "") -> Tracker:
        """The conversation that was kept; a new one where it cannot be read."""
        if isinstance(state, Tracker):
            return state
        try:
            return cls.from_json(lens, state or {}, sender)
        except (KeyError, TypeError, AttributeError) as error:
            log.warning("engine.state_not_read", error=type(error).__name__)
            return cls.begin(lens, sender=sender)


Kept = Mapping[str, Any] | Tracker | None  # a conversation as JSON, or what was read from it already
Heard = tuple[str | None, str | None, tuple[str, ...]]


def _state(moment: Moment, heard: Heard, slots: Slots) -> State:
    return State(*heard, slots, moment.action, moment.loop.name if moment.loop else None)


class _Past:
    """The states before each action, while a line is read. What stays the same is looked at once."""

    def __init__(self, lens: Lens, states: Iterable[Past] = ()) -> None:
        self.states = list(states)
        self._lens = lens
        self._seen: tuple[UserSaid | None, Mapping[str, Any]] = (None, _NOTHING)
        self._heard, self._slots = lens.heard(None), lens.slots(_NOTHING)

    def read(self, line: Iterable[Event], base: Mapping[str, Any]) -> Moment:
        """What holds after these events; theirs are the states now."""
        self.states, moment = [], Moment(slots=base)
        for event in line:
            moment = self.after(event, moment)
        return moment

    def after(self, event: Event, moment: Moment) -> Moment:
        if isinstance(event, ActionTaken):
            self.states.append(Past(self._state(moment), event.hidden, moment.follow_up is not None))
        return moment.after(event, self._lens)

    def _state(self, moment: Moment) -> State:
        message, slots = self._seen
        if moment.message is not message:
            self._heard = self._lens.heard(moment.message)
        if moment.slots is not slots:
            self._slots = self._lens.slots(moment.slots)
        self._seen = (moment.message, moment.slots)
        return _state(moment, self._heard, self._slots)


class _Reading:
    """A tracker while it takes events: many at once cost little more than one."""

    def __init__(self, before: Tracker) -> None:
        self._lens, self._sender, self._base = before.lens, before.sender, before.base
        self._events, self._line = list(before.events), list(before.line)
        self._now, self._then = before.now, before.then
        self._past = _Past(before.lens, before.past)

    def tracker(self) -> Tracker:
        events, line, past = tuple(self._events), tuple(self._line), tuple(self._past.states)
        return Tracker(self._lens, self._sender, self._base, events, self._now, line, self._then, past)

    def take(self, event: Event) -> None:
        match event:
            case Restarted() | SessionStarted():
                self._base, self._events, self._line = {}, [], []
                self._now = self._then = Moment()
                self._past = _Past(self._lens)
            case UserReverted() | ActionReverted():
                self._reread(_undone(self._line, event))
                self._now = self._then
            case ActionTaken(name) if self._runs_again(name):
                self._reread(_collapsed(self._line, name))
                self._now = self._now.after(event, self._lens)
            case _:
                same = self._now is self._then
                self._line.append(event)
                self._then = self._past.after(event, self._then)
                self._now = self._then if same else self._now.after(event, self._lens)
        self._events.append(event)

    def _reread(self, line: list[Event]) -> None:
        self._line, self._then = line, self._past.read(line, self._base)

    def _runs_again(self, name: str) -> bool:
        """Whether a form goes on with its questions: it has run before and nothing came in between."""
        if name == LISTEN or name.startswith("utter_"):
            return False
        following: str | None = None
        for event in reversed(self._line):
            match event:
                case LoopSet(None):
                    break
                case ActionRejected(rejected) if rejected == name:
                    break
                case UserSaid() if following not in (None, name):
                    break
                case ActionTaken(taken):
                    if taken == name:
                        return any(isinstance(each, LoopSet) and each.name == name for each in self._events)
                    following = taken
        return False


def _undone(line: Sequence[Event], event: UserReverted | ActionReverted) -> list[Event]:
    """The line without the last message and the waiting before it, or without the last action."""
    left = list(line)
    for kind in (UserSaid, ActionTaken) if isinstance(event, UserReverted) else (ActionTaken,):
        while left:
            if isinstance(left.pop(), kind):
                break
    return left


def _collapsed(line: Sequence[Event], form: str) -> list[Event]:
    """The line without messages and actions since the form last ran; what was set stays."""
    left = list(line)
    index = len(left)
    while index:
        index -= 1
        event = left[index]
        if isinstance(event, ActionTaken) and event.name == form:
            break
        if isinstance(event, ActionTaken | UserSaid | TextUsed):
            del left[index]
    return left
