"""One turn: the only way from an inbound message to what the bot says.

Receive (a short transaction), think with no transaction open, commit (a short transaction, checked
against the conversation's version). What fails degrades to words and the offer
of a human, and is logged without personal data; the customer is never met with silence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import structlog

from bot.core.clock import Clock, now
from bot.core.errors import FrontlineError, StaleVersion, StorageUnavailable
from bot.core.ports import EventBus
from bot.core.types import PHONE, Conversation, Event, Inbound, Owner, Turn
from bot.dialog import events, policy
from bot.dialog.thinking import Thinker
from bot.dialog.thought import Thought
from bot.engine.events import Event as ActionEvent
from bot.engine.responses import Message
from bot.engine.tracker import Tracker
from bot.store.records import AlreadyAnswered, Outcome, Receipt

if TYPE_CHECKING:
    from bot.store.engine import Store

ATTEMPTS = 3  # commits of one turn, each decided on the conversation as it then is
log = structlog.get_logger(__name__)
Observe = Callable[[Turn], None]


class Turns:
    """Handles messages, each conversation in order, different conversations side by side."""

    def __init__(
        self,
        store: Store,
        thinker: Thinker,
        bus: EventBus,
        *,
        clock: Clock = now,
        observe: Observe | None = None,
    ) -> None:
        self._store, self._thinker, self._bus, self._clock = store, thinker, bus, clock
        self._observe = observe
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._flying: set[asyncio.Task[Turn]] = set()
        self._at_hand: set[tuple[str, int]] = set()  # accepted messages that are being answered here

    @property
    def skills(self) -> frozenset[str]:
        """What the rules of escalation ask for."""
        return frozenset(skill for rule in self._thinker.escalations.rules for skill in rule.skills)

    async def handle(self, inbound: Inbound) -> Turn:
        """Accepts a message and answers it; a repeat gets the first result.

        A caller that goes away does not stop the answer. Raises `StorageUnavailable` when nothing
        was accepted.
        """
        return await self._fly(self._handle(inbound))

    async def accept(self, inbound: Inbound) -> Receipt:
        """Makes the message durable, for channels that must acknowledge at once; then `answer`."""
        receipt = await self._store.conversations.receive(inbound)
        if not receipt.repeated:
            await self._hint("conversation", receipt.conversation.id)
        return receipt

    async def answer(self, receipt: Receipt) -> Turn:
        """Answers an accepted message, after the earlier ones of its conversation."""
        return await self._fly(self._answer_in_order(receipt))

    async def act(self, name: str, tracker: Tracker) -> Sequence[ActionEvent | Message]:
        """Runs an action of a turn that another process began; raises what the action raises."""
        conversation = await self._store.conversations.get(tracker.sender)
        return await self._thinker.actions(conversation, self._clock()).run(name, tracker)

    async def recover(self, *, before: datetime | None = None) -> int:
        """Answers what was accepted but not answered, as after a crash; returns how many.

        What is being answered, however slowly, is left alone: thinking twice makes a rush worse.
        Raises `StorageUnavailable`: then the rest is for another time.
        """
        count = 0
        for receipt in await self._store.conversations.unanswered(1000, before=before):
            if _key(receipt) in self._at_hand:
                continue
            try:
                await self.answer(receipt)
                count += 1
            except StorageUnavailable:
                raise
            except FrontlineError as error:
                log.warning("turn.not_recovered", conversation=receipt.conversation.id, code=error.code)
        return count

    async def prepare(self) -> None:
        """Makes the first answers as fast as the later ones; for after the start."""
        await self._thinker.prepare()

    async def drain(self) -> None:
        """Waits for the turns in flight; for a graceful end."""
        while self._flying:
            await asyncio.wait(self._flying)

    async def close(self) -> None:
        await self.drain()
        await self._thinker.close()

    async def _fly(self, work: Coroutine[Any, Any, Turn]) -> Turn:
        task = asyncio.create_task(work)
        self._flying.add(task)
        task.add_done_callback(self._landed)
        return await asyncio.shield(task)

    def _landed(self, task: asyncio.Task[Turn]) -> None:
        self._flying.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("turn.failed", error=type(error).__name__)

    async def _handle(self, inbound: Inbound) -> Turn:
        async with self._order(inbound.channel, inbound.address):
            started = time.perf_counter()
            receipt = await self.accept(inbound)
            with self._taken(receipt):
                return await self._answered(receipt, {"receive": _ms(started)})

    async def _answer_in_order(self, receipt: Receipt) -> Turn:
        with self._taken(receipt):
            async with self._order(receipt.conversation.channel, receipt.conversation.address):
                conversation = await self._store.conversations.get(receipt.conversation.id)
                return await self._answered(replace(receipt, conversation=conversation), {})

    @contextmanager
    def _taken(self, receipt: Receipt) -> Iterator[None]:
        self._at_hand.add(_key(receipt))
        try:
            yield
        finally:
            self._at_hand.discard(_key(receipt))

    def _order(self, channel: str, address: str) -> asyncio.Lock:
        return self._locks.setdefault((channel, address), asyncio.Lock())

    async def _answered(self, receipt: Receipt, timings: dict[str, float]) -> Turn:
        turn = await self._decided(receipt, timings)
        if self._observe is not None and not turn.repeated:
            self._observe(turn)
        return turn

    async def _decided(self, receipt: Receipt, timings: dict[str, float]) -> Turn:
        if receipt.answered and not receipt.repeated:  # it was accepted for an operator
            return _turn(receipt, None, (), timings)
        if receipt.answered:
            return await self._first_result(receipt)
        conversation, gone = receipt.conversation, frozenset[str]()
        for _ in range(ATTEMPTS):
            thought = await self._thought(conversation, receipt.inbound, gone, timings)
            outcome = events.outcome(receipt, conversation, thought)
            try:
                return await self._committed(receipt, conversation, thought, outcome, timings)
            except AlreadyAnswered:
                return await self._first_result(receipt)
            except StaleVersion:
                fresh = await self._store.conversations.get(conversation.id)
                if fresh.version == conversation.version:  # then an article is not published any more
                    gone |= outcome.requires_articles
                conversation = fresh
        raise StaleVersion(conversation.id)

    async def _thought(
        self, conversation: Conversation, inbound: Inbound, gone: frozenset[str], timings: dict[str, float]
    ) -> Thought | None:
        """None when the bot is to stay silent: an operator answers, or is waited for."""
        if conversation.owner is Owner.OPERATOR and inbound.choice != policy.BACK_TO_BOT:
            return None
        moment = self._clock()
        crowded = len(self._flying) > 1 or inbound.medium == PHONE  # frames of sound must not wait for us
        try:
            thought = await self._thinker.think(conversation, inbound, moment, gone, crowded=crowded)
        except Exception as error:  # whatever breaks, the customer is answered
            log.exception("think.failed", conversation=conversation.id, error=type(error).__name__)
            thought = self._thinker.apologise(conversation, moment)
        if thought is not None:
            timings.update(thought.timings)
        return thought

    async def _committed(
        self,
        receipt: Receipt,
        conversation: Conversation,
        thought: Thought | None,
        outcome: Outcome,
        timings: dict[str, float],
    ) -> Turn:
        started = time.perf_counter()
        try:
            appended = await self._store.conversations.commit(conversation.id, conversation.version, outcome)
        except FrontlineError as error:
            if error.code not in {"handoff_taken", "handoff_ended", "handoff_open"}:
                raise
            # The handoff moved on meanwhile: nothing to cancel or to request, and the bot keeps quiet.
            outcome, thought = Outcome(answers_seq=receipt.seq), None
            appended = await self._store.conversations.commit(conversation.id, conversation.version, outcome)
        timings["commit"] = _ms(started)
        await self._hint("conversation", conversation.id)
        if outcome.handoff is not None or outcome.cancel_handoff:
            await self._hint("queue", "")
        return _turn(receipt, thought, appended, timings)

    async def _first_result(self, receipt: Receipt) -> Turn:
        reply = await self._store.conversations.reply_of(receipt)
        return replace(_turn(receipt, None, reply, {}), answer=events.answer_of(reply), repeated=True)

    async def _hint(self, topic: str, key: str) -> None:
        """A lost hint costs time, not truth: a broken bus does not break the turn."""
        try:
            await self._bus.publish(topic, key)
        except Exception as error:  # any driver's error; the rows are written
            log.warning("bus.failed", topic=topic, error=type(error).__name__)


def _key(receipt: Receipt) -> tuple[str, int]:
    return receipt.conversation.id, receipt.seq


def _turn(
    receipt: Receipt, thought: Thought | None, appended: tuple[Event, ...], timings: Mapping[str, float]
) -> Turn:
    return Turn(
        inbound=receipt.inbound,
        conversation_id=receipt.conversation.id,
        seq=receipt.seq,
        answer=None if thought is None else thought.decision.answer,
        intent=None if thought is None else thought.intent,
        hits=() if thought is None else thought.hits,
        messages=tuple(event for event in appended if event.kind == "message"),
        timings=dict(timings),
        task=None if thought is None else thought.task,
    )


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000
