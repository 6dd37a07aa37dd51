"""A websocket server of a carrier: who may connect, limits, and how a bad message ends a connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from bot.core.errors import FrontlineError

log = structlog.get_logger(__name__)

MESSAGE_BYTES = 65536  # 2 s of audio at 16 kHz; nobody sends a tenth of it at once
ALIVE_S = 10.0  # how often a connection is asked whether it lives, and how long it may think about it

Admit = Callable[[ServerConnection, Request], tuple[HTTPStatus, str] | None]
Handle = Callable[[ServerConnection], Awaitable[None]]


class Sockets:
    """Compression is off: it costs CPU and gains nothing on audio."""

    def __init__(
        self, carrier: str, admit: Admit, handle: Handle, subprotocols: Sequence[str] | None = None
    ) -> None:
        self._carrier, self._admit, self._handle = carrier, admit, handle
        self._subprotocols = [Subprotocol(name) for name in subprotocols] if subprotocols else None
        self._server: Server | None = None

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("not started")
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def start(self, host: str, port: int) -> None:
        try:
            self._server = await serve(
                self._handle,
                host,
                port,
                process_request=self._request,
                subprotocols=self._subprotocols,
                compression=None,
                max_size=MESSAGE_BYTES,
                max_queue=256,
                open_timeout=5,
                ping_interval=ALIVE_S,
                ping_timeout=ALIVE_S,
                close_timeout=2,
                server_header=None,
                logger=_logger(self._carrier),
            )
        except OSError as error:
            where = f"{host}:{port}: {error.strerror or error}"
            raise FrontlineError("port_taken", f"{self._carrier} cannot listen on {where}") from error

    async def stop(self, over: Awaitable[None]) -> None:
        """Accepts nobody more, lets `over` be awaited, then closes what is left."""
        if self._server is None:
            return
        self._server.close(close_connections=False)
        try:
            await over
        finally:
            await asyncio.gather(*(connection.close() for connection in self._server.connections))
            await self._server.wait_closed()

    def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        refusal = self._admit(connection, request)
        if refusal is None:
            return None
        status, why = refusal
        log.warning("connection.refused", carrier=self._carrier, peer=peer(connection), why=why)
        return connection.respond(status, f"{why}\n")


class _Complaints(logging.Handler):
    """The library's errors (no websocket handshake, a peer that does not answer pings) as our log lines."""

    def __init__(self, carrier: str) -> None:
        super().__init__(logging.ERROR)
        self._carrier = carrier

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        log.warning(
            "connection.broken",
            carrier=self._carrier,
            what=record.getMessage(),
            error=type(error).__name__ if error else None,
        )


def _logger(carrier: str) -> logging.Logger:
    logger = logging.Logger(f"websockets.{carrier}", logging.ERROR)
    logger.addHandler(_Complaints(carrier))
    return logger


async def first(connection: ServerConnection, seconds: float) -> str | bytes | None:
    """The first message, or None when none comes in time."""
    try:
        async with asyncio.timeout(seconds):
            return await connection.recv()
    except (TimeoutError, ConnectionClosed):
        return None


def peer(connection: ServerConnection) -> str:
    address = connection.remote_address
    return str(address[0]) if address else ""
