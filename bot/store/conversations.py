"""Conversations and their events: receive, commit, append, and what the desk and channels read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core.clock import Clock
from bot.core.types import Conversation, ConversationStatus, Event, Inbound, NewEvent
from bot.store.database import Database
from bot.store.records import Customer, Outcome, Page, Receipt


class Conversations:
    """The numbered history of every conversation. Events are 1..n per conversation without gaps."""

    def __init__(self, database: Database, clock: Clock, pushed: frozenset[str]) -> None:
        self._database, self._clock, self._pushed = database, clock, pushed

    async def receive(self, inbound: Inbound) -> Receipt:
        """Accepts a message durably, once per (channel, client_id); a repeat gets the first result.

        Finds or opens the conversation of the address and appends `message` by the customer. Does
        not change the conversation's version. A message without `choice` that arrives while an
        operator owns the conversation is the operator's to answer: the bot owes nothing for it.
        """
        raise NotImplementedError

    async def commit(self, conversation_id: str, version: int, outcome: Outcome) -> tuple[Event, ...]:
        """Writes a turn's outcome and returns the appended events (with those of the handoff).

        Raises `StaleVersion` when the conversation is no longer at `version` or a required article
        is not published any more, `AlreadyAnswered` when `answers_seq` has its answer, and
        `FrontlineError`: `handoff_open` (409; a second open handoff), `handoff_taken` (409; cancelling
        what an operator has claimed), `handoff_ended` (409; nothing to cancel), NotFound.
        """
        raise NotImplementedError

    async def append(
        self,
        conversation_id: str,
        events: Sequence[NewEvent],
        *,
        client_id: str | None = None,
        holder: str | None = None,
    ) -> tuple[Event, ...]:
        """Appends events outside a turn; with `client_id` a repeat returns the first result.

        `holder` is the operator id that must hold the claimed handoff of this conversation when the
        transaction commits, else `FrontlineError("handoff_not_yours", 409)`. The version stays.
        """
        raise NotImplementedError

    async def unanswered(self, limit: int = 100, *, before: datetime | None = None) -> list[Receipt]:
        """Accepted messages the bot owes an answer for, oldest first; `before` leaves out newer ones."""
        raise NotImplementedError

    async def get(self, conversation_id: str) -> Conversation:
        """The conversation as it stands; raises NotFound."""
        raise NotImplementedError

    async def find(self, channel: str, address: str) -> Conversation | None:
        """The open conversation of the address, or else its latest one."""
        raise NotImplementedError

    async def events(self, conversation_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        """Events with seq > `after`, in order; all kinds (see `PUBLIC_KINDS`)."""
        raise NotImplementedError

    async def reply_of(self, receipt: Receipt) -> tuple[Event, ...]:
        """The events that the answer to this message wrote; empty when there are none."""
        raise NotImplementedError

    async def search(
        self, *, status: ConversationStatus | None = None, text: str = "", page: int = 1, size: int = 30
    ) -> Page:
        """The desk's history: `text` is looked for in messages, addresses and customers' names."""
        raise NotImplementedError

    async def customer(self, customer_id: str) -> Customer:
        """The customer with every identity; raises NotFound."""
        raise NotImplementedError

    async def rename_customer(self, customer_id: str, name: str | None) -> None:
        """Sets the name that the desk shows; raises NotFound."""
        raise NotImplementedError

    async def close(self, conversation_id: str) -> tuple[Event, ...]:
        """Closes a conversation that no handoff is open for, with `conversation.closed`.

        Nothing happens when it is closed already. Raises NotFound and
        `FrontlineError("handoff_open", 409)`.
        """
        raise NotImplementedError
