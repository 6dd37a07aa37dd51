"""The project's own actions for one turn: answers from the base, handoff, tasks, language.

Both engines run them: the built-in one calls `run`, a Rasa server calls it through the action server.
What answers from the base remember travels in the slot `memory`, so that any process can go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.backoffice.ports import Backoffice
from bot.core.types import Answer, Ask, QuickReply, Say, SayKind
from bot.dialog import calling, hearing, policy, wire
from bot.dialog.context import Context
from bot.dialog.decision import Decision
from bot.dialog.escalation import Rules
from bot.dialog.offers import Offers
from bot.dialog.speech import Speech
from bot.dialog.understanding import Understanding
from bot.engine.events import Event, LoopSet, SlotSet, UserSaid
from bot.engine.responses import Message, Responder
from bot.engine.states import REQUESTED
from bot.engine.tracker import Tracker
from bot.nlu.project import QUESTION, TASK
from bot.project.model import EntitySpan
from bot.settings import Policy
from bot.tasks import registry
from bot.tasks.form import CANCELLED
from bot.tasks.situation import Situation

MEMORY = "memory"
NOBODY = UserSaid(None, None)
STANDS_OUT = 4.0  # times as likely as the task's next article: then it is the one that was meant


@dataclass(frozen=True, slots=True)
class TurnActions:
    """`understand` reads the latest message in the light of what is remembered; cached by the caller."""

    understand: Callable[[str, Context], Understanding]
    spans: Callable[[str], tuple[EntitySpan, ...]]
    speech: Speech
    limits: Policy
    escalations: Rules
    offers: Offers
    backoffice: Backoffice
    responder: Responder
    now: datetime
    channel: str

    async def run(self, name: str, tracker: Tracker) -> Sequence[Event | Message]:
        match name:
            case "action_answer":
                return self._answer(tracker)
            case "action_handoff":
                return self._handoff(tracker)
            case "action_switch_language":
                return self._article(tracker, "switch_language")
            case "action_cancel":
                return self._cancel(tracker)
        action = registry.action(name)
        return () if action is None else await action(self.situation(tracker))

    def situation(self, tracker: Tracker) -> Situation:
        message = tracker.now.message
        text = (message.text or "") if message else ""
        spans = (
            self.spans(text) if text and not text.startswith("/") else (message.entities if message else ())
        )
        return Situation(
            tracker=tracker,
            now=self.now,
            channel=self.channel,
            backoffice=self.backoffice,
            responder=self.responder,
            spans=spans,
        )

    def _answer(self, tracker: Tracker) -> list[Event | Message]:
        context = Context.read(tracker.slot(MEMORY) or {})
        understanding = self.understand(self._text(tracker), context)
        asks = context.called is not None or (tracker.now.message or NOBODY).intent == QUESTION
        decision = policy.decide(understanding, context, self.speech, self.limits, asks=asks)
        if isinstance(decision.answer, Ask):
            decision = self._asked(decision, understanding, context)
        elif tracker.now.active_loop is None:
            decision = replace(decision, answer=self._offered(decision.answer))
        return remembered(decision)

    def _asked(self, decision: Decision, u: Understanding, context: Context) -> Decision:
        """Which of a task's articles was meant is asked in the task's words."""
        offer = self.offers.of_intent(u.intent.best(TASK) or "")
        question = offer.question.get(self.speech.locale) if offer else None
        sure = u.intent.score(f"{TASK}/{offer.intent}") if offer else 0.0
        if offer is None or question is None or sure < hearing.TASK_AT:
            return decision
        if u.hits[0].article_id not in offer.articles and u.hits[0].p >= hearing.ASKS_AT:
            return decision
        known = [hit for hit in u.hits if hit.article_id in offer.articles]
        rest = known[1].p if len(known) > 1 else 0.0
        if known and known[0] == u.hits[0] and known[0].p >= max(policy.CHOICE_AT, STANDS_OUT * rest):
            return policy.say_article(u, context, self.speech)
        return policy.which(question, offer.articles, u.question, context, self.speech)

    def _offered(self, answer: Answer) -> Answer:
        """With the button of the task that carries out what the article explains."""
        if not isinstance(answer, Say) or answer.kind is not SayKind.ANSWER or len(answer.sources) != 1:
            return answer
        offer = self.offers.of_article(answer.sources[0].article_id)
        title = offer.title.get(self.speech.locale) if offer else None
        if offer is None or title is None:
            return answer
        return replace(answer, quick_replies=(*answer.quick_replies, QuickReply(title, f"/{offer.intent}")))

    def _handoff(self, tracker: Tracker) -> list[Event | Message]:
        message = tracker.now.message
        reason = ((message.response if message else None) or "").partition("/")[2]
        context = Context.read(tracker.slot(MEMORY) or {})
        return remembered(calling.call_person(context, self.speech, self.escalations.get(reason)))

    def _article(self, tracker: Tracker, intent: str) -> list[Event | Message]:
        context = Context.read(tracker.slot(MEMORY) or {})
        offer = self.offers.of_intent(intent)
        for name in offer.articles if offer else ():
            if (decision := policy.press(f"{policy.ARTICLE}{name}", context, self.speech)) is not None:
                return remembered(decision)
        return self._answer(tracker)

    def _cancel(self, tracker: Tracker) -> list[Event | Message]:
        at = self.situation(tracker)
        if tracker.now.active_loop is None:
            return self._answer(tracker)
        return [
            at.say("utter_cancelled"),
            LoopSet(None),
            SlotSet(REQUESTED, None),
            SlotSet("outcome", CANCELLED),
        ]

    @staticmethod
    def _text(tracker: Tracker) -> str:
        """What was written; a button that nothing waits for any more says nothing."""
        text = (tracker.now.message.text or "") if tracker.now.message else ""
        return "" if text.startswith("/") else text


def remembered(decision: Decision) -> list[Event | Message]:
    """The decision as what an action returns."""
    custom: dict[str, Any] = {"answer": wire.written(decision.answer), "reason": decision.reason}
    return [SlotSet(MEMORY, decision.context.stored()), Message(custom=custom)]
