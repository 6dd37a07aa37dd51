"""The sockets of one process: bus hints in, events out.

One bus subscription serves all sockets, and the database is read once per hint however many
sockets watch the conversation. An idle socket holds a few hundred bytes here and no task. Each
watch remembers the last seq it was sent, and one conversation is read by one task at a time: so a
reconnecting client gets every event once, in order, without a gap.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bot.core.types import Event
from bot.web.logs import logger
from bot.web.metrics import Metrics

log = logger("frontline.sockets")
_WAITING = 256  # messages a slow reader may lag behind
_PATIENCE = 15.0  # seconds one message may take to leave
_PAGE = 500
TRY_AGAIN = 1013  # close code


class Events(Protocol):
    async def events(self, conversation_id: str, after: int = 0, limit: int = 500) -> Sequence[Event]: ...


async def read_json(websocket: WebSocket) -> dict[str, Any] | None:
    """The next message as an object; None when it is not one. Raises `WebSocketDisconnect`."""
    received = await websocket.receive()
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code") or 1005)
    try:
        parsed = orjson.loads(received.get("text") or received.get("bytes") or b"")
    except orjson.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) else None


class Connection:
    """One socket. Sends in order from a task that lives only while there is something to send."""

    __slots__ = ("__weakref__", "_closing", "_metrics", "_pump", "_waiting", "seen", "surface", "websocket")

    def __init__(self, websocket: WebSocket, surface: str, metrics: Metrics) -> None:
        self.websocket = websocket
        self.surface = surface
        self.seen: dict[str, int] = {}  # conversation -> last seq sent
        self._metrics = metrics
        self._waiting: deque[bytes] | None = None
        self._pump: asyncio.Task[None] | None = None
        self._closing = False

    def push(self, message: Mapping[str, Any]) -> None:
        """Queues a message; a reader that lags too far behind is dropped and resumes by seq."""
        if self._closing:
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(orjson.dumps(message))
        if len(self._waiting) > _WAITING:
            self._drop()
        elif self._pump is None:
            self._pump = asyncio.create_task(self._send_waiting())

    def end(self, code: int) -> None:
        """Closes the socket from our side; what waits is not sent."""
        self._closing = True
        self._waiting = None
        if self._pump is not None:
            self._pump.cancel()
        self._pump = asyncio.create_task(self._close(code))

    def _drop(self) -> None:
        self._metrics.sockets_dropped.inc()
        self.end(TRY_AGAIN)

    async def _send_waiting(self) -> None:
        try:
            while self._waiting:
                text = self._waiting.popleft().decode()
                async with asyncio.timeout(_PATIENCE):
                    await self.websocket.send_text(text)
            self._waiting = self._pump = None
        except TimeoutError:
            self._pump = None
            self._drop()
        except (
            Exception
        ):  # the peer has gone in whatever way the server reports it; the reader side cleans up
            self._closing, self._waiting = True, None

    async def _close(self, code: int) -> None:
        if self.websocket.application_state is WebSocketState.CONNECTED:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self.websocket.close(code)
            except Exception:  # already gone, or too slow even for that: the ping timeout ends it
                log.debug("slow_socket_gone")


class Hub:
    """Who watches which conversation. `render` decides what each surface may see of an event."""

    def __init__(self, source: Events, metrics: Metrics) -> None:
        self._source = source
        self.metrics = metrics
        self.render: dict[str, Callable[[Event], dict[str, Any] | None]] = {}
        self.changed: dict[str, Callable[[str, Sequence[Connection], Sequence[Event]], Awaitable[None]]] = {}
        self._watchers: dict[str, set[Connection]] = defaultdict(set)
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    def watchers(self, conversation_id: str) -> Sequence[Connection]:
        return tuple(self._watchers.get(conversation_id, ()))

    def watch(self, connection: Connection, conversation_id: str, after: int) -> None:
        """From now on the connection gets what follows `after`; what is there already comes at once."""
        connection.seen[conversation_id] = after
        self._watchers[conversation_id].add(connection)
        self.hint(conversation_id)

    def unwatch(self, connection: Connection, conversation_id: str) -> None:
        connection.seen.pop(conversation_id, None)
        watchers = self._watchers.get(conversation_id)
        if watchers is not None:
            watchers.discard(connection)
            if not watchers:
                del self._watchers[conversation_id]

    def forget(self, connection: Connection) -> None:
        for conversation_id in tuple(connection.seen):
            self.unwatch(connection, conversation_id)

    def hint(self, conversation_id: str) -> None:
        """Something may have been appended: look, unless someone is looking, who then looks again."""
        if conversation_id not in self._watchers:
            return
        if conversation_id in self._reading:
            self._again.add(conversation_id)
            return
        self._reading[conversation_id] = asyncio.create_task(self._read(conversation_id))

    async def _read(self, conversation_id: str) -> None:
        try:
            while True:
                self._again.discard(conversation_id)
                more = await self._forward(conversation_id)
                if not more and conversation_id not in self._again:
                    break
        except (
            Exception
        ):  # the database is away: the clients keep their seq, the next hint or poll catches up
            log.warning("events_unreadable", conversation_id=conversation_id, exc_info=True)
        finally:
            del self._reading[conversation_id]

    async def _forward(self, conversation_id: str) -> bool:
        """Sends each watcher what it has not seen; True when a full page says that there is more."""
        watchers = self.watchers(conversation_id)
        if not watchers:
            return False
        behind = min(connection.seen[conversation_id] for connection in watchers)
        events = await self._source.events(conversation_id, after=behind, limit=_PAGE)
        if not events:
            return False
        for surface, connections in _by_surface(watchers).items():
            shown = [
                (event.seq, body) for event in events if (body := self.render[surface](event)) is not None
            ]
            for connection in connections:
                seen = connection.seen.get(conversation_id)
                if seen is None:  # left meanwhile
                    continue
                fresh = [body for seq, body in shown if seq > seen]
                connection.seen[conversation_id] = max(seen, events[-1].seq)
                if fresh:
                    connection.push({"type": "events", "conversation_id": conversation_id, "events": fresh})
            if surface in self.changed:
                await self.changed[surface](conversation_id, connections, events)
        return len(events) == _PAGE

    def typing(self, key: str) -> None:
        """`<conversation>:<who>` from the bus: the other side sees it."""
        conversation_id, _, author = key.rpartition(":")
        for connection in self.watchers(conversation_id):
            if (author == "customer") == (connection.surface == "desk"):
                connection.push({"type": "typing", "conversation_id": conversation_id, "author": author})

    def watched(self) -> tuple[str, ...]:
        return tuple(self._watchers)

    def poll(self) -> None:
        """Looks at every watched conversation at once, after the bus was lost."""
        for conversation_id in self.watched():
            self.hint(conversation_id)


def _by_surface(connections: Sequence[Connection]) -> dict[str, list[Connection]]:
    grouped: dict[str, list[Connection]] = defaultdict(list)
    for connection in connections:
        grouped[connection.surface].append(connection)
    return grouped
