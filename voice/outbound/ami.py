"""Asterisk's manager interface, as much of it as making calls needs.

Lines of `Key: value` with an empty line after each packet, both ways. We log in, send `Originate`, and read
what comes of it; a connection that ends, or brings what Asterisk never sends, is made anew. Asterisk tells
`OriginateResponse` to everyone who listens, so a process that comes back hears of calls placed before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

import structlog

from bot.core.errors import FrontlineError

BANNER = "Asterisk Call Manager/"
LINE_BYTES = 8192
PACKET_LINES = 256
CONNECT_S, REPLY_S, PING_S = 10.0, 10.0, 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
log = structlog.get_logger(__name__)
Packet = Mapping[str, str]


class PbxAway(FrontlineError):
    """No connection. `sent`: it ended after the request had left, which may have been done."""

    def __init__(self, sent: bool) -> None:
        super().__init__("pbx_away", "the PBX does not answer", status=503, retryable=True)
        self.sent = sent


class Garbled(Exception):
    """Not what Asterisk sends."""


@dataclass(frozen=True, slots=True)
class Login:
    """`tcp://user@host:port` and the secret."""

    host: str
    port: int
    user: str
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, url: str, secret: str) -> Login:
        """Raises `FrontlineError` that names the setting."""
        try:
            parts = urlsplit(url)
            host, port, user = parts.hostname, parts.port or 5038, parts.username
        except ValueError:
            host = None
        if not host or not user or parts.scheme != "tcp" or parts.password or parts.path.strip("/"):
            raise FrontlineError(
                "invalid_configuration", "voice.ami_url: needs tcp://user@host:port, the secret not in it"
            )
        if not secret:
            raise FrontlineError(
                "invalid_configuration", "voice.ami_url needs the secret: set FRONTLINE_VOICE__AMI_SECRET"
            )
        return cls(host, port, user, secret)


class Ami:
    """`heard` is told every event. Belongs to one loop; `run` lives as long as it is wanted."""

    def __init__(self, login: Login, heard: Callable[[Packet], None]) -> None:
        self._login, self._heard = login, heard
        self._writer: asyncio.StreamWriter | None = None
        self._replies: dict[str, asyncio.Future[Packet]] = {}
        self._ready = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether we are logged in."""
        return self._ready.is_set()

    async def run(self) -> None:
        """Connects, and connects again."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                async with asyncio.timeout(CONNECT_S):
                    reader, writer = await asyncio.open_connection(
                        self._login.host, self._login.port, limit=LINE_BYTES
                    )
                await self._session(reader, writer)
            except (OSError, TimeoutError) as error:
                log.warning("ami.unreachable", error=type(error).__name__)
            pause = FIRST_PAUSE_S if self.connected else min(pause * 2, LONGEST_PAUSE_S)
            self._ready.clear()
            await asyncio.sleep(pause)

    async def ask(self, action: str, fields: Mapping[str, str] | None = None) -> Packet:
        """Sends an action once we are logged in and returns its reply.

        Raises `PbxAway`, and `FrontlineError("pbx_refused")` where Asterisk says why not.
        """
        if not self.connected:
            raise PbxAway(sent=False)
        return await self._ask(action, fields or {})

    async def _ask(self, action: str, fields: Mapping[str, str]) -> Packet:
        writer = self._writer
        if writer is None or writer.is_closing():
            raise PbxAway(sent=False)
        packet = {"Action": action, "ActionID": uuid4().hex, **fields}
        if any(char in text for pair in packet.items() for text in pair for char in "\r\n"):
            raise FrontlineError("invalid_value", "a field of the manager interface is one line", status=422)
        reply: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self._replies[packet["ActionID"]] = reply
        try:
            writer.write(("".join(f"{key}: {value}\r\n" for key, value in packet.items()) + "\r\n").encode())
            async with asyncio.timeout(REPLY_S):
                await writer.drain()
                answer = await reply
        except (OSError, TimeoutError) as error:
            raise PbxAway(sent=True) from error
        finally:
            self._replies.pop(packet["ActionID"], None)
        if answer.get("response") != "Success":
            raise FrontlineError("pbx_refused", answer.get("message", "")[:200], status=502)
        return answer

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from the banner to its end."""
        self._writer = writer
        keeping: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(CONNECT_S):
                if not (await _line(reader)).startswith(BANNER):
                    raise Garbled("no banner")
            keeping = asyncio.create_task(self._keep(writer))
            while True:
                self._take(await _packet(reader))
        except (Garbled, asyncio.LimitOverrunError) as error:
            log.warning("ami.garbled", why=str(error))
        except asyncio.IncompleteReadError:
            log.warning("ami.lost")
        finally:
            self._writer = None
            if keeping is not None:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
            for reply in self._replies.values():
                if not reply.done():
                    reply.set_exception(ConnectionResetError())
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()

    async def _keep(self, writer: asyncio.StreamWriter) -> None:
        """Logs in, then asks now and then whether anybody is there; ends the connection where nobody is."""
        try:
            await self._ask("Login", {"Username": self._login.user, "Secret": self._login.secret})
            self._ready.set()
            log.info("ami.ready")
            while True:
                await asyncio.sleep(PING_S)
                await self._ask("Ping", {})
        except FrontlineError as error:
            log.error("ami.refused" if error.code == "pbx_refused" else "ami.silent", code=error.code)
            writer.close()

    def _take(self, packet: Packet) -> None:
        if "response" in packet and "event" not in packet:
            reply = self._replies.get(packet.get("actionid", ""))
            if reply is not None and not reply.done():
                reply.set_result(packet)
        elif "event" in packet:
            self._heard(packet)


async def _line(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")


async def _packet(reader: asyncio.StreamReader) -> Packet:
    """Keys in small letters; lines without a key are passed over."""
    packet: dict[str, str] = {}
    for _ in range(PACKET_LINES):
        line = await _line(reader)
        if not line and packet:
            return packet
        key, colon, value = line.partition(":")
        if colon:
            packet[key.strip().lower()] = value.strip()
    raise Garbled("a packet without end")
