"""What the desk lists: the queue and the history, each line with its last message."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, literal_column, or_, select

from bot.core.types import ConversationStatus
from bot.store.history import HANDOFF_OPEN, conversation_of, handoff_of
from bot.store.records import ConversationItem, Page, QueueItem
from bot.store.tables import conversations, customers, events, handoffs, operators

IS_MESSAGE = events.c.kind == literal_column("'message'")
LAST_MESSAGE = (
    select(events.c.data)
    .where(events.c.conversation_id == conversations.c.id, IS_MESSAGE)
    .order_by(events.c.seq.desc())
    .limit(1)
    .correlate(conversations)
    .scalar_subquery()
    .label("last_message")
)
QUEUE = (
    select(handoffs, operators.c.name.label("operator_name"), handoffs.c.conversation_id)
    .join(operators, operators.c.id == handoffs.c.claimed_by, isouter=True)
    .where(HANDOFF_OPEN)
    .order_by(handoffs.c.priority, handoffs.c.created_at, handoffs.c.id)
)
LINES = select(conversations, customers.c.name.label("customer_name"), LAST_MESSAGE).join(
    customers, customers.c.id == conversations.c.customer_id
)
QUEUE_LINES = LINES.where(conversations.c.id.in_(select(handoffs.c.conversation_id).where(HANDOFF_OPEN)))


def queue(connection: Connection) -> list[QueueItem]:
    """Every open handoff in the order to serve."""
    lines = {row.id: row for row in connection.execute(QUEUE_LINES)}
    return [queue_item(row, lines[row.conversation_id]) for row in connection.execute(QUEUE)]


def queue_item(row: Row[Any], line: Row[Any]) -> QueueItem:
    """A handoff with its conversation."""
    text, author = said(line)
    handoff = handoff_of(row)
    return QueueItem(
        handoff=handoff,
        conversation=conversation_of(line),
        customer_name=line.customer_name,
        claimed_by_name=row.operator_name,
        last_message=text,
        last_author=author,
        waiting_since=handoff.created_at,
    )


def said(row: Row[Any]) -> tuple[str | None, str | None]:
    """Text and author of the last message."""
    data = row.last_message
    return (None, None) if data is None else (data.get("text"), data.get("author"))


def search(
    connection: Connection, status: ConversationStatus | None, text: str, page: int, size: int
) -> Page:
    """One page of the history, newest first."""
    total = connection.execute(
        matching(
            select(func.count())
            .select_from(conversations)
            .join(customers, customers.c.id == conversations.c.customer_id),
            status,
            text,
        )
    ).scalar_one()
    rows = connection.execute(
        matching(LINES, status, text)
        .order_by(conversations.c.updated_at.desc(), conversations.c.id)
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    items = tuple(ConversationItem(conversation_of(row), row.customer_name, *said(row)) for row in rows)
    return Page(items, total)


def matching(query: Select[Any], status: ConversationStatus | None, text: str) -> Select[Any]:
    """The query narrowed to a status and to conversations that contain the text, whatever the case."""
    if status is not None:
        query = query.where(conversations.c.status == status.value)
    if not text:
        return query
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = f"%{escaped}%"
    found = exists(
        select(events.c.seq).where(
            events.c.conversation_id == conversations.c.id,
            IS_MESSAGE,
            func.lower(events.c.data["text"].as_string()).like(pattern, escape="\\"),
        )
    )
    return query.where(
        or_(
            func.lower(customers.c.name).like(pattern, escape="\\"),
            func.lower(conversations.c.address).like(pattern, escape="\\"),
            found,
        )
    )
