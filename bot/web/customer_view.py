"""What a customer may see of a conversation: an allow-list, so that a new field is hidden until named."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from bot.core.types import Conversation, Event, Handoff, HandoffStatus, Owner
from bot.store.engine import Store
from bot.store.records import PUBLIC_KINDS

# Client ids are unique per channel in the store; each sender gets a name space of its own in front of this.
SEPARATOR = "|"

_SHOWN = {
    "message": (
        "author",
        "name",
        "text",
        "html",
        "answer",
        "sources",
        "related",
        "quick_replies",
        "client_id",
    ),
    "rating": ("score",),
    "handoff.requested": ("reason",),
    "handoff.claimed": ("operator_name",),
    "handoff.released": (),
    "handoff.returned": ("operator_name",),
    "handoff.closed": ("operator_name",),
    "handoff.cancelled": (),
    "conversation.closed": (),
}


class EventView(BaseModel):
    """One numbered event of a conversation."""

    seq: int = Field(examples=[2])
    kind: str = Field(examples=["message"])
    at: str = Field(examples=["2026-03-02T09:30:00+00:00"])
    data: dict[str, Any] = Field(
        examples=[{"author": "bot", "text": "Займ гасится досрочно без комиссии.", "answer": "answer"}]
    )


class HandoffView(BaseModel):
    status: HandoffStatus
    position: int | None = Field(description="1 is served next; null once an operator has joined.")
    operator_name: str | None


class ConversationView(BaseModel):
    id: str
    status: str = Field(examples=["open"])
    owner: str = Field(
        examples=["bot"], description="`bot`, or `operator` from the moment a human is called."
    )
    handoff: HandoffView | None


def visible(event: Event) -> dict[str, Any] | None:
    """The event as JSON for its customer, or None when it is not for customers."""
    if event.kind not in PUBLIC_KINDS:
        return None
    data = {name: event.data[name] for name in _SHOWN.get(event.kind, ()) if name in event.data}
    return {"seq": event.seq, "kind": event.kind, "at": event.at.isoformat(), "data": own_client_id(data)}


def own_client_id(data: dict[str, Any]) -> dict[str, Any]:
    """The client id as the sender chose it, without our name space."""
    if isinstance(data.get("client_id"), str):
        data["client_id"] = data["client_id"].rpartition(SEPARATOR)[2]
    return data


def owner_of(conversation: Conversation) -> Owner:
    """Bot or operator: for everyone outside a conversation is with the humans once they are called."""
    return Owner.OPERATOR if conversation.owner is Owner.QUEUE else conversation.owner


async def state_of(store: Store, conversation: Conversation) -> ConversationView:
    """The conversation with its open handoff and the place in the queue."""
    handoff = await store.handoffs.open_of(conversation.id)
    return ConversationView(
        id=conversation.id,
        status=conversation.status,
        owner=owner_of(conversation),
        handoff=None if handoff is None else await _handoff(store, handoff),
    )


async def _handoff(store: Store, handoff: Handoff) -> HandoffView:
    name = None if handoff.claimed_by is None else (await store.operators.get(handoff.claimed_by)).name
    position = await store.handoffs.position(handoff.id) if handoff.status is HandoffStatus.WAITING else None
    return HandoffView(status=handoff.status, position=position, operator_name=name)
