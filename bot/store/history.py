"""What conversations and handoffs share: rows to core types, and the one way to append events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, bindparam, exc, insert, literal_column, select, update

from bot.core.errors import StorageUnavailable
from bot.core.types import Conversation, ConversationStatus, Event, Handoff, HandoffStatus, NewEvent, Owner
from bot.store.records import PUBLIC_KINDS
from bot.store.tables import conversations, events, handoffs, inbox, outbox

T = TypeVar("T")
# Each run of a raced transaction sees what the winner committed, so the second run settles it; the
# rest is for rows that appear and go.
RACES = 5

# Literals, not parameters: the planner must see that the partial index covers the query.
IS_OPEN = conversations.c.status == literal_column("'open'")
HANDOFF_OPEN = handoffs.c.status.in_((literal_column("'waiting'"), literal_column("'claimed'")))

# What a writer needs of the conversation that it locks: the state is long, and it has it or need not know.
LOCKED = [column for column in conversations.c if column is not conversations.c.state]
INSERT_EVENT = insert(events)
INSERT_PARCEL = insert(outbox)
GET = select(conversations).where(conversations.c.id == bindparam("of"))
OPEN_HANDOFF = select(handoffs).where(
    handoffs.c.conversation_id == bindparam("conversation_id"), HANDOFF_OPEN
)
# A human comes, or has come, for what was said so far: recovery must not answer it any more.
SETTLE = (
    update(inbox)
    .where(
        inbox.c.conversation_id == bindparam("settled_id"),
        inbox.c.answered_at.is_(None),
        inbox.c.choice.is_(None),
    )
    .values(answered_at=bindparam("settled_at"))
)


def conversation_of(row: Row[Any], state: Mapping[str, Any] | None = None) -> Conversation:
    """A row that has every column of `conversations` under its own name, `state` where it is not given."""
    return Conversation(
        id=row.id,
        channel=row.channel,
        address=row.address,
        customer_id=row.customer_id,
        locale=row.locale,
        status=ConversationStatus(row.status),
        owner=Owner(row.owner),
        version=row.version,
        last_seq=row.last_seq,
        state=row.state if state is None else state,
        created_at=row.created_at,
        updated_at=row.updated_at,
        pushed=row.pushed,
    )


def handoff_of(row: Row[Any]) -> Handoff:
    """A row that has every column of `handoffs` under its own name."""
    return Handoff(
        id=row.id,
        conversation_id=row.conversation_id,
        reason=row.reason,
        priority=row.priority,
        status=HandoffStatus(row.status),
        context=row.context,
        created_at=row.created_at,
        claimed_by=row.claimed_by,
        claimed_at=row.claimed_at,
        closed_at=row.closed_at,
        resolution=row.resolution,
        skills=tuple(row.skills),
        decide_by=row.decide_by,
        finish_by=row.finish_by,
    )


def event_of(row: Row[Any]) -> Event:
    """A row of `events`."""
    return Event(row.conversation_id, row.seq, row.kind, row.data, row.at)


def is_delivered(event: NewEvent) -> bool:
    """Whether a pushed channel sends it: what the customer may see and has not said himself."""
    return event.kind in PUBLIC_KINDS and not (
        event.kind == "message" and event.data.get("author") == "customer"
    )


def append_events(
    connection: Connection,
    conversation: Conversation,
    new: Sequence[NewEvent],
    at: datetime,
) -> tuple[Event, ...]:
    """Writes events whose numbers `conversation.last_seq` already counts, and their deliveries."""
    if not new:
        return ()
    first = conversation.last_seq - len(new) + 1
    rows = [
        {"conversation_id": conversation.id, "seq": seq, "kind": item.kind, "data": item.data, "at": at}
        for seq, item in enumerate(new, first)
    ]
    connection.execute(INSERT_EVENT, rows)
    if conversation.pushed:
        parcels = [
            {
                "channel": conversation.channel,
                "address": conversation.address,
                "conversation_id": conversation.id,
                "seq": seq,
                "attempts": 0,
                "due_at": at,
            }
            for seq, item in enumerate(new, first)
            if is_delivered(item)
        ]
        if parcels:
            connection.execute(INSERT_PARCEL, parcels)
    return tuple(Event(conversation.id, seq, item.kind, item.data, at) for seq, item in enumerate(new, first))


async def until_settled(attempt: Callable[[], Awaitable[T]]) -> T:
    """Runs a transaction again when it lost a race on a unique key; it then finds the winner's row."""
    for _ in range(RACES):
        try:
            return await attempt()
        except exc.IntegrityError:
            continue
    raise StorageUnavailable("too many writers at once on the same rows")
