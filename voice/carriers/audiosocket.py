"""Calls of Asterisk's AudioSocket: an id, then audio and keys, kind by kind over TCP.

A message is kind (1 byte), length (2 bytes, big-endian), payload. Asterisk neither queues nor paces what we
send and drops a call on which nothing moves for two seconds, or whose message has a pause in it: so a frame
goes out every 20 ms in one write, silence when there is nothing to say. What the dialplan knows of the call
is announced before.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from typing import cast
from uuid import UUID

import structlog

from bot.core.errors import FrontlineError
from bot.settings import Voice
from voice.carriers.ahead import EAR_S, Ahead
from voice.carriers.announced import Announced, Announcement
from voice.carriers.calls import GOODBYE_S, START_S, Answer, Calls
from voice.carriers.inbox import Inbox
from voice.carriers.metronome import Metronome
from voice.carriers.networks import Networks
from voice.carriers.next_steps import NextSteps
from voice.ports import FRAME_S, SAMPLE_BYTES, Incoming, NextStep, Received

log = structlog.get_logger(__name__)

NAME = "audiosocket"
HANGUP, UUID_KIND, DTMF, ERROR = 0x00, 0x01, 0x03, 0xFF
RATES = {0x10: 8000, 0x12: 16000}  # kinds of audio: the telephone's and wideband; others are refused
KINDS = {rate: kind for kind, rate in RATES.items()}
AUDIO_S = 0.5  # for the first audio, which tells the rate of a call that nobody announced
UNREAD_S = 3.0  # a peer that takes nothing for so long is lost, as is one that stops within a message
UNREAD_BYTES = 4096  # before we stop writing: 0.25 s at 8 kHz


class Carrier:
    def __init__(self, settings: Voice, answer: Answer, *, steps: NextSteps, announced: Announced) -> None:
        self._host, self._port = settings.host, settings.audiosocket_port
        self.pbx = Networks(settings.pbx)
        self.steps, self.announced = steps, announced
        self.calls = Calls(NAME, answer)
        self.metronome = Metronome()
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("not started")
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Connection(self), self._host, self._port, backlog=512
            )
        except OSError as error:
            where = f"{self._host}:{self._port}: {error.strerror or error}"
            raise FrontlineError("port_taken", f"{NAME} cannot listen on {where}") from error
        self.metronome.start()

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        try:
            await self.calls.over()
        finally:
            for connection in tuple(self._connections):
                connection.abort()
            await self.metronome.stop()

    def opened(self, connection: Connection) -> None:
        self._connections.add(connection)

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)


class Connection(asyncio.Protocol):
    """Reads messages; becomes a call when the id, and the rate, are known."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._data = bytearray()
        self._line: AudioSocketLine | None = None
        self._id = ""
        self._announced = Announcement()
        self._timer: asyncio.TimerHandle | None = None
        self._held_since: float | None = None  # within a message
        self.transport: asyncio.Transport
        self.closed = asyncio.Event()
        self.writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._carrier.opened(self)
        address = transport.get_extra_info("peername")
        if not address or address[0] not in self._carrier.pbx:
            self._refuse("the address is not in voice.pbx")
            return
        self.transport.set_write_buffer_limits(high=UNREAD_BYTES, low=0)
        _watch(transport.get_extra_info("socket"))
        self._wait(START_S, self._nothing_came)

    def data_received(self, data: bytes) -> None:
        self._data += data
        try:
            while len(self._data) >= 3:
                kind, length = struct.unpack_from("!BH", self._data)
                if len(self._data) < 3 + length:
                    break
                payload = bytes(self._data[3 : 3 + length])
                del self._data[: 3 + length]
                self._message(kind, payload)
        except ValueError as error:
            self._refuse(str(error))
        if not self._data:
            self._held_since = None
        elif self._held_since is None:
            self._held_since = time.monotonic()

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True

    def connection_lost(self, error: Exception | None) -> None:
        """The caller's hang-up and a transfer from outside look like this, with or without a reset."""
        self._cancel_timer()
        self.closed.set()
        self._carrier.closed(self)
        if self._line is not None:
            self._line.ended("hung_up")

    def abort(self) -> None:
        if not self.closed.is_set():
            self.transport.abort()

    @property
    def held_s(self) -> float:
        """How long the peer has been within a message."""
        return 0.0 if self._held_since is None else time.monotonic() - self._held_since

    def _message(self, kind: int, payload: bytes) -> None:
        if kind == UUID_KIND:
            self._named(payload)
        elif not self._id:
            raise ValueError("the first message is no id")
        elif kind in RATES:
            self._audio(RATES[kind], payload)
        elif kind == DTMF and len(payload) == 1:
            if self._line is not None:
                self._line.inbox.digit(payload.decode("latin1"), time.monotonic())
        elif kind == HANGUP:
            self.transport.close()
        elif kind == ERROR:
            raise ValueError(f"Asterisk reports error {payload[:4].hex()}")
        else:
            raise ValueError(f"a message of kind {kind:#04x} and {len(payload)} bytes")

    def _named(self, payload: bytes) -> None:
        if self._id or len(payload) != 16:
            raise ValueError("a second id" if self._id else "an id of another length than 16 bytes")
        self._id = str(UUID(bytes=payload))
        self._announced = self._carrier.announced.take(self._id)
        if self._announced.rate:
            self._begin(self._announced.rate)
        else:
            self._wait(AUDIO_S, lambda: self._begin(8000))

    def _audio(self, rate: int, payload: bytes) -> None:
        if self._line is None:
            self._begin(rate)
        if self._line is not None:
            if rate != self._line.incoming.rate:
                raise ValueError(f"audio of {rate} Hz in a call of {self._line.incoming.rate} Hz")
            self._line.inbox.audio(payload, time.monotonic())

    def _begin(self, rate: int) -> None:
        self._cancel_timer()
        told = self._announced
        incoming = Incoming(
            id=self._id,
            carrier=NAME,
            rate=rate,
            caller=told.caller,
            called=told.called,
            conversation_id=told.conversation_id,
            purpose=told.purpose,
            variables=told.variables,
        )
        line = AudioSocketLine(self, incoming, self._carrier.steps)
        if self._carrier.calls.begin(line):
            self._line = line
            self._carrier.metronome.add(line)
        else:
            self.transport.abort()

    def _refuse(self, why: str) -> None:
        event = "line.lost" if self._line else "connection.refused"
        peer = None if self._line else (self.transport.get_extra_info("peername") or [""])[0]
        log.warning(event, carrier=NAME, call=self._id or None, peer=peer, why=why)
        if self._line is not None:
            self._line.ended("lost")
        self._data.clear()
        self.transport.abort()

    def _nothing_came(self) -> None:
        self._refuse("no id in time")

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._cancel_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, then)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class AudioSocketLine:
    """One call; the metronome has it send a frame every 20 ms."""

    def __init__(self, connection: Connection, incoming: Incoming, steps: NextSteps) -> None:
        self.incoming = incoming
        self.inbox = Inbox()
        self._connection = connection
        self._steps = steps
        self._frame = int(incoming.rate * FRAME_S) * SAMPLE_BYTES
        self._bytes_per_s = incoming.rate * SAMPLE_BYTES
        self._head = struct.pack("!BH", KINDS[incoming.rate], self._frame)
        self._silence = self._head + bytes(self._frame)
        self._speech = bytearray()
        self._ahead = Ahead(self._bytes_per_s)
        self._drained = 0  # position up to which `drained` has waited
        self._leaving = False
        self._stuck_since: float | None = None

    def received(self) -> AsyncIterator[Received]:
        return self.inbox.received()

    async def play(self, pcm: bytes) -> None:
        if self._ahead.closed or self._leaving:
            return
        self._speech += pcm
        self._ahead.add(len(pcm))
        with contextlib.suppress(TimeoutError):  # the metronome has given the line up by then
            await self._ahead.room(0)

    async def flush(self) -> float:
        unheard = len(self._speech) / self._bytes_per_s
        self._speech.clear()
        self._ahead.flush()
        return unheard

    async def drained(self) -> None:
        if self._ahead.sent == self._drained:
            return
        self._drained = self._ahead.sent
        with contextlib.suppress(TimeoutError):
            await self._ahead.empty()
        if not self._ahead.closed:
            await asyncio.sleep(EAR_S)

    async def leave(self, step: NextStep) -> None:
        if not self._leaving:
            self._steps.keep(self.incoming.id, step)
            await self.close()

    async def close(self) -> None:
        """Half-closes and reads on: a plain close with audio unread is a reset: Asterisk hangs up."""
        if self._leaving:
            return
        self._leaving = True
        connection = self._connection
        if not connection.closed.is_set() and not connection.transport.is_closing():
            connection.transport.write(struct.pack("!BH", HANGUP, 0))
            with contextlib.suppress(OSError, RuntimeError):  # the other side was quicker
                connection.transport.write_eof()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await connection.closed.wait()
        except TimeoutError:
            connection.abort()

    def ended(self, reason: str) -> None:
        """The connection is gone."""
        self.inbox.end(reason)
        self._ahead.close()
        self._speech.clear()

    def tick(self) -> bool:
        """Sends one frame; False when there will be none any more."""
        connection = self._connection
        if self._leaving or self._ahead.closed or connection.transport.is_closing():
            return False
        if not connection.writable or connection.held_s > UNREAD_S:
            return self._stuck(connection)
        self._stuck_since = None
        if self._speech:
            frame = bytes(self._speech[: self._frame])
            del self._speech[: self._frame]
            connection.transport.write(self._head + frame.ljust(self._frame, b"\0"))
            self._ahead.confirm(self._ahead.heard + len(frame))
        else:
            connection.transport.write(self._silence)
        return True

    def _stuck(self, connection: Connection) -> bool:
        now = time.monotonic()
        self._stuck_since = self._stuck_since or now
        if now - self._stuck_since < UNREAD_S and connection.held_s < UNREAD_S:
            return True
        why = "it stopped within a message" if connection.held_s >= UNREAD_S else "it reads nothing"
        log.warning("line.lost", carrier=NAME, call=self.incoming.id, why=why)
        self.ended("lost")
        connection.abort()
        return False


def _watch(peer: socket.socket) -> None:
    """A small buffer shows early that nobody reads; a PBX that vanished is noticed in seconds."""
    with contextlib.suppress(OSError):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000)
