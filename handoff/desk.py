"""The operators' desk: the queue, the dialogs, and the steps of a handoff."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field

from bot.answers.markdown import render
from bot.core.errors import Forbidden, FrontlineError, NotFound
from bot.core.handoff import OPEN
from bot.core.types import Conversation, ConversationStatus, Event, Handoff, NewEvent, Operator, Role
from bot.web.access import Caller, caller_of, require
from bot.web.customer_view import SEPARATOR, owner_of
from bot.web.errors import declared
from bot.web.fields import Body, ClientId, Line, Locale, ObjectId, Text, check_message
from bot.web.house import House, TheHouse, house_of
from bot.web.hub import Connection, read_json
from bot.web.security import same_origin
from handoff.context import describe
from handoff.desk_sockets import SURFACE, DeskSockets, Seat, event_for_desk, queue_view, terms
from handoff.scheduled import CallLine, agreed_survey, lines_of, survey_of

routes = APIRouter(prefix="/api/desk", tags=["desk"], responses=declared(401, 403))

READERS = (Role.OPERATOR, Role.SUPERVISOR)
Reader = Annotated[Caller, Depends(require(*READERS))]
Worker = Annotated[Caller, Depends(require(Role.OPERATOR))]
Supervisor = Annotated[Caller, Depends(require(Role.SUPERVISOR))]
Language = Annotated[Locale, Query()]
# Roles that see every conversation; an operator sees those of the queue and those they held.
_ALL_CONVERSATIONS = {Role.SUPERVISOR, Role.ADMINISTRATOR}
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OPEN_AT_ONCE = 20
_TYPING_EVERY = 1.0


class Resolution(StrEnum):
    RESOLVED = "resolved"
    CALLBACK = "callback"
    SPAM = "spam"
    OTHER = "other"


class Card(BaseModel):
    handoff_id: str
    conversation_id: str
    reason: str
    reason_text: str
    priority: int
    skills: list[str]
    suits: bool = Field(description="The caller has all these skills. Others may claim it as well.")
    decide_by: str | None = Field(description="When somebody must have decided.")
    finish_by: str | None = Field(description="When it must be done.")
    waiting_since: str
    claimed_by: str | None
    claimed_by_name: str | None
    channel: str
    customer_name: str | None
    question: str = Field(description="What led to the handoff, in the customer's words.")
    last_message: str
    last_author: str | None = Field(examples=["customer"])
    unread: bool = Field(description="The customer spoke last.")


class Queue(BaseModel):
    waiting: list[Card]
    mine: list[Card]
    others: list[Card]


class ConversationLine(BaseModel):
    id: str
    channel: str
    status: str
    owner: str
    created_at: str
    updated_at: str
    customer_name: str | None
    last_message: str
    last_author: str | None


class ConversationPage(BaseModel):
    items: list[ConversationLine]
    total: int
    page: int


class Earlier(BaseModel):
    """Another conversation of the same person, in any channel."""

    id: str
    channel: str
    status: str
    updated_at: str


class Dialog(BaseModel):
    conversation: dict[str, Any]
    customer: dict[str, Any]
    handoff: dict[str, Any] | None
    context: dict[str, Any]
    events: list[dict[str, Any]]
    last_seq: int
    earlier: list[Earlier]
    calls: list[CallLine]
    may_survey: bool = Field(description="On closing, a survey call may be asked for.")


class Close(Body):
    resolution: Resolution
    survey: bool = Field(default=False, description="The customer agrees to a survey call.")
    comment: Text = Field(default="", max_length=2000)


class Writing(Body):
    client_id: ClientId
    text: Text


class Written(BaseModel):
    seq: int


@routes.get("/phrases", summary="The desk's phrases")
async def phrases(_: Reader, house: TheHouse, locale: Language = "ru") -> dict[str, str]:
    return house.phrases.section("desk", locale)


@routes.get("/queue", summary="Who waits and who is served")
async def queue(caller: Reader, house: TheHouse, locale: Language = "ru") -> Queue:
    return Queue(**queue_view(await house.store.handoffs.queue(), caller.operator, house.phrases, locale))


@routes.get("/conversations", summary="Search all conversations")
async def search(
    _: Supervisor,
    house: TheHouse,
    status: ConversationStatus | None = None,
    q: Annotated[Line, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> ConversationPage:
    found = await house.store.conversations.search(status=status, text=q, page=page)
    lines = [
        ConversationLine(
            id=item.conversation.id,
            channel=item.conversation.channel,
            status=item.conversation.status,
            owner=owner_of(item.conversation),
            created_at=item.conversation.created_at.isoformat(),
            updated_at=item.conversation.updated_at.isoformat(),
            customer_name=item.customer_name,
            last_message=(item.last_message or "")[:200],
            last_author=item.last_author,
        )
        for item in found.items
    ]
    return ConversationPage(items=lines, total=found.total, page=page)


@routes.get("/conversations/{conversation_id}", summary="The whole dialog", responses=declared(404))
async def dialog(conversation_id: ObjectId, caller: Reader, house: TheHouse) -> Dialog:
    """Everything that was said and understood, with the context of the handoff."""
    conversation = await seen_by(house, caller.operator, conversation_id)
    customer = await house.store.conversations.customer(conversation.customer_id)
    handoff = await house.store.handoffs.latest_of(conversation_id)
    events = await all_events(house, conversation_id)
    return Dialog(
        conversation={
            "id": conversation.id,
            "channel": conversation.channel,
            "status": conversation.status,
            "owner": owner_of(conversation),
            "locale": conversation.locale,
            "created_at": conversation.created_at.isoformat(),
            "updated_at": conversation.updated_at.isoformat(),
        },
        customer={
            "id": customer.id,
            "name": customer.name,
            "created_at": customer.created_at.isoformat(),
            "channels": sorted({channel for channel, _ in customer.identities}),
        },
        handoff=None if handoff is None else await _handoff_view(house, handoff),
        context=describe(events, None if handoff is None else handoff.reason).as_json(),
        events=[event_for_desk(event) for event in events],
        last_seq=events[-1].seq if events else 0,
        earlier=[
            Earlier(id=one.id, channel=one.channel, status=one.status, updated_at=one.updated_at.isoformat())
            for one in await house.store.conversations.earlier(conversation)
        ],
        calls=await lines_of(house, conversation_id),
        may_survey=await survey_of(house, conversation) is not None,
    )


@routes.post("/handoffs/{handoff_id}/claim", summary="Take a waiting customer", responses=declared(404, 409))
async def claim(handoff_id: ObjectId, caller: Worker, house: TheHouse) -> Written:
    """Of two operators one gets it; the other gets `handoff_taken`."""
    events = await house.store.handoffs.claim(handoff_id, caller.operator.id)
    return await _stepped(house, caller, handoff_id, "claim", events)


@routes.post(
    "/handoffs/{handoff_id}/release", summary="Put back into the queue", responses=declared(404, 409)
)
async def release(handoff_id: ObjectId, caller: Worker, house: TheHouse) -> Written:
    events = await house.store.handoffs.release(handoff_id, caller.operator.id)
    return await _stepped(house, caller, handoff_id, "release", events)


@routes.post("/handoffs/{handoff_id}/return", summary="Return to the bot", responses=declared(404, 409))
async def give_back(handoff_id: ObjectId, caller: Worker, house: TheHouse) -> Written:
    events = await house.store.handoffs.give_back(handoff_id, caller.operator.id)
    return await _stepped(house, caller, handoff_id, "return", events)


@routes.post("/handoffs/{handoff_id}/close", summary="Close with a resolution", responses=declared(404, 409))
async def close(handoff_id: ObjectId, body: Close, caller: Worker, house: TheHouse) -> Written:
    """Closes the conversation too; the customer may rate it."""
    survey = await agreed_survey(house, handoff_id) if body.survey else None
    events = await house.store.handoffs.close(
        handoff_id, caller.operator.id, body.resolution, body.comment, survey=survey
    )
    return await _stepped(house, caller, handoff_id, "close", events, resolution=body.resolution)


@routes.post(
    "/conversations/{conversation_id}/messages", summary="Answer the customer", responses=declared(404, 409)
)
async def write(conversation_id: ObjectId, body: Writing, caller: Worker, house: TheHouse) -> Written:
    """Only who holds the conversation may write to the customer; a repeat of `client_id` writes nothing."""
    check_message(body.text, None, house.settings.limits.message_chars)
    data: dict[str, Any] = {
        "author": "operator",
        "name": caller.operator.name,
        "operator_id": caller.operator.id,
        "text": body.text,
        "html": render(body.text),
        "answer": None,
        "sources": [],
        "related": [],
        "quick_replies": [],
        "client_id": body.client_id,
    }
    return await _append(house, conversation_id, NewEvent("message", data), caller, holder=caller.operator.id)


@routes.post(
    "/conversations/{conversation_id}/notes",
    summary="Leave a note for colleagues",
    responses=declared(404, 409),
)
async def note(conversation_id: ObjectId, body: Writing, caller: Reader, house: TheHouse) -> Written:
    """The customer never sees it. Operators write where they hold the handoff, supervisors anywhere."""
    check_message(body.text, None, house.settings.limits.message_chars)
    operator = caller.operator
    data: dict[str, Any] = {
        "author": "operator",
        "name": operator.name,
        "operator_id": operator.id,
        "text": body.text,
        "client_id": body.client_id,
    }
    holder = None if operator.role in _ALL_CONVERSATIONS else operator.id
    return await _append(house, conversation_id, NewEvent("note", data), caller, holder=holder)


async def _append(
    house: House, conversation_id: str, event: NewEvent, caller: Caller, *, holder: str | None
) -> Written:
    appended = await house.store.conversations.append(
        conversation_id,
        [event],
        client_id=f"{caller.operator.id}{SEPARATOR}{event.data['client_id']}",
        holder=holder,
    )
    await house.bus.publish("conversation", conversation_id)
    return Written(seq=appended[-1].seq)


async def _stepped(
    house: House, caller: Caller, handoff_id: str, action: str, events: Sequence[Event], **details: str
) -> Written:
    """Writes the audit and tells everyone; a repeated claim of the holder changed nothing."""
    if not events:
        return Written(seq=0)
    conversation_id = events[-1].conversation_id
    await house.store.audit.record(
        caller.operator.id, action, f"handoff:{handoff_id}", {"conversation_id": conversation_id, **details}
    )
    await house.bus.publish("conversation", conversation_id)
    await house.bus.publish("queue", "")
    return Written(seq=events[-1].seq)


async def seen_by(house: House, operator: Operator, conversation_id: str) -> Conversation:
    """The conversation, if this operator may see it; raises NotFound and Forbidden."""
    conversation = await house.store.conversations.get(conversation_id)
    if operator.role in _ALL_CONVERSATIONS:
        return conversation
    handoff = await house.store.handoffs.latest_of(conversation_id)
    if handoff is not None and (handoff.status in OPEN or handoff.claimed_by == operator.id):
        return conversation
    if await house.store.handoffs.serves(operator.id, conversation.customer_id):
        return conversation
    raise Forbidden("operators see conversations of the queue, those they held and those of whom they serve")


async def all_events(house: House, conversation_id: str) -> list[Event]:
    """From the first on."""
    events: list[Event] = []
    while page := await house.store.conversations.events(
        conversation_id, after=events[-1].seq if events else 0
    ):
        events += page
    return events


async def _handoff_view(house: House, handoff: Handoff) -> dict[str, Any]:
    name = None if handoff.claimed_by is None else (await house.store.operators.get(handoff.claimed_by)).name
    return {
        "id": handoff.id,
        "status": handoff.status,
        "reason": handoff.reason,
        "priority": handoff.priority,
        **terms(handoff),
        "context": dict(handoff.context),
        "created_at": handoff.created_at.isoformat(),
        "claimed_by": handoff.claimed_by,
        "claimed_by_name": name,
        "resolution": handoff.resolution,
    }


@routes.websocket("/ws")
async def socket(websocket: WebSocket) -> None:
    """Pushes the queue as it changes; `subscribe` brings a dialog's events, `typing` shows the customer."""
    house = house_of(websocket)
    await websocket.accept()
    caller = await caller_of(websocket, house) if same_origin(websocket, house.settings) else None
    if caller is None or caller.operator.role not in {*READERS, Role.ADMINISTRATOR}:
        await websocket.close(4401)
        return
    connection = Connection(websocket, SURFACE, house.metrics)
    desk: DeskSockets = websocket.app.state.desk
    locale = "en" if websocket.query_params.get("locale") == "en" else "ru"
    present = caller.operator.role is not Role.SUPERVISOR
    gauge = house.metrics.sockets.labels(SURFACE)
    gauge.inc()
    try:
        if present:
            await house.presence.enter(caller.operator.id)
        desk.enter(Seat(connection, caller, locale))
        await _listen(house, connection, caller)
    finally:
        desk.leave(connection)
        house.hub.forget(connection)
        gauge.dec()
        if present:
            await house.presence.leave(caller.operator.id)


async def _listen(house: House, connection: Connection, caller: Caller) -> None:
    typed = 0.0
    try:
        while True:
            said = await read_json(connection.websocket) or {}
            conversation_id = said.get("conversation_id")
            if said.get("type") == "ping":
                connection.push({"type": "pong"})
            elif said.get("type") == "subscribe" and isinstance(conversation_id, str):
                await _subscribe(house, connection, caller, conversation_id, said.get("after", 0))
            elif said.get("type") == "unsubscribe" and isinstance(conversation_id, str):
                house.hub.unwatch(connection, conversation_id)
            elif _types(said, connection, caller) and time.monotonic() - typed >= _TYPING_EVERY:
                typed = time.monotonic()
                await house.bus.publish("typing", f"{conversation_id}:operator")
    except WebSocketDisconnect:
        return


def _types(said: dict[str, Any], connection: Connection, caller: Caller) -> bool:
    """A supervisor who looks on is not seen typing."""
    writes = caller.operator.role is not Role.SUPERVISOR
    open_here = str(said.get("conversation_id")) in connection.seen
    return said.get("type") == "typing" and writes and open_here


async def _subscribe(
    house: House, connection: Connection, caller: Caller, conversation_id: str, after: object
) -> None:
    try:
        if not _ID.fullmatch(conversation_id):
            raise NotFound("conversation")
        await seen_by(house, caller.operator, conversation_id)
    except FrontlineError as error:
        connection.push({"type": "error", "code": error.code, "conversation_id": conversation_id})
        return
    while len(connection.seen) >= _OPEN_AT_ONCE:  # the screen that was opened first gives way
        house.hub.unwatch(connection, next(iter(connection.seen)))
    house.hub.watch(connection, conversation_id, after if isinstance(after, int) and after >= 0 else 0)
