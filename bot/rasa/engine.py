"""A turn on Rasa: it is given the conversation, answers, and is asked what happened.

Our state is the truth: before each turn Rasa's conversation becomes what we have, under a name that no
other attempt uses. A repeated turn therefore changes nothing, and another engine can serve the next one.
"""

from __future__ import annotations

import time
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import Any

import structlog

from bot.engine.agent import SESSION_START, Handled
from bot.engine.events import LISTEN, ActionTaken, SlotSet, UserSaid
from bot.engine.ports import Actions
from bot.engine.responses import Message, Responder
from bot.engine.states import Lens
from bot.engine.tracker import Kept, Tracker
from bot.project.model import ActionStep, Project, Rule, Story
from bot.rasa.client import RasaClient
from bot.rasa.translation import from_rasa, garbage, is_ready, message_from_rasa, parse_data, to_rasa

log = structlog.get_logger(__name__)


GIVEN = "given"  # in the metadata of events that we gave to Rasa


def name_of(sender: str) -> str:
    """A new name for the sender's conversation, of letters, digits, - _ ~: Rasa does not decode paths."""
    return f"{urlsafe_b64encode(sender.encode()).decode().rstrip('=')}~{uuid.uuid4().hex}"


def sender_of(name: str) -> str:
    """Whose conversation it is; a name that is not ours is the sender's own."""
    written, mark, _ = name.rpartition("~")
    try:
        return urlsafe_b64decode(written + "=" * (-len(written) % 4)).decode() if mark else name
    except ValueError:
        return name


@dataclass(frozen=True, slots=True)
class RasaEngine:
    """The same `handle` as `bot.engine.agent.Agent`. Make one with `of`; `clock`: seconds.

    `hears`: the server has our channel for messages that are understood already; others understand
    every message themselves. `turns`: the actions of those under way, by the name that Rasa calls with.
    """

    client: RasaClient
    lens: Lens
    responder: Responder
    texts: frozenset[str] = frozenset()
    hears: bool = False
    turns: dict[str, Actions] = field(default_factory=dict)
    clock: Callable[[], float] = time.time

    @classmethod
    def of(cls, project: Project, client: RasaClient, *, seed: int = 0, hears: bool = False) -> RasaEngine:
        told_by: list[Story | Rule] = [*project.stories, *project.rules]
        steps = (step for each in told_by for step in each.steps)
        texts = frozenset(step.bot for step in steps if isinstance(step, ActionStep) and step.bot)
        return cls(client, Lens(project.domain), Responder(project.domain, seed), texts, hears)

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
        """See `Agent.handle`. Raises `rasa_away` and `rasa_garbage`; then nothing has happened."""
        name = name_of(sender)
        if actions is not None:
            self.turns[name] = actions
        try:
            tracker = await self._give(
                Tracker.of(self.lens, state, sender), name, _expired(self.lens, state, at), slots or {}
            )
            if said is not None and self.hears:
                await self.client.hear(name, text, parse_data(said))
            else:
                await self.client.webhook(name, text)
        finally:
            self.turns.pop(name, None)
        events = list(dropwhile(_is_given, (await self.client.tracker(name))["events"]))
        if not any(each.get("event") == "user" for each in events):
            raise garbage("it has not heard the message")  # it failed inside and says nothing of it
        tracker, messages, taken = self._read(tracker, events, channel)
        return Handled.of(tracker, messages, taken, at)

    async def _give(self, tracker: Tracker, name: str, expired: bool, slots: Mapping[str, Any]) -> Tracker:
        """Rasa's conversation becomes ours. Ours has the slots too, where no new session begins.

        They are set in the session that hears the message, which Rasa may have to begin first.
        """
        if tracker.events and not expired:
            changed = [SlotSet(slot, value) for slot, value in slots.items() if tracker.slot(slot) != value]
            tracker = tracker.after(*changed)
        given = self._written(tracker, expired) if tracker.events else []
        if given:
            await self.client.put_events(name, given)
        if slots and (expired or not given):
            if given:
                await self.client.renew(name)
            await self.client.append_events(
                name, [to_rasa(SlotSet(slot, value)) for slot, value in slots.items()]
            )
        return tracker

    def _written(self, tracker: Tracker, expired: bool) -> list[dict[str, Any]]:
        """Slots whose events are forgotten come first. Rasa sees by the time whether a session is over."""
        age = (self.lens.domain.session_minutes + 1) * 60 if expired else 0.0
        when = self.clock() - age
        base = (SlotSet(slot, value) for slot, value in tracker.base.items())
        return [
            _given(to_rasa(event, self.texts), when + index * 1e-6)
            for index, event in enumerate((*base, *tracker.events))
        ]

    def _read(
        self, tracker: Tracker, events: Sequence[Mapping[str, Any]], channel: str | None
    ) -> tuple[Tracker, list[Message], list[str]]:
        messages: list[Message] = []
        taken: list[str] = []
        for each in events:
            if each.get("event") == "bot":
                messages.append(self._said(each, tracker, channel))
                continue
            heard = tracker.now.message
            for event in from_rasa([each], heard.text if heard else None):
                tracker = tracker.after(event)
                if isinstance(event, ActionTaken) and event.name not in (LISTEN, SESSION_START):
                    taken.append(event.name)
        if tracker.now.action != LISTEN and not tracker.now.paused:  # it gave up after too many actions
            tracker = tracker.after(ActionTaken(LISTEN))
        return tracker, messages, taken

    def _said(self, bot: Mapping[str, Any], tracker: Tracker, channel: str | None) -> Message:
        """Rasa knows one channel, its own: a variant for the customer's is chosen here."""
        message = message_from_rasa(bot)
        if channel and message.response and not is_ready(bot):
            variants = self.responder.domain.responses.get(message.response, ())
            if any(variant.channel == channel for variant in variants):
                return self.responder.say(message.response, tracker, channel=channel) or message
        return message


def _given(written: dict[str, Any], when: float) -> dict[str, Any]:
    """Marked as known to us: Rasa gives metadata back as it is.

    What else a message might have been is left out. It is most of a conversation's bytes, and only the
    message that is heard now is asked for it.
    """
    if "parse_data" in written:
        written["parse_data"].pop("intent_ranking")
    return {**written, "timestamp": when, "metadata": {**written.get("metadata", {}), GIVEN: True}}


def _is_given(written: Mapping[str, Any]) -> bool:
    return GIVEN in (written.get("metadata") or ())


def _expired(lens: Lens, state: Kept, at: float | None) -> bool:
    before = None if isinstance(state, Tracker) else (state or {}).get("at")
    minutes = lens.domain.session_minutes
    if not isinstance(before, int | float) or at is None or minutes <= 0:
        return False
    return (at - before) / 60 > minutes
