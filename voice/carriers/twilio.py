"""Calls of Twilio's media streams, and of all who copied its JSON: base64 mu-law at 8 kHz over a websocket.

A call begins with a request for TwiML (`twiml`), which names our websocket; both requests carry a signature
made with the account's token. Twilio queues what we send without a limit and returns marks, also those of
audio that was cleared.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

import orjson
import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request

from bot.core.errors import FrontlineError
from bot.settings import Voice
from voice.audio import from_mulaw, to_mulaw
from voice.carriers.announced import Announced
from voice.carriers.calls import START_S, Answer, Calls
from voice.carriers.marked import MarkedLine
from voice.carriers.next_steps import NextSteps
from voice.carriers.sockets import Sockets, first
from voice.ports import Incoming

log = structlog.get_logger(__name__)

NAME = "twilio"
RATE = 8000
PATH = "/voice/twilio/stream"  # of the websocket, as TwiML names it
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Carrier:
    def __init__(self, settings: Voice, answer: Answer, *, steps: NextSteps, announced: Announced) -> None:
        if not settings.twilio_token:
            raise FrontlineError(
                "invalid_configuration", "voice.carriers: twilio needs FRONTLINE_VOICE__TWILIO_TOKEN"
            )
        self._host, self._port, self._token = settings.host, settings.twilio_port, settings.twilio_token
        self._steps = steps
        self._calls = Calls(NAME, answer)
        self._sockets = Sockets(NAME, self._admit, self._handle)

    @property
    def port(self) -> int:
        return self._sockets.port

    async def start(self) -> None:
        await self._sockets.start(self._host, self._port)

    async def stop(self) -> None:
        await self._sockets.stop(self._calls.over())

    def _admit(self, connection: ServerConnection, request: Request) -> tuple[HTTPStatus, str] | None:
        """The signed URL is the one Twilio was given: a proxy in front of us keeps host and path."""
        host, signature = request.headers.get("Host", ""), request.headers.get("X-Twilio-Signature", "")
        urls = [f"{scheme}://{host}{request.path}" for scheme in ("wss", "https", "ws", "http")]
        if not any(signed(self._token, url, {}, signature) for url in urls):
            return HTTPStatus.FORBIDDEN, "the signature is wrong"
        return None

    async def _handle(self, connection: ServerConnection) -> None:
        """Lives as long as the connection; the call has a task of its own."""
        try:
            message = await first(connection, START_S)
            if message is not None and parsed(message).get("event") == "connected":
                message = await first(connection, START_S)
            incoming, stream = started(message)
        except ValueError as error:
            log.warning("connection.refused", carrier=NAME, why=str(error))
            await connection.close(1002)
            return
        line = TwilioLine(connection, incoming, self._steps, stream)
        if not self._calls.begin(line):
            await connection.close(1008)
            return
        reason = "lost"
        try:
            async for message in connection:
                if not line.take(message):
                    break
            reason = "hung_up"
        except ConnectionClosed as error:
            log.warning("line.lost", carrier=NAME, call=incoming.id, why=type(error).__name__)
        except ValueError as error:
            log.warning("line.lost", carrier=NAME, call=incoming.id, why=str(error))
        finally:
            line.ended(reason)
            await connection.close()


class TwilioLine(MarkedLine):
    """One stream."""

    def __init__(
        self, connection: ServerConnection, incoming: Incoming, steps: NextSteps, stream: str
    ) -> None:
        super().__init__(connection, incoming, steps)
        self._stream = stream

    def take(self, message: str | bytes) -> bool:
        """One message; False for the last, `ValueError` for what Twilio never sends."""
        event = parsed(message)
        match event.get("event"):
            case "media":
                media = _part(event, "media")
                if media.get("track", "inbound") == "inbound":
                    try:
                        coded = base64.b64decode(str(media.get("payload", "")), validate=True)
                    except (binascii.Error, ValueError) as error:
                        raise ValueError("audio that is no base64") from error
                    self.inbox.audio(from_mulaw(coded), time.monotonic())
            case "dtmf":
                self.inbox.digit(str(_part(event, "dtmf").get("digit", "")), time.monotonic())
            case "mark":
                mark = str(_part(event, "mark").get("name", ""))
                if mark.isascii() and mark.isdigit():
                    self._ahead.confirm(int(mark[:18]))
            case "stop":
                return False
        return True

    async def _send(self, pcm: bytes) -> None:
        payload = base64.b64encode(to_mulaw(pcm)).decode("ascii")
        await self._say("media", media={"payload": payload})

    async def _mark(self, position: int) -> None:
        await self._say("mark", mark={"name": str(position)})

    async def _forget(self) -> int:
        unheard = self._ahead.flush()
        with contextlib.suppress(ConnectionClosed):
            await self._say("clear")
        return unheard

    async def _end(self) -> None:
        """Twilio goes on with the TwiML behind `<Connect>` when the websocket closes."""
        await self._connection.close()

    async def _say(self, event: str, **parts: dict[str, str]) -> None:
        await self._connection.send(
            orjson.dumps({"event": event, "streamSid": self._stream, **parts}).decode("utf-8")
        )


def started(message: str | bytes | None) -> tuple[Incoming, str]:
    """The call and the id of its stream; `ValueError` says what is wrong."""
    if message is None:
        raise ValueError("no start in time")
    event = parsed(message)
    if event.get("event") != "start":
        raise ValueError("the first message is no start")
    start = _part(event, "start")
    form = _part(start, "mediaFormat")
    if (form.get("encoding"), form.get("sampleRate")) != ("audio/x-mulaw", RATE):
        raise ValueError("audio is not mu-law at 8 kHz")
    stream, call_id = str(start.get("streamSid", "")), str(start.get("callSid", ""))
    if not _ID.fullmatch(stream) or not _ID.fullmatch(call_id):
        raise ValueError("streamSid or callSid is missing")
    variables = {
        str(name): value[:256]
        for name, value in _part(start, "customParameters").items()
        if isinstance(value, str)
    }
    incoming = Incoming(
        id=call_id,
        carrier=NAME,
        rate=RATE,
        caller=variables.get("from", ""),
        called=variables.get("to", ""),
        conversation_id=variables.get("conversation") or None,
        purpose=variables.get("purpose", ""),
        pbx=False,
        variables=variables,
    )
    return incoming, stream


def parsed(message: str | bytes) -> dict[str, Any]:
    """A JSON object; `ValueError` for anything else."""
    try:
        event = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise ValueError("a message is not JSON") from error
    if not isinstance(event, dict):
        raise ValueError("a message is no JSON object")
    return event


def _part(event: dict[str, Any], name: str) -> dict[str, Any]:
    part = event.get(name, {})
    if not isinstance(part, dict):
        raise ValueError(f"{name} is no object")
    return part


def signed(token: str, url: str, form: Mapping[str, str], signature: str) -> bool:
    """Whether Twilio signed a request: HMAC-SHA1 of the URL and of the form's fields by name, in base64."""
    text = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(token.encode(), text.encode("utf-8", "replace"), hashlib.sha1).digest()
    return hmac.compare_digest(base64.b64encode(digest), signature.encode("utf-8", "replace"))


def twiml(base_url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Connects the call with our websocket; parameters (`from`, `to`, …) come back in its `start`."""
    parts = urlsplit(base_url)
    scheme = "ws" if parts.scheme == "http" else "wss"
    url = quoteattr(f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}{PATH}")
    told = "".join(
        f"<Parameter name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in parameters
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<Response><Connect><Stream url={url}>{told}</Stream></Connect></Response>"
    )
