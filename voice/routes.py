"""What the PBX asks over HTTP: it announces calls before they come, and asks what follows them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import PlainTextResponse

from bot.core.errors import Forbidden, FrontlineError, NotFound
from bot.web.errors import declared
from bot.web.house import house_of
from bot.web.security import client_ip
from voice.carriers.networks import Networks
from voice.carriers.twilio import signed, twiml
from voice.gateway import Gateway

routes = APIRouter(prefix="/voice", tags=["telephony"])


async def gateway_of(request: Request) -> Gateway:
    """The gateway; 503 while no call can be taken."""
    gateway: Gateway | None = request.app.state.voice
    if gateway is None:
        raise FrontlineError("voice_off", "no carrier is configured", status=503)
    return gateway


async def pbx_only(request: Request) -> None:
    """Only the addresses of `voice.pbx` may ask."""
    settings = house_of(request).settings
    if client_ip(request, settings) not in Networks(settings.voice.pbx):
        raise Forbidden("this address is no PBX of ours")


TheGateway = Annotated[Gateway, Depends(gateway_of)]


@routes.get(
    "/call",
    summary="A call that will come",
    dependencies=[Depends(pbx_only)],
    response_class=PlainTextResponse,
    responses=declared(403, 422, 503),
)
async def announce(request: Request, gateway: TheGateway) -> PlainTextResponse:
    """`id` (a UUID), `from`, `to`, `conversation`, `purpose`, `rate`; whatever else is kept as variables.

    The answer is `ok`: without it the dialplan sends the caller to a person.
    """
    if not gateway.takes_calls:
        raise FrontlineError("voice_not_ready", "no call can be taken now", status=503, retryable=True)
    gateway.announced.announce(request.query_params)
    return PlainTextResponse("ok")


@routes.post(
    "/twilio",
    summary="A call of Twilio's, or of whoever speaks its format",
    response_class=Response,
    responses=declared(403, 404),
)
async def twilio(request: Request, gateway: TheGateway) -> Response:
    """Says in TwiML to stream the call to us. Signed with the token of `voice.twilio_token`."""
    settings = house_of(request).settings
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    url, signature = f"{settings.base_url}/voice/twilio", request.headers.get("x-twilio-signature", "")
    if "twilio" not in gateway.ports() or not settings.voice.twilio_token:
        raise NotFound("carrier")
    if not signed(settings.voice.twilio_token, url, form, signature):
        raise Forbidden("the signature is not Twilio's")
    told = [(ours, form.get(theirs, "")) for ours, theirs in (("from", "From"), ("to", "To"))]
    return Response(twiml(settings.base_url, told), media_type="application/xml")


@routes.get(
    "/next",
    summary="What follows a call",
    dependencies=[Depends(pbx_only)],
    response_class=PlainTextResponse,
    responses=declared(403, 503),
)
async def following(call: Annotated[str, Query(max_length=128)], gateway: TheGateway) -> PlainTextResponse:
    """`kind|target|topic|conversation|url` on one line; empty when nothing is known: then a person.

    A sixth field, `warm`: a call with the purpose `summary` for this conversation tells an operator about it.
    """
    return PlainTextResponse(gateway.steps.answer(call))
