"""One person, known by several identities: what was proved in one channel is known in all."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.core.types import Conversation, HandoffStatus
from bot.store.history import conversation_of
from bot.store.tables import conversations, customers, handoffs, identities

OWNER = select(identities.c.customer_id).where(
    identities.c.channel == bindparam("channel"), identities.c.address == bindparam("address")
)
KNOW = insert(identities)
MOVE_IDENTITIES = (
    update(identities)
    .where(identities.c.customer_id == bindparam("old"))
    .values(customer_id=bindparam("new"))
)
MOVE_CONVERSATIONS = (
    update(conversations)
    .where(conversations.c.customer_id == bindparam("old"))
    .values(customer_id=bindparam("new"))
)
NAME = (
    update(customers)
    .where(customers.c.id == bindparam("new"), customers.c.name.is_(None))
    .values(name=select(customers.c.name).where(customers.c.id == bindparam("old")).scalar_subquery())
)
FORGET = delete(customers).where(customers.c.id == bindparam("old"))
EARLIER = (
    select(*conversations.c)
    .where(conversations.c.customer_id == bindparam("customer"), conversations.c.id != bindparam("but"))
    .order_by(conversations.c.updated_at.desc(), conversations.c.id)
)

SERVES = (
    select(handoffs.c.id)
    .join(conversations, conversations.c.id == handoffs.c.conversation_id)
    .where(
        conversations.c.customer_id == bindparam("customer"),
        handoffs.c.claimed_by == bindparam("operator"),
        handoffs.c.status == HandoffStatus.CLAIMED.value,
    )
    .limit(1)
)


def prove(connection: Connection, customer_id: str, proved: Sequence[tuple[str, str]]) -> str:
    """The customer of these identities: who had one of them before takes over all of this customer's."""
    for channel, address in proved:
        pair = {"channel": channel, "address": address}
        known = connection.execute(OWNER, pair).scalar_one_or_none()
        if known is None:
            connection.execute(KNOW, {**pair, "customer_id": customer_id})
        elif known != customer_id:
            moved = {"old": customer_id, "new": known}
            for statement in (MOVE_IDENTITIES, MOVE_CONVERSATIONS, NAME, FORGET):
                connection.execute(statement, moved)
            customer_id = known
    return customer_id


def serves(connection: Connection, operator_id: str, customer_id: str) -> bool:
    """Whether the operator holds a conversation of this person now."""
    values = {"operator": operator_id, "customer": customer_id}
    return connection.execute(SERVES, values).one_or_none() is not None


def earlier(connection: Connection, conversation: Conversation, limit: int) -> list[Conversation]:
    """Other conversations of the same person, the latest first."""
    values = {"customer": conversation.customer_id, "but": conversation.id}
    return [conversation_of(row) for row in connection.execute(EARLIER.limit(limit), values)]
