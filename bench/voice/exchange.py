"""Asterisk's side of chan_websocket, as many channels as wanted, paced by one absolute clock.

Every 20 ms each channel sends a frame of its caller and plays one of what is queued for its ear, as Asterisk
does; marks, status and flush are answered. What comes too late for an utterance that is sounding is counted.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from voice.audio import loudness

RATE, FRAME_S = 8000, 0.02
FRAME = int(RATE * FRAME_S) * 2
SILENCE = bytes(FRAME)
SOUND_DB = -50.0
QUIET_S = 0.8  # after which the other side has finished speaking
LATE_S = 0.02
GAP_S = 0.5  # an emptier queue than that between two sounds is a pause between utterances
END = 5  # frames of digital silence that our gateway sends after an utterance


@dataclass(slots=True)
class Faults:
    """`late`: our own ticks that came more than a frame late. `gaps`: frames missing amid an utterance."""

    late: int = 0
    ticks: int = 0
    gaps: int = 0
    heard: int = 0


class Channel:
    """One caller's line. Moments are those of `time.monotonic`, at the caller's mouth and ear."""

    def __init__(self, connection: ClientConnection, faults: Faults, call_id: str) -> None:
        self.id = call_id
        self._connection, self._faults = connection, faults
        self._outgoing: deque[bytes] = deque()
        self._queue = bytearray()
        self._marks: deque[tuple[int, str]] = deque()
        self._taken = self._played = 0  # bytes for the ear since the beginning
        self._silent = END  # frames of digital silence that were played last
        self._empty = 0  # ticks for which nothing was queued
        self._said = asyncio.Event()
        self._sounds = asyncio.Event()
        self.said_at = 0.0  # the end of the last frame of what the caller said
        self.sounded_at = self.sounds_at = 0.0  # of the other side: the last sound, the first since `listen`
        self.notes: list[tuple[float, str]] = []
        self.over = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    def tick(self) -> bytes:
        """The frame of the caller; plays one of the other side."""
        self._play()
        if not self._outgoing:
            return SILENCE
        frame = self._outgoing.popleft()
        if not self._outgoing:
            self.said_at = time.monotonic()
            self._said.set()
        return frame

    async def send(self, frame: bytes) -> None:
        try:
            await self._connection.send(frame)
            while self._marks and self._marks[0][0] <= self._played:
                mark = self._marks.popleft()[1]
                await self._event("MEDIA_MARK_PROCESSED", correlation_id=mark)
        except ConnectionClosed:
            self.over.set()

    def begin(self, pcm: bytes) -> None:
        """The caller speaks, from the next tick on."""
        self._said.clear()
        self._outgoing.extend(pcm[at : at + FRAME].ljust(FRAME, b"\0") for at in range(0, len(pcm), FRAME))

    async def say(self, pcm: bytes) -> float:
        """The moment when the last sample has left."""
        self.begin(pcm)
        await self._said.wait()
        return self.said_at

    async def answered(self, seconds: float) -> float | None:
        """The moment of the other side's first sound from now on; None: none in time."""
        self.listen()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._sounds.wait()
                return self.sounds_at
        return None

    def listen(self) -> None:
        self._sounds.clear()

    async def quiet(self, seconds: float) -> None:
        """Until the other side has been quiet for a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while time.monotonic() - self.sounded_at < QUIET_S and not self.over.is_set():  # noqa: ASYNC110 - a clock
                    await asyncio.sleep(0.1)

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._connection.close()

    def _play(self) -> None:
        if not self._queue:
            self._empty += 1
            return
        frame = bytes(self._queue[:FRAME])
        del self._queue[:FRAME]
        self._played += FRAME
        self._faults.heard += 1
        if 0 < self._empty <= GAP_S / FRAME_S and self._silent < END:
            self._faults.gaps += self._empty
        self._empty = 0
        silent = not any(frame)
        self._silent = self._silent + 1 if silent else 0
        if not silent and loudness(frame) > SOUND_DB:
            self.sounded_at = time.monotonic()
            if not self._sounds.is_set():
                self.sounds_at = self.sounded_at
                self._sounds.set()

    async def _read(self) -> None:
        try:
            async for message in self._connection:
                if isinstance(message, bytes):
                    self._queue += message
                    self._taken += len(message)
                else:
                    await self._command(json.loads(message))
        except ConnectionClosed:
            pass
        finally:
            self.over.set()
            self._said.set()

    async def _command(self, message: dict[str, str]) -> None:
        match message.get("command"):
            case "MARK_MEDIA":
                self._marks.append((self._taken, message["correlation_id"]))
            case "GET_STATUS":
                await self._event("STATUS", queue_length=len(self._queue) // FRAME)
            case "FLUSH_MEDIA":
                self._queue.clear()
                self._marks.clear()
                self._played = self._taken
                self._silent = END
                self.notes.append((time.monotonic(), "stop"))
            case "HANGUP":
                await self._connection.close()
            case None:
                self.notes.append((time.monotonic(), str(message.get("event"))))

    async def _event(self, event: str, **data: object) -> None:
        with suppress(ConnectionClosed):
            await self._connection.send(json.dumps({"event": event, **data}))


@dataclass
class Exchange:
    """`port` of the gateway; `ticking` is entered around all calls."""

    port: int
    path: str = "/"
    faults: Faults = field(default_factory=Faults)
    channels: set[Channel] = field(default_factory=set)

    @asynccontextmanager
    async def ticking(self) -> AsyncIterator[None]:
        clock = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            clock.cancel()
            await asyncio.gather(clock, return_exceptions=True)

    @asynccontextmanager
    async def call(self, number: str, query: str = "") -> AsyncIterator[Channel]:
        """A call from this number, hung up at the end; `ConnectionError` where it is refused."""
        call_id = uuid4().hex
        address = f"ws://127.0.0.1:{self.port}{self.path}?id={call_id}{query}"
        try:
            connection = await connect(address, subprotocols=["media"], compression=None, ping_interval=None)  # type: ignore[list-item] # a plain string is one
        except InvalidHandshake as error:
            raise ConnectionError(str(error)) from error
        await connection.send(
            json.dumps(
                {
                    "event": "MEDIA_START",
                    "format": "slin",
                    "optimal_frame_size": FRAME,
                    "channel_variables": {"FRONTLINE_FROM": number, "FRONTLINE_TO": "84950000000"},
                }
            )
        )
        channel = Channel(connection, self.faults, call_id)
        self.channels.add(channel)
        try:
            yield channel
        finally:
            self.channels.discard(channel)
            await channel.close()

    async def _tick(self) -> None:
        due = time.monotonic()
        while True:
            late = time.monotonic() - due
            self.faults.ticks += 1
            self.faults.late += late > LATE_S
            for channel in tuple(self.channels):
                await channel.send(channel.tick())
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))
