"""The bus of several processes: Redis publish/subscribe.

One connection listens for the whole process and one sends; publishers never wait for either. While
Redis is away, hints still reach the subscriptions of this process, and both connections are made
again by themselves; what the other processes miss all the same costs them time and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from uuid import uuid4

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.bus.subscribers import CAPACITY, Hint, Subscribers, Subscription
from bot.core.errors import FrontlineError

log = structlog.get_logger(__name__)

PREFIX = "frontline:"
SEND_S = 2.0  # a Redis that does not answer for so long is away
AGAIN_S = 0.5
LISTEN, SEND = "redis-listen", "redis-send"
ALIVE_S = 15  # how often the silent listening connection is checked


class RedisBus:
    """Own hints arrive at once, without the way through Redis; `origin` tells its echo apart."""

    def __init__(self, url: str) -> None:
        self._away: set[str] = set()  # which of the two connections is
        self._subscribers = Subscribers()
        self._origin = uuid4().hex
        self._sender: Redis = Redis.from_url(url, socket_timeout=SEND_S, socket_connect_timeout=SEND_S)
        self._listener: Redis = Redis.from_url(
            url, socket_connect_timeout=SEND_S, socket_keepalive=True, health_check_interval=ALIVE_S
        )
        self._outgoing: deque[Hint] = deque(maxlen=CAPACITY)
        self._pending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def problem(self) -> str | None:
        return "redis_away" if self._away else None

    async def publish(self, topic: str, key: str) -> None:
        """Never waits for Redis."""
        self._start()
        self._subscribers.offer(topic, key)
        self._outgoing.append((topic, key))
        self._pending.set()

    def subscribe(self, *topics: str) -> Subscription:
        """Gets hints from this call on; must be called with an event loop running."""
        self._start()
        return self._subscribers.add(topics)

    async def ping(self) -> None:
        """Asks Redis itself."""
        try:
            await self._sender.ping()
        except (RedisError, OSError) as error:
            raise FrontlineError(
                "redis_away", f"Redis does not answer: {type(error).__name__}", status=503, retryable=True
            ) from error

    async def close(self) -> None:
        """Sends what is waiting, then ends every subscription and both connections."""
        if self._tasks:
            with contextlib.suppress(RedisError, OSError):
                await self._send()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._subscribers.close()
        await self._sender.aclose()
        await self._listener.aclose()

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._keep(LISTEN, self._listen), name=LISTEN),
                asyncio.create_task(self._keep(SEND, self._send_all), name=SEND),
            ]

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Runs `work` for ever, again after each failure."""
        while True:
            try:
                await work()
            except (RedisError, OSError) as error:
                if not self._away:
                    log.warning("redis_away", error=type(error).__name__)
                self._away.add(name)
                await asyncio.sleep(AGAIN_S)

    async def _listen(self) -> None:
        async with self._listener.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.psubscribe(PREFIX + "*")
            self._away.discard(LISTEN)
            async for message in channel.listen():
                origin, key = orjson.loads(message["data"])
                if origin != self._origin:
                    self._subscribers.offer(message["channel"].decode().removeprefix(PREFIX), key)

    async def _send_all(self) -> None:
        await self._pending.wait()
        self._pending.clear()
        await self._send()

    async def _send(self) -> None:
        """Everything that waits, in one round trip; kept while Redis is away, the oldest lost first."""
        waiting = tuple(self._outgoing)
        self._outgoing.clear()
        try:
            async with self._sender.pipeline(transaction=False) as pipeline:
                for topic, key in waiting:
                    pipeline.publish(PREFIX + topic, orjson.dumps([self._origin, key]))
                await pipeline.execute()
        except (RedisError, OSError):
            self._outgoing = deque((*waiting, *self._outgoing), maxlen=CAPACITY)
            self._pending.set()
            raise
        self._away.discard(SEND)
