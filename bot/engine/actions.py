"""Runs an action: a response, a form, one that every project has, or the project's own code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.engine import forms, two_stage
from bot.engine.events import (
    LISTEN,
    ActionTaken,
    LoopSet,
    Restarted,
    SessionStarted,
    SlotSet,
    UserReverted,
)
from bot.engine.forms import Outcome
from bot.engine.ports import Actions
from bot.engine.responses import Message, Responder
from bot.engine.slots import custom_actions, extracted
from bot.engine.states import REQUESTED
from bot.engine.tracker import Tracker
from bot.engine.understanding import FALLBACK, OUT_OF_SCOPE
from bot.project.model import Button, Domain

log = structlog.get_logger(__name__)

VALIDATE_MAPPINGS = "action_validate_slot_mappings"


@dataclass(frozen=True, slots=True)
class Runner:
    """`texts` are what the bot says in end-to-end stories; there the text is the action's name."""

    domain: Domain
    actions: Actions
    responder: Responder
    texts: frozenset[str] = frozenset()
    channel: str | None = None

    def named(self, name: str) -> bool:
        """Whether the project has an action of this name."""
        return name in self.domain.actions or name in self.domain.responses

    async def run(self, name: str, tracker: Tracker) -> Outcome:
        """Raises `Rejected`, or whatever the project's own code raises."""
        if name == LISTEN:
            return []
        if name in self.domain.forms:
            return await forms.run(self.domain.forms[name], tracker, self)
        if name in self.texts:
            return [Message(name)]
        if name in self.domain.responses or name.startswith("utter_"):
            return self._say(name, tracker)
        if name in self.domain.actions or name not in _DEFAULTS:
            return list(await self.actions.run(name, tracker))
        outcome = _DEFAULTS[name](self, tracker)
        return await outcome if isinstance(outcome, Awaitable) else outcome

    async def extract(self, tracker: Tracker) -> Outcome:
        """The slots that the latest message fills; a custom action that fails fills none."""
        outcome: Outcome = [SlotSet(name, value) for name, value in extracted(tracker).items()]
        for name in custom_actions(tracker):
            outcome += await self._quietly(name, tracker)
        if VALIDATE_MAPPINGS not in self.domain.actions:
            return outcome
        checked = await self._quietly(VALIDATE_MAPPINGS, tracker.after(*forms.events(outcome)))
        names = {each.name for each in checked if isinstance(each, SlotSet)}
        return [
            *checked,
            *(each for each in outcome if not (isinstance(each, SlotSet) and each.name in names)),
        ]

    async def _quietly(self, name: str, tracker: Tracker) -> Outcome:
        try:
            outcome = await self.actions.run(name, tracker)
        except Exception as error:  # a project's own code may raise anything
            log.warning("engine.action_failed", action=name, error=type(error).__name__)
            return []
        return [each for each in outcome if isinstance(each, SlotSet | Message)]

    def _say(self, name: str, tracker: Tracker) -> Outcome:
        chosen = name
        if name not in self.domain.responses:
            message = tracker.now.message
            selected = f"utter_{message.response}" if message and message.response else ""
            chosen = selected if selected.startswith(f"{name}/") else name
        said = self.responder.say(chosen, tracker, channel=self.channel)
        if said is None:
            log.warning("engine.no_response", response=chosen)
        return [said] if said else []

    def if_any(self, name: str, tracker: Tracker) -> Outcome:
        """A response of the default actions, which a project need not have."""
        said = self.responder.say(name, tracker, channel=self.channel)
        return [said] if said else []

    def session_start(self, tracker: Tracker) -> Outcome:
        kept = tracker.now.slots.items() if self.domain.carry_over else ()
        return [SessionStarted(), *(SlotSet(name, value) for name, value in kept), ActionTaken(LISTEN)]

    def ask_affirmation(self, tracker: Tracker) -> Outcome:
        ranking = tracker.now.message.ranking if tracker.now.message else ()
        guesses = [intent for intent, _ in ranking if intent != FALLBACK]
        if not guesses:
            return self.if_any("utter_ask_rephrase", tracker)
        yes, no = Button("Yes", f"/{guesses[0]}"), Button("No", f"/{OUT_OF_SCOPE}")
        return [Message(f"Did you mean '{guesses[0]}'?", (yes, no))]


_DEFAULTS: dict[str, Callable[[Runner, Tracker], Outcome | Awaitable[Outcome]]] = {
    "action_restart": lambda runner, tracker: [*runner.if_any("utter_restart", tracker), Restarted()],
    "action_session_start": Runner.session_start,
    "action_default_fallback": lambda runner, tracker: [
        *runner.if_any("utter_default", tracker),
        UserReverted(),
    ],
    "action_back": lambda runner, tracker: [
        *runner.if_any("utter_back", tracker),
        UserReverted(),
        UserReverted(),
    ],
    "action_deactivate_loop": lambda _, __: [LoopSet(None), SlotSet(REQUESTED, None)],
    "action_default_ask_affirmation": Runner.ask_affirmation,
    "action_default_ask_rephrase": lambda runner, tracker: runner.if_any("utter_ask_rephrase", tracker),
    two_stage.NAME: lambda runner, tracker: two_stage.run(tracker, runner),
    "action_unlikely_intent": lambda _, __: [],
    "action_extract_slots": Runner.extract,
}
