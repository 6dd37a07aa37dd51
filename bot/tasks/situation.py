"""What a task sees of the conversation, and how it speaks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from bot.backoffice.ports import Backoffice
from bot.core.errors import FrontlineError
from bot.engine.events import ActionTaken, Event, SlotSet, UserSaid
from bot.engine.responses import Message, Responder
from bot.engine.tracker import Tracker
from bot.project.model import EntitySpan
from bot.tasks import wording

# Of a message that is not an answer to the question of a form.
INTERRUPTIONS = frozenset(
    ["question", "chitchat", "out_of_scope", "escalate", "cancel", "repeat", "goodbye", "nlu_fallback"]
)


@dataclass(frozen=True, slots=True)
class Situation:
    """One action of one turn. `now` is in the company's time zone."""

    tracker: Tracker
    now: datetime
    channel: str
    backoffice: Backoffice
    responder: Responder
    spans: tuple[EntitySpan, ...]  # what the message names: from a button, or found in its text

    @property
    def form(self) -> str:
        return self.tracker.now.active_loop or ""

    @property
    def message(self) -> UserSaid:
        return self.tracker.now.message or UserSaid(None, None)

    @property
    def text(self) -> str:
        """Of the latest message; empty for a pressed button."""
        text = self.message.text or ""
        return "" if text.startswith("/") else text.strip()

    @property
    def intent(self) -> str:
        return self.message.intent or ""

    @property
    def interrupts(self) -> bool:
        return self.intent in INTERRUPTIONS

    @property
    def requested(self) -> str | None:
        asked = self.tracker.slot("requested_slot")
        return str(asked) if asked else None

    def slot(self, name: str) -> Any:
        return self.tracker.slot(name)

    def refused(self, slot: str) -> bool:
        """Whether this turn has said already why the slot's value was not taken, and asks for another."""
        for event in reversed(self.tracker.events):
            if isinstance(event, UserSaid):
                return False
            if isinstance(event, SlotSet) and event.name == "failures":
                return isinstance(event.value, dict) and event.value.get("slot") == slot
        return False

    def after(self, *events: Event) -> Situation:
        return replace(self, tracker=self.tracker.after(*events))

    def found(self, *names: str) -> Any:
        """The first value of the first of these entities that the message has."""
        for name in names:
            for span in self.spans:
                if span.entity == name:
                    return span.value
        return None

    def say(self, response: str, **values: Any) -> Message:
        """A response of the project; raises `FrontlineError("no_response")` when it has none."""
        given = {"phone": wording.phone(str(self.slot("phone") or "")), **values}
        said = self.responder.say(response, self.tracker, channel=self.channel, values=given)
        if said is None:
            raise FrontlineError("no_response", f"the project has no response `{response}`")
        return said

    def key(self, operation: str, arguments: Mapping[str, Any]) -> str:
        """Idempotency key: the same thing asked twice in one conversation is done once."""
        written = json.dumps([self.tracker.sender, operation, dict(arguments)], sort_keys=True, default=str)
        return str(uuid5(NAMESPACE_OID, written))

    def hears_anew(self) -> bool:
        """Whether the form hears the message now; false when it only goes on after something else."""
        taken = (event.name for event in reversed(self.tracker.events) if isinstance(event, ActionTaken))
        before = [name for _, name in zip(range(2), taken, strict=False)]
        return len(before) < 2 or before[1] == "action_listen"
