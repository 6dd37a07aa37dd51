"""The website chat: sessions, messages, and the socket that brings the replies."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from bot.channels import identity
from bot.channels.chat_sockets import CHANNEL, SURFACE, ChatSockets
from bot.core import clock
from bot.core.errors import FrontlineError, NotFound
from bot.core.types import Inbound, NewEvent, Owner
from bot.store.records import Visitor
from bot.web.customer_view import SEPARATOR, ConversationView, EventView, state_of, visible
from bot.web.errors import declared
from bot.web.fields import After, Body, Choice, ClientId, Locale, Text, check_message
from bot.web.house import House, TheHouse, house_of
from bot.web.hub import Connection, read_json
from bot.web.security import calls_from_web, client_ip

routes = APIRouter(prefix="/api/chat", tags=["web chat"])
CONSENT_VERSION = "2"
_HELLO_WITHIN = 10.0  # seconds a socket may stay silent before it says who it is
_TYPING_EVERY = 1.0  # seconds between typing signs that are passed on


IdentityToken = Annotated[
    str,
    Field(
        max_length=1000,
        description="Who the host page has signed in: `base64url(JSON {ref, exp}).base64url(HMAC-SHA256)`, "
        "signed by its server with `FRONTLINE_IDENTITY_SECRET`; `exp` at most 24 hours ahead.",
    ),
]


class CompanyInfo(BaseModel):
    name: str
    phone: str
    privacy_url: str


class ChatConfig(BaseModel):
    company: CompanyInfo
    locale: str
    phrases: dict[str, str]
    consent_version: str
    operators_online: bool
    hours: str = Field(examples=["08:00-22:00"])
    calls: bool = Field(description="The visitor may call from the page.")


class NewSession(Body):
    locale: Locale = "ru"
    consent: bool = Field(description="The visitor has seen the notice and agrees; must be true.")
    identity: IdentityToken | None = None


class Identity(Body):
    identity: IdentityToken


class SessionInfo(BaseModel):
    token: str
    address: str


class ChatMessage(Body):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"client_id": "0b1c8c2e", "text": "Как погасить займ досрочно?"}]},
    )
    client_id: ClientId
    text: Text
    choice: Choice | None = None
    locale: Locale | None = None


class Accepted(BaseModel):
    """The message is stored; the reply comes by the socket and stands in the conversation."""

    seq: int
    conversation_id: str
    repeated: bool


class ChatRating(Body):
    score: int = Field(ge=1, le=5)
    comment: Text = Field(default="", max_length=2000)


class ConversationPage(BaseModel):
    conversation: ConversationView | None
    events: list[EventView]
    last_seq: int = Field(description="Ask for what follows it with `after`.")


def token_invalid() -> FrontlineError:
    return FrontlineError("chat_token_invalid", "start a new session", status=401)


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


async def visitor_of(request: Request) -> Visitor:
    """The visitor of the bearer token."""
    visitor = await _by_token(house_of(request), _bearer(request))
    if visitor is None:
        raise token_invalid()
    return visitor


async def _by_token(house: House, token: str) -> Visitor | None:
    if not token.isascii() or not 16 <= len(token) <= 200:
        return None
    return await house.store.visitors.by_token(token)


TheVisitor = Annotated[Visitor, Depends(visitor_of)]


@routes.get("/config", summary="What the widget needs to start")
async def config(request: Request, house: TheHouse, locale: Annotated[Locale, Query()] = "ru") -> ChatConfig:
    company = house.settings.company
    return ChatConfig(
        company=CompanyInfo(name=company.name, phone=company.phone, privacy_url=company.privacy_url),
        locale=locale,
        phrases=house.phrases.section("widget", locale),
        consent_version=CONSENT_VERSION,
        operators_online=house.presence.online() > 0,
        hours=company.hours,
        calls=_calls(request, house),
    )


def _calls(request: Request, house: House) -> bool:
    """Also while the gateway starts: who presses the button by then has to try again, who reloads has not."""
    gateway = request.app.state.voice
    if gateway is None or not calls_from_web(house.settings):
        return False
    return bool(gateway.takes_calls or gateway.problem == "starting")


@routes.post("/sessions", summary="Begin as a visitor", status_code=201, responses=declared(403))
async def begin(body: NewSession, request: Request, house: TheHouse) -> SessionInfo:
    """Records the consent; the token stands for this browser from now on.

    With `identity` the visitor is a known customer for as long as it says. A refused one
    (`identity_off`, `identity_invalid`, `identity_expired`) begins nothing.
    """
    await house.limits.check(
        "session", client_ip(request, house.settings), house.settings.limits.sessions_per_minute
    )
    if not body.consent:
        raise FrontlineError("consent_required", "the chat needs the visitor's consent", status=422)
    known = None
    if body.identity is not None:
        known = identity.verified(body.identity, house.settings.identity_secret, clock.now())
    address = f"web-{secrets.token_hex(12)}"
    token = await house.store.visitors.create(
        address, locale=body.locale, consent_version=CONSENT_VERSION, verified=known
    )
    return SessionInfo(token=token, address=address)


@routes.post(
    "/identity",
    summary="Say whom the host page has signed in",
    status_code=204,
    responses=declared(401, 403, 409),
)
async def identify(body: Identity, visitor: TheVisitor, request: Request, house: TheHouse) -> None:
    """The visitor is this customer from now on, until the identity expires; it may be renewed.

    `identity_differs`: the session was another customer's; begin a new one.
    """
    await house.limits.check(
        "session", client_ip(request, house.settings), house.settings.limits.sessions_per_minute
    )
    known = identity.verified(body.identity, house.settings.identity_secret, clock.now())
    if not await house.store.visitors.verify(_bearer(request), known):
        raise FrontlineError("identity_differs", "this session is another customer's", status=409)


@routes.get("/conversation", summary="The conversation and its events", responses=declared(401))
async def conversation(
    visitor: TheVisitor, house: TheHouse, after: Annotated[After, Query()] = 0
) -> ConversationPage:
    """At most 500 events a page; the socket continues where the last page ends."""
    found = await house.store.conversations.find(CHANNEL, visitor.address)
    if found is None:
        return ConversationPage(conversation=None, events=[], last_seq=0)
    events = await house.store.conversations.events(found.id, after=after)
    return ConversationPage(
        conversation=await state_of(house.store, found),
        events=[EventView(**shown) for event in events if (shown := visible(event)) is not None],
        last_seq=events[-1].seq if events else after,
    )


@routes.post("/messages", summary="Say something", status_code=202, responses=declared(401, 503))
async def message(body: ChatMessage, visitor: TheVisitor, request: Request, house: TheHouse) -> Accepted:
    """Stores the message and answers at once; a repeat of `client_id` gets the first result."""
    limits = house.settings.limits
    await house.limits.check("message", visitor.address, limits.messages_per_minute)
    # Many visitors may share an address, but not without end.
    await house.limits.check(
        "message_ip", client_ip(request, house.settings), limits.messages_per_minute * 10
    )
    check_message(body.text, body.choice, limits.message_chars)
    inbound = Inbound(
        channel=CHANNEL,
        address=visitor.address,
        client_id=f"{visitor.address}{SEPARATOR}{body.client_id}",
        text=body.text,
        locale=body.locale or visitor.locale,
        choice=body.choice,
        customer=visitor.customer(clock.now()),
    )
    turns = await house.turns()
    receipt = await turns.accept(inbound)
    if not receipt.answered:
        if receipt.conversation.owner is Owner.BOT:  # in the queue it may well say nothing
            await house.bus.publish("typing", f"{receipt.conversation.id}:bot")
        house.finish(turns.answer(receipt), "turn")
    return Accepted(seq=receipt.seq, conversation_id=receipt.conversation.id, repeated=receipt.repeated)


@routes.post("/rating", summary="Rate the conversation", status_code=204, responses=declared(401, 404, 409))
async def rate(body: ChatRating, visitor: TheVisitor, house: TheHouse) -> None:
    """Once per conversation; a second rating is ignored."""
    found = await house.store.conversations.find(CHANNEL, visitor.address)
    if found is None:
        raise NotFound("conversation")
    await house.limits.check("message", visitor.address, house.settings.limits.messages_per_minute)
    await house.store.conversations.append(
        found.id,
        [NewEvent("rating", {"score": body.score, "comment": body.comment})],
        client_id=f"rating{SEPARATOR}{found.id}",
    )
    await house.bus.publish("conversation", found.id)


@routes.get(
    "/transcript",
    summary="The conversation as plain text",
    responses=declared(401, 404),
    response_class=PlainTextResponse,
)
async def transcript(visitor: TheVisitor, house: TheHouse) -> PlainTextResponse:
    found = await house.store.conversations.find(CHANNEL, visitor.address)
    if found is None:
        raise NotFound("conversation")
    lines: list[str] = []
    after = 0
    while events := await house.store.conversations.events(found.id, after=after):
        after = events[-1].seq
        lines += [_line(event.at, event.data) for event in events if event.kind == "message"]
    return PlainTextResponse(
        "\n\n".join(lines) + "\n", headers={"Content-Disposition": 'attachment; filename="chat.txt"'}
    )


def _line(at: datetime, data: Any) -> str:
    return f"[{at:%Y-%m-%d %H:%M} UTC] {data.get('name') or data.get('author')}: {data.get('text', '')}"


@routes.websocket("/ws")
async def socket(websocket: WebSocket) -> None:
    """`hello` first; then events come, and `typing` and `ping` may be sent."""
    house = house_of(websocket)
    await websocket.accept()
    hello = await _hello(websocket)
    if hello is None:
        return
    visitor = await _by_token(house, str(hello.get("token", "")))
    if visitor is None:
        await websocket.send_json({"type": "error", "code": "chat_token_invalid"})
        await websocket.close(4401)
        return
    connection = Connection(websocket, SURFACE, house.metrics)
    chats = chats_of(websocket)
    gauge = house.metrics.sockets.labels(SURFACE)
    gauge.inc()
    try:
        known, after = hello.get("conversation_id"), hello.get("after", 0)
        await chats.join(
            connection,
            visitor.address,
            known if isinstance(known, str) else None,
            after if isinstance(after, int) and after >= 0 else 0,
        )
        await _listen(house, connection)
    finally:
        chats.leave(connection, visitor.address)
        gauge.dec()


def chats_of(websocket: WebSocket) -> ChatSockets:
    chats: ChatSockets = websocket.app.state.chats
    return chats


async def _hello(websocket: WebSocket) -> dict[str, Any] | None:
    try:
        async with asyncio.timeout(_HELLO_WITHIN):
            hello = await read_json(websocket)
    except TimeoutError:
        hello = None
    except WebSocketDisconnect:
        return None
    if hello is None or hello.get("type") != "hello":
        await websocket.close(4400)
        return None
    return hello


async def _listen(house: House, connection: Connection) -> None:
    typed = 0.0
    try:
        while True:
            said = await read_json(connection.websocket) or {}
            if said.get("type") == "ping":
                connection.push({"type": "pong"})
            elif said.get("type") == "typing" and time.monotonic() - typed >= _TYPING_EVERY:
                typed = time.monotonic()
                for conversation_id in tuple(connection.seen):
                    await house.bus.publish("typing", f"{conversation_id}:customer")
    except WebSocketDisconnect:
        return
