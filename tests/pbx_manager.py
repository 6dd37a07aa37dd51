"""Asterisk's manager interface as a peer for tests: speaks as Asterisk does, or as wrong as a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

BANNER = "Asterisk Call Manager/11.0.0\r\n"
USER, SECRET = "frontline", "s3cret"
Packet = Mapping[str, str]


def packet(**fields: str) -> bytes:
    return ("".join(f"{key}: {value}\r\n" for key, value in fields.items()) + "\r\n").encode()


class Manager:
    """`originates` are the calls it was asked for; `on_originate` says how each ends, None: not yet.

    `pieces`: bytes per write, to cut packets anywhere. `banner` and `secret` may be wrong.
    """

    def __init__(self) -> None:
        self.banner, self.secret = BANNER, SECRET
        self.originates: list[Packet] = []
        self.on_originate: Callable[[Packet], str | None] = lambda _: None
        self.says_no = ""  # to Originate
        self.swallows = False  # requests, without a reply
        self.pieces = 0
        self.logins = 0
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._came = asyncio.Condition()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        self.drop()
        await self._server.wait_closed()

    def drop(self) -> None:
        """Every connection ends, as when Asterisk is killed."""
        for writer in self._writers:
            writer.transport.abort()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Until so much was asked of it."""
        async with asyncio.timeout(20), self._came:
            await self._came.wait_for(condition)

    async def tell(self, data: bytes) -> None:
        """Sends to everyone who listens."""
        for writer in tuple(self._writers):
            await self._write(writer, data)

    async def respond(self, action_id: str, reason: str) -> None:
        """How a call ended that was asked for: 4 is answered, 5 busy, 3 and 1 not answered, 8 congested."""
        response = "Success" if reason == "4" else "Failure"
        await self.tell(
            packet(
                Event="OriginateResponse",
                Privilege="call,all",
                ActionID=action_id,
                Response=response,
                Reason=reason,
            )
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._write(writer, self.banner.encode())
            while fields := await _read(reader):
                await self._answer(writer, fields)
                async with self._came:
                    self._came.notify_all()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, fields: Packet) -> None:
        action_id = fields["ActionID"]
        match fields["Action"]:
            case "Login":
                good = (fields["Username"], fields["Secret"]) == (USER, self.secret)
                self.logins += good
                response, message = ("Success", "accepted") if good else ("Error", "Authentication failed")
                await self._write(writer, packet(Response=response, ActionID=action_id, Message=message))
                if not good:
                    writer.close()
            case "Originate":
                self.originates.append(fields)
                if self.swallows:
                    return
                if self.says_no:
                    await self._write(
                        writer, packet(Response="Error", ActionID=action_id, Message=self.says_no)
                    )
                    return
                queued = packet(
                    Response="Success", ActionID=action_id, Message="Originate successfully queued"
                )
                await self._write(writer, queued)
                if (reason := self.on_originate(fields)) is not None:
                    await self.respond(action_id, reason)
            case "Ping":
                await self._write(writer, packet(Response="Success", ActionID=action_id, Ping="Pong"))

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        for start in range(0, len(data), self.pieces or len(data)):
            writer.write(data[start : start + (self.pieces or len(data))])
            await writer.drain()
            await asyncio.sleep(0)


async def _read(reader: asyncio.StreamReader) -> Packet:
    fields: dict[str, str] = {}
    while line := (await reader.readuntil(b"\r\n")).decode().rstrip("\r\n"):
        key, _, value = line.partition(": ")
        fields[key] = value
    return fields


@asynccontextmanager
async def manager() -> AsyncIterator[Manager]:
    peer = Manager()
    await peer.start()
    try:
        yield peer
    finally:
        await peer.stop()
