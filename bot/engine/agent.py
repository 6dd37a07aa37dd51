"""One project, trained: takes a conversation's state and a message, gives the new state and what to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog

from bot.engine import forms
from bot.engine.actions import Runner
from bot.engine.events import (
    LISTEN,
    ActionRejected,
    ActionTaken,
    LoopInterrupted,
    SlotSet,
    TextUsed,
    UserSaid,
)
from bot.engine.policies import Policies
from bot.engine.ports import Actions, NoActions, Parser, Rejected
from bot.engine.prediction import Prediction
from bot.engine.responses import Message, Responder
from bot.engine.states import Lens
from bot.engine.tracker import Kept, Tracker
from bot.engine.understanding import Understanding
from bot.project.model import ActionStep, Project, Rule, Story

log = structlog.get_logger(__name__)

SESSION_START = "action_session_start"


class Handled(NamedTuple):
    """`state` is JSON. `actions`: the names of those taken, without waiting.

    `slots` and the active `form` are those after the turn; `began`: the last form that began in it.
    """

    state: dict[str, Any]
    messages: tuple[Message, ...]
    actions: tuple[str, ...]
    slots: Mapping[str, Any] = MappingProxyType({})
    form: str | None = None
    began: str | None = None

    @classmethod
    def of(
        cls, tracker: Tracker, messages: Sequence[Message], actions: Sequence[str], at: float | None
    ) -> Handled:
        """What came of a turn that ended like this; `at`: seconds."""
        written = tracker.shortened().to_json()
        if at is not None:
            written["at"] = at
        began = next((name for name in reversed(actions) if name in tracker.lens.domain.forms), None)
        return cls(written, tuple(messages), tuple(actions), tracker.slots(), tracker.now.active_loop, began)


@dataclass(frozen=True, slots=True)
class Agent:
    """Make one with `train`. Thread-safe when the parser and the actions are."""

    lens: Lens
    policies: Policies
    understand: Understanding
    runner: Runner
    most_predictions: int = 10
    session_minutes: float = 60.0

    @classmethod
    def train(
        cls,
        project: Project,
        parser: Parser,
        actions: Actions | None = None,
        *,
        seed: int = 0,
        most_predictions: int = 10,
    ) -> Agent:
        lens = Lens(project.domain)
        told_by: list[Story | Rule] = [*project.stories, *project.rules]
        steps = (step for each in told_by for step in each.steps)
        texts = frozenset(step.bot for step in steps if isinstance(step, ActionStep) and step.bot)
        responder = Responder(project.domain, seed)
        return cls(
            lens,
            Policies.train(project, lens),
            Understanding.of(project, parser),
            Runner(project.domain, actions or NoActions(), responder, texts),
            most_predictions,
            project.domain.session_minutes,
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """Where rules and stories contradict each other. Rasa would not train them."""
        return tuple(self.policies.rules.problems) if self.policies.rules else ()

    async def handle(
        self,
        state: Kept,
        text: str,
        sender: str = "",
        *,
        channel: str | None = None,
        at: float | None = None,
        slots: Mapping[str, Any] | None = None,
        said: UserSaid | None = None,
        actions: Actions | None = None,
    ) -> Handled:
        """`text` may be `/intent{"entity": "value"}`. `at`: seconds, so that a session can end; a
        tracker does not say when its conversation was.

        `slots` are set before the message is heard. `said`: the message as others understood it.
        `actions` are those of this turn.
        """
        runner = replace(self.runner, channel=channel, actions=actions or self.runner.actions)
        turn = _Turn(self, runner, Tracker.of(self.lens, state, sender))
        if not turn.tracker.events or self._expired(state, at):
            await turn.begin()
        turn.know(slots or {})
        await turn.hear(said or self.understand(text))
        await turn.answer()
        return Handled.of(turn.tracker, turn.messages, turn.taken, at)

    def _expired(self, state: Kept, at: float | None) -> bool:
        before = None if isinstance(state, Tracker) else (state or {}).get("at")
        if before is None or at is None or self.session_minutes <= 0:
            return False
        return bool((at - before) / 60 > self.session_minutes)


class _Turn:
    """The answer to one message while it is being made."""

    def __init__(self, agent: Agent, runner: Runner, tracker: Tracker) -> None:
        self.agent = agent
        self.runner = runner
        self.tracker = tracker
        self.messages: list[Message] = []
        self.taken: list[str] = []

    async def begin(self) -> None:
        """A session begins, also where the project's own beginning fails or does nothing."""
        await self.take(Prediction(SESSION_START, 1.0))
        if self.tracker.now.action != LISTEN:
            self.tracker = self.tracker.after(ActionTaken(LISTEN))

    def know(self, slots: Mapping[str, Any]) -> None:
        changed = (SlotSet(name, value) for name, value in slots.items() if self.tracker.slot(name) != value)
        self.tracker = self.tracker.after(*changed)

    async def hear(self, said: UserSaid) -> None:
        self.tracker = self.tracker.after(said)
        await self._extract()

    async def answer(self) -> None:
        """Acts until it is the user's turn; after too many actions it is."""
        for _ in range(self.agent.most_predictions):
            if self._paused():
                return
            prediction = self.agent.policies.predict(self.tracker)
            await self.take(prediction)
            if prediction.action in (LISTEN, SESSION_START):
                return
        log.warning("engine.too_many_actions", taken=self.taken[-self.agent.most_predictions :])
        self.tracker = self.tracker.after(ActionTaken(LISTEN))

    async def take(self, prediction: Prediction) -> None:
        """Runs the action. One that refuses is rejected, and another may be predicted; one that fails
        has done nothing, and the conversation goes on from it, as in Rasa.
        """
        name = prediction.action
        prepared = self.tracker
        if (text := self.agent.policies.text_used(prepared, prediction)) is not None:
            prepared = prepared.after(TextUsed(text))
        if prediction.interrupted:
            prepared = prepared.after(LoopInterrupted())
        try:
            outcome = await self.runner.run(name, prepared)
        except Rejected:
            outcome = [ActionRejected(name)]
        except Exception as error:  # a project's own code may raise anything
            log.warning("engine.action_failed", action=name, error=type(error).__name__)
            outcome = []
        if not any(isinstance(each, ActionRejected) for each in outcome):
            self.tracker = prepared.after(ActionTaken(name, hidden=prediction.hidden))
            if name not in (LISTEN, SESSION_START):
                self.taken.append(name)
        self._note(outcome)
        if any(isinstance(each, UserSaid) for each in outcome):
            await self._extract()

    async def _extract(self) -> None:
        self._note(await self.runner.extract(self.tracker))

    def _note(self, outcome: forms.Outcome) -> None:
        self.tracker = self.tracker.after(*forms.events(outcome))
        self.messages += [each for each in outcome if isinstance(each, Message)]

    def _paused(self) -> bool:
        now = self.tracker.now
        return now.paused and not (now.message and now.message.intent == "restart")
