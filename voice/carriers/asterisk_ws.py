"""Calls of Asterisk's chan_websocket: `Dial(WebSocket/frontline/c(slin)f(json)v(id=…),10,g)`.

Asterisk connects, queues our audio and paces it. It understands commands of at most 128 bytes and audio in
whole frames; a bigger queue than a second would only be harder to take back.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request

from bot.settings import Voice
from voice.carriers.announced import Announced
from voice.carriers.calls import START_S, Answer, Calls
from voice.carriers.marked import MarkedLine
from voice.carriers.networks import Networks
from voice.carriers.next_steps import NextSteps
from voice.carriers.sockets import Sockets, first, peer
from voice.ports import Incoming

log = structlog.get_logger(__name__)

NAME = "asterisk_ws"
RATES = {"slin": 8000, "slin16": 16000}
STATUS_S = 0.2  # for the length of the queue at a flush; without it the clock says how much was heard
PREFIX = "FRONTLINE_"  # of the channel variables that the dialplan sets for us
_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)


class Carrier:
    def __init__(self, settings: Voice, answer: Answer, *, steps: NextSteps, announced: Announced) -> None:
        self._host, self._port = settings.host, settings.asterisk_ws_port
        self._pbx = Networks(settings.pbx)
        self._steps = steps
        self._calls = Calls(NAME, answer)
        self._sockets = Sockets(NAME, self._admit, self._handle, subprotocols=["media"])

    @property
    def port(self) -> int:
        return self._sockets.port

    async def start(self) -> None:
        await self._sockets.start(self._host, self._port)

    async def stop(self) -> None:
        await self._sockets.stop(self._calls.over())

    def _admit(self, connection: ServerConnection, request: Request) -> tuple[HTTPStatus, str] | None:
        if peer(connection) not in self._pbx:
            return HTTPStatus.FORBIDDEN, "the address is not in voice.pbx"
        call_id = _query_id(request)
        if call_id is None:
            return HTTPStatus.BAD_REQUEST, "no id of a call in the query"
        if call_id in self._calls:
            return HTTPStatus.CONFLICT, "the id of the call is in use"
        return None

    async def _handle(self, connection: ServerConnection) -> None:
        """Lives as long as the connection; the call has a task of its own."""
        call_id = (connection.request and _query_id(connection.request)) or ""
        try:
            incoming = started(await first(connection, START_S), call_id)
        except ValueError as error:
            log.warning("connection.refused", carrier=NAME, call=call_id, why=str(error))
            await connection.close(1002)
            return
        line = AsteriskLine(connection, incoming, self._steps)
        if not self._calls.begin(line):
            await connection.close(1008)
            return
        reason = "lost"
        try:
            async for message in connection:
                line.take(message)
            reason = "hung_up"
        except ConnectionClosed as error:
            # Asterisk that was killed or cannot be reached any more looks like any other end to the dialogue
            log.warning("line.lost", carrier=NAME, call=call_id, why=type(error).__name__)
        except ValueError as error:
            log.warning("line.lost", carrier=NAME, call=call_id, why=str(error))
        finally:
            line.ended(reason)
            await connection.close()


class AsteriskLine(MarkedLine):
    """One channel."""

    def __init__(self, connection: ServerConnection, incoming: Incoming, steps: NextSteps) -> None:
        super().__init__(connection, incoming, steps)
        self._asked: deque[asyncio.Future[int]] = deque()

    def take(self, message: str | bytes) -> None:
        """One message of Asterisk; `ValueError` for what it never sends. Unknown events are passed over."""
        if isinstance(message, bytes):
            self.inbox.audio(message, time.monotonic())
            return
        event = parsed(message)
        match event.get("event"):
            case "DTMF_END":
                self.inbox.digit(str(event.get("digit", "")), time.monotonic())
            case "MEDIA_MARK_PROCESSED":
                mark = str(event.get("correlation_id", ""))
                if mark.isascii() and mark.isdigit():
                    self._ahead.confirm(int(mark[:18]))
            case "MEDIA_XOFF" | "MEDIA_XON" as name:
                self._ahead.pause(name == "MEDIA_XOFF")
            case "STATUS" if self._asked:
                frames = event.get("queue_length")
                asked = self._asked.popleft()
                if not asked.done() and isinstance(frames, int) and frames >= 0:
                    asked.set_result(frames * self._frame)
            case "ERROR":
                log.warning("asterisk.refuses", call=self.incoming.id, why=str(event.get("error_text"))[:200])

    async def _send(self, pcm: bytes) -> None:
        await self._connection.send(pcm)

    async def _mark(self, position: int) -> None:
        await self._connection.send(f'{{"command":"MARK_MEDIA","correlation_id":"{position}"}}')

    async def _forget(self) -> int:
        """The status before the flush says what is queued, marks not counted."""
        by_clock = self._ahead.flush()
        status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._asked.append(status)
        try:
            async with asyncio.timeout(STATUS_S):
                await self._connection.send('{"command":"GET_STATUS"}')
                await self._connection.send('{"command":"FLUSH_MEDIA"}')
                return await status
        except (TimeoutError, ConnectionClosed):
            return by_clock

    async def _end(self) -> None:
        await self._connection.send('{"command":"HANGUP"}')


def started(message: str | bytes | None, call_id: str) -> Incoming:
    """The call, by Asterisk's first message; `ValueError` says what is wrong with it."""
    if not isinstance(message, str):
        raise ValueError("no MEDIA_START in time" if message is None else "audio before MEDIA_START")
    event = parsed(message)
    if event.get("event") != "MEDIA_START":
        raise ValueError("the first message is no MEDIA_START")
    rate = RATES.get(str(event.get("format")))
    if rate is None:
        raise ValueError("neither slin nor slin16: Dial(WebSocket/…/c(slin)…)")
    variables = _variables(event.get("channel_variables"))
    return Incoming(
        id=call_id,
        carrier=NAME,
        rate=rate,
        caller=variables.get("FROM", ""),
        called=variables.get("TO", ""),
        conversation_id=variables.get("CONVERSATION") or None,
        purpose=variables.get("PURPOSE", ""),
        variables=variables,
    )


def parsed(message: str) -> dict[str, Any]:
    """A JSON object; `ValueError` for anything else."""
    try:
        event = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise ValueError("a control message is not JSON: Dial(WebSocket/…/f(json)…)") from error
    if not isinstance(event, dict):
        raise ValueError("a control message is no JSON object")
    return event


def _variables(values: object) -> Mapping[str, str]:
    """Those with our prefix, without it; inherited ones carry underscores in front."""
    if not isinstance(values, dict):
        return {}
    names = {str(name).lstrip("_"): value for name, value in values.items()}
    return {
        name.removeprefix(PREFIX): value[:256]
        for name, value in names.items()
        if name.startswith(PREFIX) and isinstance(value, str)
    }


def _query_id(request: Request) -> str | None:
    """The id of the call in the query of the handshake."""
    try:
        values = parse_qs(urlsplit(request.path).query).get("id", [])
    except ValueError:
        return None
    return values[0] if len(values) == 1 and _ID.fullmatch(values[0]) else None
