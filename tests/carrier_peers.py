"""Peers of the carriers over real sockets: an Asterisk of either protocol, a Twilio, without telephones."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import struct
import time
import uuid
from collections import deque
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

FRAME_S = 0.02
TOKEN = "a token of an account"


async def tick(count: int, started: float) -> None:
    await asyncio.sleep(max(0.0, started + count * FRAME_S - time.monotonic()))


class AudioSocketPeer:
    """Asterisk as AudioSocket's client."""

    def __init__(self, call_id: str = "") -> None:
        self.call_id = call_id or str(uuid.uuid4())
        self.heard = bytearray()
        self.messages: list[tuple[int, int]] = []  # kind and length
        self.ended = asyncio.Event()

    async def dial(self, port: int, *, named: bool = True) -> AudioSocketPeer:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self._reading = asyncio.create_task(self._read())
        if named:
            self.send(0x01, uuid.UUID(self.call_id).bytes)
        return self

    def send(self, kind: int, payload: bytes = b"") -> None:
        self.raw(struct.pack("!BH", kind, len(payload)) + payload)

    def raw(self, data: bytes) -> None:
        self._writer.write(data)

    async def speak(self, pcm: bytes, kind: int = 0x10) -> None:
        """In the speed of a telephone."""
        size = 640 if kind == 0x12 else 320
        started = time.monotonic()
        for number, start in enumerate(range(0, len(pcm), size), 1):
            self.send(kind, pcm[start : start + size])
            await tick(number, started)

    async def hang_up(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        await self._reading

    async def _read(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                kind, length = struct.unpack("!BH", await self._reader.readexactly(3))
                payload = await self._reader.readexactly(length)
                self.messages.append((kind, length))
                if kind in (0x10, 0x12):
                    self.heard += payload
                elif kind == 0x00:
                    break
        self.ended.set()
        self._writer.close()


class WebSocketPeer:
    """Asterisk's chan_websocket: queues audio, plays a frame per tick, answers commands."""

    def __init__(self, call_id: str = "", form: str = "slin", **variables: str) -> None:
        self.call_id = call_id or str(uuid.uuid4())
        self.frame = {"slin": 320, "slin16": 640}.get(form, 320)
        self.heard = bytearray()
        self.commands: list[dict[str, Any]] = []
        self.longest = 0  # of the queue, frames
        self.reads = asyncio.Event()
        self.reads.set()
        self.ended = asyncio.Event()
        self.plays = True
        self._form, self._variables = form, variables
        self._queue: deque[bytes | str] = deque()

    async def dial(self, port: int, *, start: bool = True) -> WebSocketPeer:
        self.socket: ClientConnection = await connect(
            f"ws://127.0.0.1:{port}/media?id={self.call_id}", subprotocols=["media"], compression=None
        )
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._play())]
        if start:
            await self.event(
                "MEDIA_START",
                format=self._form,
                optimal_frame_size=self.frame,
                channel_variables={f"__FRONTLINE_{name}": value for name, value in self._variables.items()},
            )
        return self

    async def event(self, name: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"event": name, "channel_id": "1.1", **fields}))

    async def speak(self, pcm: bytes) -> None:
        started = time.monotonic()
        for number, start in enumerate(range(0, len(pcm), self.frame), 1):
            await self.socket.send(pcm[start : start + self.frame])
            await tick(number, started)

    async def hang_up(self) -> None:
        await self.socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in self.socket:
                await self.reads.wait()
                if isinstance(message, bytes):
                    assert len(message) % self.frame == 0, "Asterisk would lose the rest of the frame"
                    for start in range(0, len(message), self.frame):
                        self._queue.append(message[start : start + self.frame])
                    self.longest = max(self.longest, self._frames())
                else:
                    assert len(message.encode()) <= 128, "Asterisk would ignore it"
                    await self._command(json.loads(message))
        self.ended.set()

    async def _command(self, command: dict[str, Any]) -> None:
        self.commands.append(command)
        match command["command"]:
            case "MARK_MEDIA":
                self._queue.append(command["correlation_id"])
            case "GET_STATUS":
                await self.event("STATUS", queue_length=self._frames())
            case "FLUSH_MEDIA":
                self._queue.clear()
            case "HANGUP":
                await self.socket.close()

    async def _play(self) -> None:
        started, count = time.monotonic(), 0
        with contextlib.suppress(ConnectionClosed):
            while True:
                if self.plays:
                    while self._queue and isinstance(mark := self._queue[0], str):
                        self._queue.popleft()
                        await self.event("MEDIA_MARK_PROCESSED", correlation_id=mark)
                    if self._queue:
                        self.heard += self._queue.popleft()  # type: ignore[arg-type]  # no mark is left
                count += 1
                await tick(count, started)

    def _frames(self) -> int:
        return sum(isinstance(item, bytes) for item in self._queue)


class TwilioPeer:
    """Twilio's media stream."""

    def __init__(self, call_id: str = "", **parameters: str) -> None:
        self.call_id = call_id or "CA" + uuid.uuid4().hex
        self.heard = bytearray()  # mu-law
        self.events: list[str] = []
        self.ended = asyncio.Event()
        self._parameters = parameters
        self._queue: deque[int | str] = deque()  # bytes, marks

    async def dial(self, port: int, *, token: str = TOKEN, start: bool = True) -> TwilioPeer:
        url = f"wss://127.0.0.1:{port}/voice/twilio/stream"
        signature = base64.b64encode(hmac.new(token.encode(), url.encode(), hashlib.sha1).digest()).decode()
        self.socket = await connect(
            url.replace("wss", "ws"),
            additional_headers={"X-Twilio-Signature": signature},
            compression=None,
        )
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._play())]
        if start:
            await self.event("connected", protocol="Call", version="1.0.0")
            await self.event(
                "start",
                start={
                    "streamSid": "MZ1",
                    "callSid": self.call_id,
                    "tracks": ["inbound"],
                    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                    "customParameters": self._parameters,
                },
            )
        return self

    async def event(self, name: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"event": name, "streamSid": "MZ1", **fields}))

    async def speak(self, coded: bytes) -> None:
        started = time.monotonic()
        for number, start in enumerate(range(0, len(coded), 160), 1):
            payload = base64.b64encode(coded[start : start + 160]).decode()
            await self.event("media", media={"track": "inbound", "payload": payload})
            await tick(number, started)

    async def hang_up(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self.event("stop")
        await self.socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in self.socket:
                event = json.loads(message)
                self.events.append(event["event"])
                assert event["streamSid"] == "MZ1"
                match event["event"]:
                    case "media":
                        self._queue.extend(base64.b64decode(event["media"]["payload"]))
                    case "mark":
                        self._queue.append(event["mark"]["name"])
                    case "clear":  # it returns the marks, as if they had been played
                        marks = [item for item in self._queue if isinstance(item, str)]
                        self._queue.clear()
                        for mark in marks:
                            await self.event("mark", mark={"name": mark})
        self.ended.set()

    async def _play(self) -> None:
        started, count = time.monotonic(), 0
        with contextlib.suppress(ConnectionClosed):
            while True:
                played = 0
                while self._queue and (isinstance(self._queue[0], str) or played < 160):
                    item = self._queue.popleft()
                    if isinstance(item, str):
                        await self.event("mark", mark={"name": item})
                    else:
                        self.heard.append(item)
                        played += 1
                count += 1
                await tick(count, started)
