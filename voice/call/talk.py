"""The conversation behind a call: the same turns, events and handoffs as any other channel has.

The house lives on the loop of the application, a call on the loop of the calls; every method here is
awaited on the latter and crosses over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bot.core.clock import now
from bot.core.errors import FrontlineError
from bot.core.types import PHONE, Ask, Conversation, Escalate, Inbound, NewEvent, QuickReply, Turn
from bot.core.waiting import WINDOW, minutes
from bot.dialog.policy import OPERATOR
from bot.dialog.shift import Shift
from bot.nlu.entities import phones
from bot.web.customer_view import SEPARATOR
from bot.web.house import House
from voice.asr.numbers import by_pauses
from voice.ports import Heard, Incoming

T = TypeVar("T")
GOODBYE = "goodbye"  # the intent of the project
WAIT_S = 2.0  # to find out how long a caller will wait
WITHHELD = "withheld"  # address of a caller without a number, with the id of the call


class Across:
    """Runs work of the application's loop from the loop of the calls."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    async def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


@dataclass(frozen=True, slots=True)
class Reply:
    """What is to be said, held by the event `seq`; without `text` only a human will answer the caller.

    `answers` is the event of what the caller said. `topic`: a human was called, about this. `asks`: the slot
    of the task that waits for an answer. `over`: the caller has said goodbye.
    """

    text: str = ""
    seq: int | None = None
    options: tuple[QuickReply, ...] = ()
    topic: str | None = None
    asks: str | None = None
    over: bool = False
    answers: int = 0


class Talk:
    """One caller's conversation. `open` first; `conversation_id` is known from then on."""

    def __init__(self, house: House, across: Across, incoming: Incoming) -> None:
        self._house, self._across, self._incoming = house, across, incoming
        self._channel, self._address = PHONE, address_of(incoming)
        self._said = 0
        self.locale = "ru"
        self.conversation_id = ""
        self.known = False  # something was said in this conversation before the call

    @property
    def card_url(self) -> str:
        """Where an operator sees the conversation."""
        return f"{self._house.settings.base_url}/desk#{self.conversation_id}"

    def topic(self, reason: str) -> str:
        """The reason of a handoff, as operators read it."""
        phrases, key = self._house.phrases, f"desk.reason_{reason}"
        return phrases(key, "ru") if phrases.has(key) else reason

    async def open(self) -> None:
        """Finds or opens the conversation; a call from the chat goes on with that chat."""
        conversation = await self._across(self._begin())
        self.conversation_id = conversation.id
        self._channel, self._address = conversation.channel, conversation.address
        self.locale = conversation.locale
        self.known = conversation.last_seq > 0

    async def say(self, heard: Heard, *, choice: str | None = None) -> Reply:
        """A turn of the caller. Raises `FrontlineError` when it was not even accepted."""
        self._said += 1
        inbound = Inbound(
            channel=self._channel,
            address=self._address,
            client_id=f"{self._incoming.id}{SEPARATOR}{self._said}",
            text=by_pauses(heard),
            locale=self.locale,
            choice=choice,
            confidence=heard.confidence,
            customer=self._incoming.customer,
        )
        reply = await self._across(self._turn(inbound))
        if heard.words:
            words = [_word(each) for each in heard.words]
            with suppress(FrontlineError):  # the answer is worth more
                await self.note("call.words", {"seq": reply.answers, "words": words})
        return reply

    async def call_person(self) -> Reply:
        """The caller wants a human, or cannot be understood."""
        return await self.say(Heard(), choice=OPERATOR)

    async def note(self, kind: str, data: Mapping[str, Any], *, once: str | None = None) -> None:
        """Writes an event of the call; the same `once` is written once."""
        await self._across(self._append(kind, {"call": self._incoming.id, **data}, once))

    def people(self) -> int:
        """How many operators are at their desks."""
        return self._house.presence.online()

    async def wait(self) -> int | None:
        """Minutes until a person is likely to come; None: nobody is at work, or nobody knows."""
        with suppress(FrontlineError, TimeoutError):
            async with asyncio.timeout(WAIT_S):
                return await self._across(self._wait()) if self.people() else None
        return None

    async def _wait(self) -> int | None:
        handoffs, company = self._house.store.handoffs, self._house.settings.company
        shift, at = Shift.parse(company.hours, company.timezone), now()
        handoff = await handoffs.open_of(self.conversation_id) if shift.is_open(at) else None
        place = None if handoff is None else await handoffs.position(handoff.id)
        if place is None:
            return None
        waits = await handoffs.waits(at - WINDOW)
        # Who came while nobody was at work stands in the queue, but has waited for the morning.
        return minutes(
            [each if shift.is_open(each.since) else replace(each, served=False) for each in waits], place - 1
        )

    async def _begin(self) -> Conversation:
        conversations = self._house.store.conversations
        if self._incoming.conversation_id is not None:
            return await conversations.get(self._incoming.conversation_id)
        return await conversations.begin(Inbound(PHONE, self._address, "", "", locale=self.locale))

    async def _turn(self, inbound: Inbound) -> Reply:
        turns = await self._house.turns()
        turn = await turns.handle(inbound)
        self.conversation_id = turn.conversation_id
        with suppress(FrontlineError):  # the answer is worth more than its language
            self.locale = (await self._house.store.conversations.get(turn.conversation_id)).locale
        return _reply(turn)

    async def _append(self, kind: str, data: Mapping[str, Any], once: str | None) -> None:
        store = self._house.store.conversations
        await store.append(self.conversation_id, [NewEvent(kind, data)], client_id=once)
        await self._house.bus.publish("conversation", self.conversation_id)


def address_of(incoming: Incoming) -> str:
    """Who calls, as the tasks write numbers: "+79000000001"; other numbers as the PBX writes them."""
    number = "".join(each for each in incoming.caller if each in "+0123456789")
    return phones.read(number) or number or f"{WITHHELD}-{incoming.id}"


def _reply(turn: Turn) -> Reply:
    said = next((event for event in turn.messages if event.data.get("author") == "bot"), None)
    if turn.answer is None or said is None:
        return Reply(topic="", answers=turn.seq)
    answer = turn.answer
    return Reply(
        text=answer.text,
        seq=said.seq,
        options=answer.options if isinstance(answer, Ask) else (),
        topic=answer.reason if isinstance(answer, Escalate) else None,
        asks=turn.task.asks if turn.task is not None else None,
        over=turn.intent == GOODBYE,
        answers=turn.seq,
    )


def _word(word: Any) -> list[Any]:
    return [word.text, round(word.start, 2), round(word.end, 2), round(word.confidence, 2)]
