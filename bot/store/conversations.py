"""Conversations and their events: receive, commit, append, and what the desk and channels read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from bot.core.clock import Clock
from bot.core.errors import NotFound
from bot.core.types import Conversation, ConversationStatus, Event, Inbound, NewEvent
from bot.store import commits, desk, persons
from bot.store import inbox as accepting
from bot.store.database import Database, checked_key
from bot.store.history import GET, IS_OPEN, conversation_of, event_of, until_settled
from bot.store.records import Customer, Outcome, Page, Receipt
from bot.store.tables import conversations, customers, events, identities, inbox

LATEST = (
    select(conversations)
    .where(conversations.c.channel == bindparam("channel"), conversations.c.address == bindparam("address"))
    .order_by(IS_OPEN.desc(), conversations.c.created_at.desc())
    .limit(1)
)
EVENTS = (
    select(events)
    .where(events.c.conversation_id == bindparam("of"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
)
REPLY = (
    select(events)
    .join(
        inbox,
        (inbox.c.conversation_id == events.c.conversation_id)
        & events.c.seq.between(inbox.c.reply_from, inbox.c.reply_to),
    )
    .where(inbox.c.conversation_id == bindparam("of"), inbox.c.seq == bindparam("answers"))
    .order_by(events.c.seq)
)
CUSTOMER = select(customers).where(customers.c.id == bindparam("customer"))
IDENTITIES = (
    select(identities)
    .where(identities.c.customer_id == bindparam("customer"))
    .order_by(identities.c.channel, identities.c.address)
)
RENAME = update(customers).where(customers.c.id == bindparam("customer")).values(name=bindparam("new_name"))


class Conversations:
    """The numbered history of every conversation. Events are 1..n per conversation without gaps."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def receive(self, inbound: Inbound) -> Receipt:
        """Accepts a message durably, once per (channel, client_id); a repeat gets the first result.

        Finds or opens the conversation of the address and appends `message` by the customer. Does
        not change the conversation's version. A message without `choice` that arrives while an
        operator holds the conversation is the operator's to answer: the bot owes nothing for it.
        """
        checked_key(inbound.address)
        checked_key(inbound.client_id)
        return await until_settled(
            lambda: self._database.write(
                lambda connection: accepting.accept(connection, inbound, self._clock())
            )
        )

    async def begin(self, inbound: Inbound) -> Conversation:
        """The open conversation of the sender, or a new one in which nothing was said yet: a call rings."""
        checked_key(inbound.address)
        return await until_settled(
            lambda: self._database.write(
                lambda connection: accepting.begin(connection, inbound, self._clock())
            )
        )

    async def commit(self, conversation_id: str, version: int, outcome: Outcome) -> tuple[Event, ...]:
        """Writes a turn's outcome and returns the appended events (with those of the handoff).

        Raises `StaleVersion` when the conversation is no longer at `version` or a required article
        is not published any more, `AlreadyAnswered` when `answers_seq` has its answer, and
        `FrontlineError`: `handoff_open` (409; calling a human who has come, or closing while one is called),
        `handoff_taken` (409; cancelling what an operator has claimed), `handoff_ended` (409; nothing
        to cancel), NotFound.
        """
        return await until_settled(
            lambda: self._database.write(
                lambda connection: commits.commit(
                    connection, conversation_id, version, outcome, at=self._clock()
                )
            )
        )

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
        if client_id is not None:
            checked_key(client_id)
        return await until_settled(
            lambda: self._database.write(
                lambda connection: commits.append(
                    connection,
                    conversation_id,
                    events,
                    client_id=client_id,
                    holder=holder,
                    at=self._clock(),
                )
            )
        )

    async def close(self, conversation_id: str) -> tuple[Event, ...]:
        """Closes a conversation that no handoff is open for, with `conversation.closed`.

        Nothing happens when it is closed already. Raises NotFound and
        `FrontlineError("handoff_open", 409)`.
        """

        def work(connection: Connection) -> tuple[Event, ...]:
            row = connection.execute(GET.with_for_update(), {"of": conversation_id}).one_or_none()
            if row is None:
                raise NotFound("conversation")
            if row.status == ConversationStatus.CLOSED.value:
                return ()
            outcome = Outcome(events=(NewEvent("conversation.closed", {}),), status=ConversationStatus.CLOSED)
            return commits.commit(connection, conversation_id, row.version, outcome, at=self._clock())

        return await self._database.write(work)

    async def unanswered(self, limit: int = 100, *, before: datetime | None = None) -> list[Receipt]:
        """Accepted messages the bot owes an answer for, oldest first; `before` leaves out newer ones."""
        return await self._database.read(lambda connection: accepting.unanswered(connection, limit, before))

    async def get(self, conversation_id: str) -> Conversation:
        """The conversation as it stands; raises NotFound."""
        row = await self._database.read(
            lambda connection: connection.execute(GET, {"of": conversation_id}).one_or_none()
        )
        if row is None:
            raise NotFound("conversation")
        return conversation_of(row)

    async def find(self, channel: str, address: str) -> Conversation | None:
        """The open conversation of the address, or else its latest one."""
        row = await self._database.read(
            lambda connection: connection.execute(
                LATEST, {"channel": channel, "address": address}
            ).one_or_none()
        )
        return None if row is None else conversation_of(row)

    async def events(self, conversation_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        """Events with seq > `after`, in order; all kinds (see `PUBLIC_KINDS`)."""
        rows = await self._database.read(
            lambda connection: connection.execute(
                EVENTS.limit(limit), {"of": conversation_id, "after": after}
            ).all()
        )
        return [event_of(row) for row in rows]

    async def reply_of(self, receipt: Receipt) -> tuple[Event, ...]:
        """The events that the answer to this message wrote; empty when there are none."""
        rows = await self._database.read(
            lambda connection: connection.execute(
                REPLY, {"of": receipt.conversation.id, "answers": receipt.seq}
            ).all()
        )
        return tuple(event_of(row) for row in rows)

    async def search(
        self, *, status: ConversationStatus | None = None, text: str = "", page: int = 1, size: int = 30
    ) -> Page:
        """The desk's history: `text` is looked for in messages, addresses and customers' names."""
        return await self._database.read(lambda connection: desk.search(connection, status, text, page, size))

    async def customer(self, customer_id: str) -> Customer:
        """The customer with every identity; raises NotFound."""

        def work(connection: Connection) -> Customer:
            row = connection.execute(CUSTOMER, {"customer": customer_id}).one_or_none()
            if row is None:
                raise NotFound("customer")
            known = connection.execute(IDENTITIES, {"customer": customer_id}).all()
            return Customer(
                row.id, row.name, row.created_at, tuple((item.channel, item.address) for item in known)
            )

        return await self._database.read(work)

    async def earlier(self, conversation: Conversation, limit: int = 5) -> list[Conversation]:
        """Other conversations of the same person, the latest first."""
        return await self._database.read(lambda connection: persons.earlier(connection, conversation, limit))

    async def rename_customer(self, customer_id: str, name: str | None) -> None:
        """Sets the name that the desk shows; raises NotFound."""
        values = {"customer": customer_id, "new_name": name}
        changed = await self._database.write(lambda connection: connection.execute(RENAME, values).rowcount)
        if changed == 0:
            raise NotFound("customer")
