"""The call button: a visitor's browser offers a WebRTC call, which continues the visitor's chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast
from uuid import uuid4

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.channels.chat_sockets import CHANNEL
from bot.channels.web_chat import TheVisitor
from bot.core import clock
from bot.core.errors import FrontlineError, NotFound
from bot.core.types import Inbound
from bot.web.errors import declared
from bot.web.fields import Body, Locale
from bot.web.house import TheHouse
from bot.web.pages import Language, page
from bot.web.security import client_ip
from voice.carriers.ice import ice_servers
from voice.gateway import Gateway
from voice.ports import Incoming
from voice.routes import gateway_of

if TYPE_CHECKING:  # its media library is loaded with the gateway, after the start
    from voice.carriers import webrtc

routes = APIRouter()
PER_MINUTE = 10  # calls of one visitor; each opens a socket or two
OFFER_CHARS = 20_000  # a browser's has 2,000 to 6,000


class IceServer(BaseModel):
    urls: str = Field(examples=["stun:stun.example.com:3478"])
    username: str | None = None
    credential: str | None = None


class CallMeans(BaseModel):
    """What the browser opens its connection with."""

    ice_servers: list[IceServer]


class CallOffer(Body):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"sdp": "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\n…", "locale": "ru"}]
        },
    )
    sdp: str = Field(
        min_length=1,
        max_length=OFFER_CHARS,
        description="An offer with all its candidates: one microphone (Opus), no picture, and a data channel "
        "for keys (one character a message) and states (`speaking`, `listening`, `ended`).",
    )
    locale: Locale | None = None


class CallAnswer(BaseModel):
    id: str = Field(examples=["4b1c8c2e0f1e2d3c4b5a697800112233"])
    sdp: str = Field(examples=["v=0\r\no=- 3973 3973 IN IP4 0.0.0.0\r\ns=-\r\n…"])
    conversation_id: str = Field(examples=["c-7d1f"])


@dataclass(frozen=True, slots=True)
class Lines:
    """What takes calls from the website."""

    gateway: Gateway
    carrier: webrtc.Carrier

    @property
    def busy(self) -> int:
        return self.gateway.calls + self.carrier.waiting


async def _lines(request: Request) -> Lines:
    """503 while no call from the website can be taken."""
    gateway = await gateway_of(request)
    carrier = gateway.carrier("webrtc")
    if not gateway.takes_calls or carrier is None:
        raise FrontlineError("voice_not_ready", "no call can be taken now", status=503, retryable=True)
    return Lines(gateway, cast("webrtc.Carrier", carrier))


TheLines = Annotated[Lines, Depends(_lines)]
CallId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@routes.get("/api/chat/call", tags=["web chat"], summary="What a call needs", responses=declared(401, 503))
async def means(visitor: TheVisitor, house: TheHouse, lines: TheLines) -> CallMeans:
    """`ice_servers` is empty unless the configuration names some."""
    servers = ice_servers(house.settings.voice.ice_servers)
    return CallMeans(ice_servers=[IceServer(**server) for server in servers])


@routes.post(
    "/api/chat/call",
    tags=["web chat"],
    summary="Call from the chat",
    status_code=201,
    responses=declared(401, 503),
)
async def call(
    body: CallOffer,
    visitor: TheVisitor,
    request: Request,
    house: TheHouse,
    lines: TheLines,
) -> CallAnswer:
    """The call goes on with the visitor's conversation, or begins one; what is said appears in it.

    It is answered when sound can flow. A visitor has one call: the one before ends. `calls_full`: all lines
    are busy; `voice_not_ready`: no calls are taken; `invalid_offer`: no call was offered.
    """
    await house.limits.check("call", visitor.address, PER_MINUTE)
    await house.limits.check("call_ip", client_ip(request, house.settings), PER_MINUTE * 10)
    if lines.busy >= house.settings.voice.max_calls:
        raise FrontlineError("calls_full", "all lines are busy", status=503, retryable=True)
    customer = visitor.customer(clock.now())
    conversation = await house.store.conversations.begin(
        Inbound(CHANNEL, visitor.address, "", "", locale=body.locale or visitor.locale, customer=customer)
    )
    incoming = Incoming(
        id=uuid4().hex,
        carrier="webrtc",
        rate=lines.carrier.rate,
        conversation_id=conversation.id,
        pbx=False,
        customer=customer,
    )
    answer = await lines.gateway.on_calls(lines.carrier.call(body.sdp, incoming, visitor.address))
    await house.bus.publish("conversation", conversation.id)
    return CallAnswer(id=incoming.id, sdp=answer, conversation_id=conversation.id)


@routes.delete(
    "/api/chat/call/{call_id}",
    tags=["web chat"],
    summary="Hang up",
    status_code=204,
    responses=declared(401, 404, 503),
)
async def hang_up(call_id: CallId, visitor: TheVisitor, lines: TheLines) -> None:
    """One's own call only: any other, and one that is over, is `call_not_found`."""
    if not await lines.gateway.on_calls(_hung_up(lines.carrier, call_id, visitor.address)):
        raise NotFound("call")


async def _hung_up(carrier: webrtc.Carrier, call_id: str, visitor: str) -> bool:
    """On the loop of the calls."""
    return carrier.hang_up(call_id, visitor)


@routes.get("/call", include_in_schema=False, response_class=HTMLResponse)
async def call_page(house: TheHouse, language: Language = "ru") -> Response:
    """A page of its own for a link: «Позвонить с сайта»."""
    return page(house, "call.html", language, section="widget")
