"""Lines of peers that queue our audio themselves and confirm marks: Asterisk's websocket, Twilio."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from voice.carriers.ahead import EAR_S, Ahead
from voice.carriers.calls import GOODBYE_S
from voice.carriers.inbox import Inbox
from voice.carriers.next_steps import NextSteps
from voice.ports import FRAME_S, SAMPLE_BYTES, Incoming, NextStep, Received

log = structlog.get_logger(__name__)

PIECE_FRAMES = 10  # between two marks: 0.2 s are cheap, and exact enough to keep one second ahead


class MarkedLine(ABC):
    """Audio goes out in whole frames, a mark after each piece; the marks that return say what was heard."""

    def __init__(self, connection: ServerConnection, incoming: Incoming, steps: NextSteps) -> None:
        self.incoming = incoming
        self.inbox = Inbox()
        self._connection = connection
        self._steps = steps
        self._frame = int(incoming.rate * FRAME_S) * SAMPLE_BYTES
        self._bytes_per_s = incoming.rate * SAMPLE_BYTES
        self._ahead = Ahead(self._bytes_per_s)
        self._rest = bytearray()  # played and not sent
        self._drained = 0  # position up to which `drained` has waited
        self._leaving = False

    def received(self) -> AsyncIterator[Received]:
        return self.inbox.received()

    async def play(self, pcm: bytes) -> None:
        if self._ahead.closed or self._leaving:
            return
        self._rest += pcm
        await self._send_frames()

    async def flush(self) -> float:
        rest, ahead = len(self._rest), self._ahead.waiting
        self._rest.clear()
        if not ahead or self._ahead.closed:
            return rest / self._bytes_per_s
        return (rest + min(ahead, await self._forget())) / self._bytes_per_s

    async def drained(self) -> None:
        if len(self._rest) % self._frame:
            self._rest += bytes(self._frame - len(self._rest) % self._frame)
        await self._send_frames()
        if self._ahead.sent == self._drained or self._ahead.closed:
            return
        self._drained = self._ahead.sent
        try:
            # a telephone's jitter buffer may give the end of the speech only when more comes
            await self._send(bytes(int(EAR_S / FRAME_S) * self._frame))
            await self._ahead.empty()
            await asyncio.sleep(EAR_S)
        except TimeoutError:
            self._lose("it confirms no marks")
        except ConnectionClosed:
            return

    async def leave(self, step: NextStep) -> None:
        if not self._leaving:
            self._steps.keep(self.incoming.id, step)
            await self.close()

    async def close(self) -> None:
        """Idempotent. The other side closes the connection when it hears our end; if not, we do."""
        if self._leaving:
            return
        self._leaving = True
        self._rest.clear()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._end()
                await self._connection.wait_closed()
        except (TimeoutError, ConnectionClosed):
            await self._connection.close()

    def ended(self, reason: str) -> None:
        """The connection is gone."""
        self.inbox.end(reason)
        self._ahead.close()
        self._rest.clear()

    async def _send_frames(self) -> None:
        """Sends whole frames of what was played, as room comes; a flush meanwhile leaves nothing to send."""
        piece = PIECE_FRAMES * self._frame
        try:
            while len(self._rest) >= self._frame and not self._ahead.closed:
                await self._ahead.room(min(piece, len(self._rest)))
                size = min(piece, len(self._rest)) // self._frame * self._frame
                if size and not self._ahead.closed:
                    pcm = bytes(self._rest[:size])
                    del self._rest[:size]
                    position = self._ahead.add(size)
                    await self._send(pcm)
                    await self._mark(position)
        except TimeoutError:
            self._lose("it confirms no marks")
        except ConnectionClosed:
            self._rest.clear()  # the reader tells the news

    def _lose(self, why: str) -> None:
        """Gives the connection up."""
        log.warning("line.lost", carrier=self.incoming.carrier, call=self.incoming.id, why=why)
        self.ended("lost")
        self._connection.transport.abort()

    @abstractmethod
    async def _send(self, pcm: bytes) -> None:
        """Sends whole frames."""

    @abstractmethod
    async def _mark(self, position: int) -> None:
        """Sends a mark that returns when what was sent before it has been heard."""

    @abstractmethod
    async def _forget(self) -> int:
        """Has the peer throw away what it queues; the bytes of it that were not heard."""

    @abstractmethod
    async def _end(self) -> None:
        """Says that our part of the call is over."""
