"""The REST channel for partners: a message in, the turn out; what comes later goes to their webhook."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Annotated

import httpx
import orjson
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bot.channels.identity import REF
from bot.core.errors import FrontlineError, NotFound
from bot.core.types import Event, Inbound, Turn
from bot.store.engine import Store
from bot.store.records import ApiKey
from bot.web.customer_view import SEPARATOR, ConversationView, EventView, state_of, visible
from bot.web.errors import declared
from bot.web.fields import After, Body, Choice, ClientId, Locale, ObjectId, Text, check_message
from bot.web.house import TheHouse, house_of
from bot.web.metrics import answer_kind

CHANNEL = "rest"
SIGNATURE = "X-Frontline-Signature"
routes = APIRouter(prefix="/api/v1", tags=["partners"])

_QUESTION: JsonValue = {
    "address": "user-4711",
    "client_id": "m-000123",
    "text": "Как погасить займ досрочно?",
    "locale": "ru",
}
_SIGNED_IN: JsonValue = {
    "address": "user-4711",
    "client_id": "m-000124",
    "text": "Перенесите платёж на 15-е число",
    "customer": "c-4711",
}
_TURN: JsonValue = {
    "conversation_id": "5f0c7c1f0a4e4f3e9b1d2c3a4b5c6d7e",
    "seq": 1,
    "repeated": False,
    "intent": None,
    "answer": {"kind": "answer", "text": "Займ можно погасить досрочно в любой день."},
    "messages": [
        {
            "seq": 2,
            "kind": "message",
            "at": "2026-03-02T09:30:00+00:00",
            "data": {
                "author": "bot",
                "text": "Займ можно погасить досрочно в любой день.",
                "html": "<p>Займ можно погасить досрочно в любой день.</p>",
                "answer": "answer",
                "sources": [
                    {"article_id": "loan-early", "title": "Досрочное погашение", "url": "/help/loan-early"}
                ],
                "related": [],
                "quick_replies": [],
            },
        }
    ],
}


class PartnerMessage(Body):
    """One message of one of the partner's users."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_QUESTION, _SIGNED_IN]})
    address: str = Field(
        pattern=r"^[\x21-\x7b\x7d\x7e]{1,128}$",
        description="The partner's own name for the user; any ASCII but `|`.",
    )
    client_id: ClientId
    text: Text
    choice: Choice | None = None
    locale: Locale = "ru"
    customer: str | None = Field(
        default=None,
        pattern=REF,
        description="Who the user is, by the company's own reference, where the partner has signed him in: "
        "then no contract number, phone or code is asked for. Vouched for by the key.",
        examples=["c-4711"],
    )


class AnswerInfo(BaseModel):
    kind: str = Field(description="`answer`, `task`, `ask`, `escalate`, `small_talk`, `unknown`, `refusal`.")
    text: str


class PartnerTurn(BaseModel):
    """What came of the message. `answer` is null when a human answers: the reply comes by webhook.

    Links that begin with `/` (articles, certificates) are addresses on this server.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_TURN]})
    conversation_id: str
    seq: int = Field(description="The number of the partner's own message in the conversation.")
    repeated: bool = Field(description="This `client_id` came before; this is its first result.")
    intent: str | None
    answer: AnswerInfo | None
    messages: list[EventView]


class PartnerEvents(BaseModel):
    conversation: ConversationView
    events: list[EventView]
    last_seq: int


async def key_of(request: Request) -> ApiKey:
    """The API key of the bearer token."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    fits = scheme.lower() == "bearer" and key.startswith("flk_") and key.isascii() and len(key) <= 200
    found = await house_of(request).store.keys.by_key(key) if fits else None
    if found is None:
        raise FrontlineError("api_key_invalid", "send a valid API key as a bearer token", status=401)
    return found


TheKey = Annotated[ApiKey, Depends(key_of)]


@routes.post("/messages", summary="Send a message and get the turn", responses=declared(401, 503))
async def message(body: PartnerMessage, key: TheKey, house: TheHouse) -> PartnerTurn:
    """Waits for the answer (milliseconds). Safe to repeat: the same `client_id` gets the same turn.

    When a human owns the conversation, or was called for what the bot does not surely know, `answer`
    is null and what the human writes comes by webhook, or by reading the conversation's events.
    """
    limits = house.settings.limits
    await house.limits.check("partner", key.id, limits.partner_messages_per_minute)
    check_message(body.text, body.choice, limits.message_chars)
    turns = await house.turns()
    turn = await turns.handle(
        Inbound(
            channel=CHANNEL,
            address=f"{key.id}{SEPARATOR}{body.address}",
            client_id=f"{key.id}{SEPARATOR}{body.client_id}",
            text=body.text,
            locale=body.locale,
            choice=body.choice,
            pushed=key.webhook_url is not None,
            customer=body.customer,
        )
    )
    return _turn_view(turn)


@routes.get(
    "/conversations/{conversation_id}/events", summary="Read a conversation", responses=declared(401, 404)
)
async def events(
    conversation_id: ObjectId, key: TheKey, house: TheHouse, after: Annotated[After, Query()] = 0
) -> PartnerEvents:
    """Events after `after`, at most 500. Conversations of other keys do not exist for this one."""
    await house.limits.check("partner", key.id, house.settings.limits.partner_messages_per_minute)
    found = await house.store.conversations.get(conversation_id)
    if found.channel != CHANNEL or not found.address.startswith(key.id + SEPARATOR):
        raise NotFound("conversation")
    page = await house.store.conversations.events(found.id, after=after)
    return PartnerEvents(
        conversation=await state_of(house.store, found),
        events=[EventView(**shown) for event in page if (shown := visible(event)) is not None],
        last_seq=page[-1].seq if page else after,
    )


def _turn_view(turn: Turn) -> PartnerTurn:
    messages = [EventView(**shown) for event in turn.messages if (shown := visible(event)) is not None]
    said = [one.data for one in messages if one.kind == "message" and one.data.get("author") == "bot"]
    answer = None
    if turn.answer is not None:
        answer = AnswerInfo(kind=answer_kind(turn), text=turn.answer.text)
    elif said:  # a repeat: the stored reply
        answer = AnswerInfo(kind=str(said[0].get("answer")), text=str(said[0].get("text", "")))
    return PartnerTurn(
        conversation_id=turn.conversation_id,
        seq=turn.seq,
        repeated=turn.repeated,
        intent=turn.intent,
        answer=answer,
        messages=messages,
    )


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """`t=<unix time>,v1=<hex HMAC-SHA256 of "t.body">`: the time stops replays of an old delivery."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class RestDelivery:
    """Pushes committed events to the partner's webhook; without a webhook the partner reads them."""

    channel = CHANNEL

    def __init__(self, store: Store, client: httpx.AsyncClient) -> None:
        self._store = store
        self._client = client

    async def send(self, address: str, event: Event) -> None:
        """Raises `httpx.HTTPError` when the partner does not take it; the outbox tries again."""
        key_id, _, user = address.partition(SEPARATOR)
        shown = visible(event)
        key = await self._store.keys.get(key_id)
        if shown is None or key.revoked or not key.webhook_url:
            return
        body = orjson.dumps({"address": user, "conversation_id": event.conversation_id, "event": shown})
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "frontline",
            SIGNATURE: sign(key.secret, int(time.time()), body),
        }
        reply = await self._client.post(key.webhook_url, content=body, headers=headers)
        if not reply.is_success:
            raise httpx.HTTPStatusError(f"status {reply.status_code}", request=reply.request, response=reply)
