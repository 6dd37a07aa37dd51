"""The project's dialogue as the turn uses it: the engine, and what a conversation waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.core.types import TaskState
from bot.dialog.answering import MEMORY, TurnActions
from bot.dialog.hearing import Waiting
from bot.engine.agent import Handled
from bot.engine.events import SlotSet, UserSaid
from bot.engine.ports import Engine
from bot.engine.responses import Responder
from bot.engine.states import REQUESTED, Lens
from bot.engine.tracker import Tracker
from bot.project.model import Domain, MappingType, Project
from bot.tasks.form import Field
from bot.tasks.registry import FORMS
from bot.tasks.situation import Situation

KEPT = frozenset([MEMORY, "customer", "vouched", "locale"])  # slots that outlive a task
# Questions whose answer is yes or no, or a number that is not the number of a button.
YES_NO = frozenset(["confirmed", "parking"])
NUMBERS = frozenset(["score", "code", "birth_date", "phone", "contract_number", "new_day", "amount"])
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """`engine` plays the project; the rest reads what it keeps."""

    engine: Engine
    lens: Lens
    responder: Responder

    @classmethod
    def of(cls, project: Project, engine: Engine) -> Dialogue:
        return cls(engine, Lens(project.domain), Responder(project.domain))

    @property
    def domain(self) -> Domain:
        return self.lens.domain

    @property
    def task_slots(self) -> tuple[str, ...]:
        """The slots that are empty again when a task is over."""
        return tuple(name for name in self.domain.slots if name not in KEPT)

    def at(self, state: Mapping[str, Any], sender: str) -> Position:
        return Position(self, Tracker.of(self.lens, state, sender))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a conversation stands in the project's dialogue before a message."""

    dialogue: Dialogue
    tracker: Tracker

    async def handle(self, text: str, **given: Any) -> Handled:
        """What the engine makes of the message; see `bot.engine.ports.Engine`. Memory is not kept."""
        handled = await self.dialogue.engine.handle(self.tracker, text, self.tracker.sender, **given)
        return handled._replace(state=_without_memory(handled.state))

    @property
    def form(self) -> str | None:
        return self.tracker.now.active_loop

    @property
    def requested(self) -> str | None:
        asked = self.tracker.slot(REQUESTED) if self.form else None
        return str(asked) if asked else None

    @property
    def waiting(self) -> Waiting:
        """Without looking at a message."""
        return Waiting(self.form, self.requested, yes_no=self.requested in YES_NO)

    @property
    def choices(self) -> tuple[str, ...]:
        """What the keys 1, 2, … mean now: payloads of the question's buttons."""
        if self.requested is None or self.requested in NUMBERS:
            return ()
        if self.requested in YES_NO:
            return ("/affirm", "/deny")
        names = (f"utter_ask_{self.form}_{self.requested}", f"utter_ask_{self.requested}")
        variants = (each for name in names for each in self.dialogue.domain.responses.get(name, ()))
        buttons = next((each.buttons for each in variants if each.buttons), ())
        return tuple(button.payload for button in buttons)

    def waiting_for(self, text: str, actions: TurnActions) -> Waiting:
        """With what of the message answers the question."""
        field = self._field()
        if field is None:
            return replace(self.waiting, takes=self._mapped(), free=self._takes_text())
        heard = self.tracker.after(UserSaid(text, "inform"))
        at = actions.situation(heard)
        answers = field.read(at) is not None or field.near(at) is not None
        return replace(
            self.waiting, answers=answers and not field.free, free=field.free, corrects=self._corrects(at)
        )

    def _corrects(self, at: Situation) -> bool:
        """Whether the message has another value for something that is filled already."""
        filled = (each for each in FORMS[self.form or ""].fields if at.slot(each.slot) is not None)
        values = ((at.slot(each.slot), each.read(at)) for each in filled if not each.free)
        return any(value is not None and str(value) != str(held) for held, value in values)

    def task(self, handled: Handled, *, begun_from: str | None) -> TaskState | None:
        """The form that runs, or that ended in this turn, with what it knows."""
        form = handled.form or begun_from or handled.began
        if form is None:
            return None
        outcome = handled.slots.get("outcome")
        status = ACTIVE if handled.form else str(outcome or "done")
        asks = handled.slots.get(REQUESTED) if handled.form else None
        return replace(self._state(form, status, handled.slots), asks=str(asks) if asks else None)

    @property
    def standing(self) -> TaskState | None:
        """The form that a message has not reached."""
        return self._state(self.form, ACTIVE, self.tracker.slots()) if self.form else None

    def _state(self, form: str, status: str, slots: Mapping[str, Any]) -> TaskState:
        names = (*self.dialogue.domain.forms[form].required_slots, "complaint_time")
        filled = {name: slots[name] for name in names if slots.get(name) is not None}
        return TaskState(form, status, filled)

    def _field(self) -> Field | None:
        task = FORMS.get(self.form or "")
        if task is None:
            return None
        return next((field for field in task.fields if field.slot == self.requested), None)

    def _mapped(self) -> frozenset[str]:
        """Entities that fill the slot, in a form without code of its own."""
        slot = self.dialogue.domain.slots.get(self.requested or "")
        mappings = slot.mappings if slot else ()
        return frozenset(each.entity for each in mappings if each.entity is not None)

    def _takes_text(self) -> bool:
        slot = self.dialogue.domain.slots.get(self.requested or "")
        return any(each.type is MappingType.FROM_TEXT for each in (slot.mappings if slot else ()))


def _without_memory(state: Mapping[str, Any]) -> dict[str, Any]:
    """The conversation keeps the memory itself and gives it with every message. It changes twice in a
    turn: with all its values a conversation would weigh three times as much.
    """
    events = [each for each in state["events"] if each["event"] != SlotSet.__name__ or each["name"] != MEMORY]
    base = {name: value for name, value in state["base"].items() if name != MEMORY}
    return {**state, "base": base, "events": events}
