"""One message while it is being thought about: what it means, what is always so, what the dialogue does.

What must not wait (a person, a refusal, another language) is decided before any engine; the rest is the
dialogue of the project in `nlu_data`, run by the engine that is configured, with `answering.TurnActions` as
its actions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.answers.compose import source
from bot.core.outbound import NewCall
from bot.core.types import (
    PHONE,
    Conversation,
    Escalate,
    Hit,
    Inbound,
    NewEvent,
    Owner,
    TaskState,
)
from bot.dialog import composing, hearing, languages, policy
from bot.dialog.answering import MEMORY, TurnActions
from bot.dialog.context import Context
from bot.dialog.decision import Decision
from bot.dialog.phrases import language
from bot.dialog.search import Search
from bot.dialog.understanding import Understanding
from bot.engine.agent import Handled
from bot.nlu.language import Language
from bot.nlu.project import ESCALATE, TASK
from bot.project.model import EntitySpan
from knowledge_base.articles import Article

if TYPE_CHECKING:
    from bot.dialog.thinking import Thinker

COMPANY = "company"  # the "channel" of identities that are the company's own references
IDENTIFIED_S = 1800  # of silence, after which a customer proves again who he is
ENTITIES_AT = 0.2  # probability of a task from which entities are looked for


@dataclass(frozen=True, slots=True)
class Thought:
    """What is to be done and all that led to it. `cancels`: the customer goes back to the bot."""

    decision: Decision
    locale: str
    intent: str = ""
    understanding: Understanding | None = None
    cancels: bool = False
    timings: Mapping[str, float] = field(default_factory=dict)
    engine: Mapping[str, Any] = field(default_factory=dict)  # the dialogue's state, to be kept
    task: TaskState | None = None
    events: tuple[NewEvent, ...] = ()
    proved: tuple[tuple[str, str], ...] = ()  # identities of the customer that this turn has proved
    calls: tuple[NewCall, ...] = ()
    refuses: tuple[str, ...] = ()  # numbers

    @property
    def hits(self) -> tuple[Hit, ...]:
        return () if self.understanding is None else self.understanding.hits


class Thinking:
    """One message while it is being thought about."""

    def __init__(
        self,
        thinker: Thinker,
        conversation: Conversation,
        inbound: Inbound,
        now: datetime,
        gone: frozenset[str],
        *,
        crowded: bool = False,
    ) -> None:
        self.thinker, self.conversation, self.inbound, self.now = thinker, conversation, inbound, now
        snapshot = thinker.knowledge.current
        self.snapshot, self.gone, self.crowded = snapshot, gone, crowded
        self.search = Search(snapshot.retriever, gone)
        self.articles = snapshot.without(gone)
        context = Context.read(conversation.state)
        self.context = context if conversation.owner is Owner.QUEUE else replace(context, called=None)
        self.engine_state: Mapping[str, Any] = conversation.state.get("engine") or {}
        self.dialogue = thinker.dialogue.at(self.engine_state, conversation.id)
        self.timings: dict[str, float] = {}
        self._understood: dict[tuple[Any, ...], Understanding] = {}
        self._spans: dict[str, tuple[EntitySpan, ...]] = {}
        self.locale = language(conversation.locale)
        self.actions = self._actions()

    async def thought(self) -> Thought | None:
        choice = self.inbound.choice
        if choice is None and self.inbound.medium == PHONE and self.inbound.text.strip() == "0":
            choice = policy.OPERATOR  # the key that is always a person
        if choice is not None and not choice.startswith("/"):
            decision = self._pressed(choice)
            if decision is not None:
                return self._decided(
                    decision, intent=f"choice/{choice}", cancels=choice == policy.BACK_TO_BOT
                )
        text = self._payload(choice)
        if text is not None:
            return await self._dialogue(text, None)
        understanding = await self._understand()
        self.locale = _locale(understanding.reading.language, self.conversation.locale)
        self.context = languages.heard(understanding.reading, self.context)
        self.actions = self._actions()
        decision = policy.guard(
            understanding, self.context, self.actions.speech, self.thinker.limits, self.inbound.confidence
        )
        if decision is not None:
            return self._decided(decision, understanding)
        return await self._dialogue(self.inbound.text, understanding)

    def _pressed(self, choice: str) -> Decision | None:
        if choice == policy.BACK_TO_BOT:
            return policy.back_to_bot(self.context, self.actions.speech)
        return policy.press(choice, self.context, self.actions.speech)

    def _payload(self, choice: str | None) -> str | None:
        """The button that was pressed, or keyed or typed by its number; for the engine."""
        if choice is not None and choice.startswith("/"):
            return choice
        text, choices = self.inbound.text.strip(), self.dialogue.choices
        return choices[int(text) - 1] if text.isdecimal() and 1 <= int(text[:3]) <= len(choices) else None

    async def _understand(self) -> Understanding:
        started = time.perf_counter()
        text, twin = self.inbound.text, self.thinker.twin
        searched = 0.0
        if twin is not None and self.crowded:
            understood = await twin.understand(text, self.context, self.snapshot, self.gone)
            if understood is not None:
                self._understood[self._key(text, self.context)], searched = understood
        work = partial(self._understanding, text, self.context)
        if self.thinker.pool is None:
            understanding = work()
        else:
            understanding = await asyncio.get_running_loop().run_in_executor(self.thinker.pool, work)
        spent, searched = (time.perf_counter() - started) * 1000, searched + self.search.ms
        self.timings.update(understand=spent - searched, retrieve=searched)
        return understanding

    def _understanding(self, text: str, context: Context) -> Understanding:
        """What was understood already is not understood again; only this much of the context bears on it."""
        key = self._key(text, context)
        if key not in self._understood:
            self._understood[key] = self.thinker.understand(text, context, self.articles, self.search)
        return self._understood[key]

    @staticmethod
    def _key(text: str, context: Context) -> tuple[Any, ...]:
        return text, context.question, context.articles, context.options, context.called, context.last

    def _found(self, text: str) -> tuple[EntitySpan, ...]:
        if text not in self._spans:
            local = self.now.astimezone(ZoneInfo(self.thinker.company.timezone))
            self._spans[text] = self.thinker.entities.find(text, local)
        return self._spans[text]

    def _actions(self) -> TurnActions:
        thinker = self.thinker
        return TurnActions(
            understand=self._understanding,
            spans=self._found,
            speech=replace(
                thinker.speech(self.articles, self.locale, self.now), spoken=self.inbound.medium == PHONE
            ),
            limits=thinker.limits,
            escalations=thinker.escalations,
            offers=thinker.offers,
            backoffice=thinker.backoffice,
            responder=thinker.dialogue.responder,
            now=self.now.astimezone(ZoneInfo(thinker.company.timezone)),
            channel=self.inbound.medium,
        )

    async def _dialogue(self, text: str, understanding: Understanding | None) -> Thought | None:
        """The engine's part; while a person is waited for, only what is sure is said."""
        started = time.perf_counter()
        said = None
        if understanding is not None:
            waiting = self.dialogue.waiting_for(text, self.actions)
            spans = self._found(text) if self._needs_entities(understanding) else ()
            said = hearing.hear(understanding, spans, waiting, self.context, self.thinker.offers)
        handled = await self.dialogue.handle(
            text,
            channel=self.inbound.medium,
            slots=self._slots(),
            said=said,
            actions=self.actions,
        )
        self.timings["decide"] = (time.perf_counter() - started) * 1000
        intent = composing.intent_of(said, text)
        task = self.dialogue.task(handled, begun_from=self.dialogue.form)
        decision = self._composed(handled, understanding, intent, task)
        if self.conversation.owner is Owner.QUEUE and not policy.said_while_waiting(decision, self.context):
            return None
        thought = self._decided(
            decision,
            understanding,
            intent=intent,
            engine=handled.state,
            task=task,
            events=composing.ratings(handled.messages),
        )
        if thought is None:
            return None
        return replace(
            thought,
            proved=self._proved(handled.slots),
            calls=composing.calls(handled.messages) if self.thinker.calls_back else (),
            refuses=composing.refusals(handled.messages),
        )

    def _proved(self, slots: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Who the customer has turned out to be: the company's reference, and the telephone of the code."""
        customer, phone = slots.get("customer"), slots.get("phone")
        if not customer or customer == self.dialogue.tracker.slot("customer"):
            return ()
        by_code = slots.get("code") is not None and phone
        return (COMPANY, str(customer)), *(((PHONE, str(phone)),) if by_code else ())

    def _needs_entities(self, u: Understanding) -> bool:
        """Whether what the message names bears on the dialogue; a question to the base it does not."""
        offer = self.thinker.offers.of_article(self.context.articles[0]) if self.context.articles else None
        wants = u.intent.share(TASK) >= ENTITIES_AT or (offer is not None and bool(offer.entities))
        return wants or self.dialogue.form is not None

    def _slots(self) -> dict[str, Any]:
        """What the dialogue begins this turn with."""
        slots: dict[str, Any] = {MEMORY: self.context.stored(), "outcome": None, "locale": self.locale}
        slots |= self._identity()
        if self.dialogue.form is None:
            slots |= dict.fromkeys(self.thinker.dialogue.task_slots)
            if self.inbound.channel == PHONE and self.inbound.address.startswith("+"):  # else it is withheld
                slots["phone"] = self.inbound.address
        return slots

    def _identity(self) -> dict[str, Any]:
        """Who it is: as the channel vouches now, or as was proved in this talk while it went on."""
        if self.inbound.customer is not None:
            return {"customer": self.inbound.customer, "vouched": self.inbound.customer}
        idle = self.now.timestamp() - self.context.seen
        over = self.dialogue.tracker.slot("vouched") is not None or idle > IDENTIFIED_S
        return {"customer": None, "vouched": None} if over else {}

    def _composed(
        self,
        handled: Handled,
        understanding: Understanding | None,
        intent: str,
        task: TaskState | None,
    ) -> Decision:
        kept = handled.slots.get(MEMORY)  # none where the engine has undone the message
        context = Context.read(kept) if kept else self.context
        begun = task is not None and self.dialogue.form is None and bool(handled.messages)
        about = self._explained(intent, understanding, handled.slots) if begun else None
        return composing.compose(
            handled.messages,
            replace(context, called=self.context.called),
            self.actions.speech,
            self.thinker.escalations,
            lead=self._lead(intent) if begun else "",
            about=None if about is None else source(about),
            question=self.inbound.text if about is not None else "",
        )

    def _lead(self, intent: str) -> str:
        offer = self.thinker.offers.of_intent(intent)
        return offer.lead.get(self.locale, "") if offer else ""

    def _explained(
        self, intent: str, understanding: Understanding | None, slots: Mapping[str, Any]
    ) -> Article | None:
        """The article that explains the task that begins: by what its form knows, else by the search."""
        offer = self.thinker.offers.of_intent(intent)
        if offer is None:
            return None
        hits = () if understanding is None else understanding.hits
        found = [hit.article_id for hit in hits if hit.article_id in offer.articles]
        known = self.thinker.offers.explained(intent, slots)
        usual = offer.articles[:1] if offer.at_once or len(offer.articles) == 1 else ()
        names: Sequence[str] = (*usual, *found, *self.context.articles[:1])
        name = next((each for each in names if each in offer.articles and each in self.articles), None)
        name = known if known in self.articles else name
        return None if name is None else self.articles[name]

    def _decided(
        self,
        decision: Decision,
        understanding: Understanding | None = None,
        *,
        intent: str | None = None,
        cancels: bool = False,
        engine: Mapping[str, Any] | None = None,
        task: TaskState | None = None,
        events: tuple[NewEvent, ...] = (),
    ) -> Thought | None:
        waits = self.conversation.owner is Owner.QUEUE and not cancels
        if waits and not policy.said_while_waiting(decision, self.context):
            return None
        if isinstance(decision.answer, Escalate):
            waiting = self.thinker.escalations.waiting
            articles = (*decision.context.articles, *((waiting,) if waiting else ()))
            called = replace(decision.context, called=decision.answer.priority, articles=articles)
            decision = replace(decision, context=called)
        decision = replace(decision, context=replace(decision.context, seen=self.now.timestamp()))
        if intent is None and understanding is not None:
            rule = understanding.escalation
            intent = understanding.intent.name if rule is None else f"{ESCALATE}/{rule.reason}"
        if engine is None:
            engine, task = self.engine_state, self.dialogue.standing
        return Thought(
            decision,
            self.locale,
            intent or "",
            understanding,
            cancels=cancels,
            timings=self.timings,
            engine=engine,
            task=task,
            events=events,
        )


def _locale(spoken: Language, usual: str) -> str:
    return spoken.value if spoken in {Language.RUSSIAN, Language.ENGLISH} else language(usual)
