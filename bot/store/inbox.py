"""The inbox: a message is accepted once per (channel, client_id), into one open conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, insert, select, update

from bot.core.types import Conversation, ConversationStatus, Inbound, NewEvent, Owner
from bot.store.history import IS_OPEN, append_events, conversation_of
from bot.store.records import Receipt
from bot.store.tables import conversations, customers, events, identities, inbox, new_id

# Locks the open conversation of the address and numbers the message, unless it came before.
TAKE = (
    update(conversations)
    .where(
        conversations.c.channel == bindparam("from_channel"),
        conversations.c.address == bindparam("from_address"),
        IS_OPEN,
        ~exists(
            select(inbox.c.seq).where(
                inbox.c.channel == bindparam("from_channel"), inbox.c.client_id == bindparam("from_client")
            )
        ),
    )
    .values(last_seq=conversations.c.last_seq + 1, updated_at=bindparam("now"))
    .returning(*conversations.c)
)
STANDING = select(*conversations.c).where(
    conversations.c.channel == bindparam("channel"), conversations.c.address == bindparam("address"), IS_OPEN
)
RECEIPTS: Select[Any] = (
    select(
        *conversations.c,
        inbox.c.client_id,
        inbox.c.seq,
        inbox.c.locale.label("said_in"),
        inbox.c.choice,
        inbox.c.confidence,
        inbox.c.answered_at,
        inbox.c.reply_from,
        inbox.c.reply_to,
        events.c.data,
    )
    .select_from(inbox)
    .join(conversations, conversations.c.id == inbox.c.conversation_id)
    .join(events, (events.c.conversation_id == inbox.c.conversation_id) & (events.c.seq == inbox.c.seq))
)
FIRST_RECEIPT = RECEIPTS.where(
    inbox.c.channel == bindparam("from_channel"), inbox.c.client_id == bindparam("from_client")
)
OWED = RECEIPTS.where(
    inbox.c.answered_at.is_(None),
    (conversations.c.owner != Owner.OPERATOR.value) | inbox.c.choice.is_not(None),
).order_by(inbox.c.accepted_at, inbox.c.seq)
CUSTOMER_OF = select(identities.c.customer_id).where(
    identities.c.channel == bindparam("channel"), identities.c.address == bindparam("address")
)
INSERT_CUSTOMER, INSERT_IDENTITY = insert(customers), insert(identities)
INSERT_CONVERSATION, INSERT_INBOX = insert(conversations), insert(inbox)


def accept(connection: Connection, inbound: Inbound, at: datetime) -> Receipt:
    """Writes the message, or finds the first result of its repeat.

    Lost races (the same message or the same new address twice at once) end in an IntegrityError and
    must be run again.
    """
    sender = {"from_channel": inbound.channel, "from_client": inbound.client_id}
    taken = connection.execute(TAKE, {**sender, "from_address": inbound.address, "now": at}).one_or_none()
    if taken is not None:
        conversation = conversation_of(taken)
    elif first := connection.execute(FIRST_RECEIPT, sender).one_or_none():
        return receipt_of(first, repeated=True)
    else:
        conversation = opened(connection, inbound, at, count=1)
    for_operator = conversation.owner is Owner.OPERATOR and inbound.choice is None
    connection.execute(
        INSERT_INBOX,
        {
            "channel": inbound.channel,
            "client_id": inbound.client_id,
            "conversation_id": conversation.id,
            "seq": conversation.last_seq,
            "locale": inbound.locale,
            "choice": inbound.choice,
            "confidence": inbound.confidence,
            "accepted_at": at,
            "answered_at": at if for_operator else None,
        },
    )
    data: dict[str, Any] = {"author": "customer", "text": inbound.text, "client_id": inbound.client_id}
    if inbound.choice is not None:
        data["choice"] = inbound.choice
    append_events(connection, conversation, (NewEvent("message", data),), at)
    return Receipt(conversation, conversation.last_seq, inbound, answered=for_operator)


def begin(connection: Connection, inbound: Inbound, at: datetime) -> Conversation:
    """The open conversation of the sender, who has not said anything yet; a lost race as in `accept`."""
    sender = {"channel": inbound.channel, "address": inbound.address}
    row = connection.execute(STANDING, sender).one_or_none()
    return conversation_of(row) if row is not None else opened(connection, inbound, at, count=0)


def opened(connection: Connection, inbound: Inbound, at: datetime, *, count: int) -> Conversation:
    """A new conversation that counts so many messages already; known addresses keep their customer."""
    sender = {"channel": inbound.channel, "address": inbound.address}
    customer_id = connection.execute(CUSTOMER_OF, sender).scalar_one_or_none()
    if customer_id is None:
        customer_id = new_id()
        connection.execute(INSERT_CUSTOMER, {"id": customer_id, "created_at": at})
        connection.execute(INSERT_IDENTITY, {**sender, "customer_id": customer_id})
    conversation = Conversation(
        id=new_id(),
        channel=inbound.channel,
        address=inbound.address,
        customer_id=customer_id,
        locale=inbound.locale,
        status=ConversationStatus.OPEN,
        owner=Owner.BOT,
        version=0,
        last_seq=count,
        state={},
        created_at=at,
        updated_at=at,
        pushed=inbound.pushed,
    )
    connection.execute(
        INSERT_CONVERSATION,
        {
            **sender,
            "id": conversation.id,
            "customer_id": customer_id,
            "locale": inbound.locale,
            "status": ConversationStatus.OPEN.value,
            "owner": Owner.BOT.value,
            "version": 0,
            "last_seq": count,
            "state": {},
            "created_at": at,
            "updated_at": at,
            "pushed": inbound.pushed,
        },
    )
    return conversation


def unanswered(connection: Connection, limit: int, before: datetime | None) -> list[Receipt]:
    """Messages the bot owes an answer for, oldest first."""
    query = OWED if before is None else OWED.where(inbox.c.accepted_at < before)
    return [receipt_of(row, repeated=False) for row in connection.execute(query.limit(limit))]


def receipt_of(row: Row[Any], *, repeated: bool) -> Receipt:
    """A row of `RECEIPTS`."""
    return Receipt(
        conversation=conversation_of(row),
        seq=row.seq,
        inbound=Inbound(
            channel=row.channel,
            address=row.address,
            client_id=row.client_id,
            text=row.data["text"],
            locale=row.said_in,
            choice=row.choice,
            confidence=row.confidence,
            pushed=row.pushed,
        ),
        repeated=repeated,
        answered=row.answered_at is not None,
        reply=None if row.reply_from is None else (row.reply_from, row.reply_to),
    )
