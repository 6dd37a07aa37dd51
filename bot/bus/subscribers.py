"""Bounded queues of hints: a slow subscriber loses the oldest, nobody waits for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from weakref import WeakSet

Hint = tuple[str, str]

# A subscriber this far behind reads the database anyway when it comes to the newest hint.
CAPACITY = 1024


class Subscription(AsyncIterator[Hint]):
    """Iterates over the hints of some topics; dropping the last reference ends it."""

    def __init__(self) -> None:
        self._hints: deque[Hint] = deque(maxlen=CAPACITY)
        self._arrived = asyncio.Event()
        self._closed = False

    def put(self, hint: Hint) -> None:
        """Never waits; the oldest hint makes room."""
        self._hints.append(hint)
        self._arrived.set()

    async def __anext__(self) -> Hint:
        while not self._hints:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._hints.popleft()

    def close(self) -> None:
        """Ends the iteration after the hints that have arrived."""
        self._closed = True
        self._arrived.set()


class Subscribers:
    """The subscriptions of this process, by topic."""

    def __init__(self) -> None:
        self._by_topic: dict[str, WeakSet[Subscription]] = {}

    def add(self, topics: Iterable[str]) -> Subscription:
        """A subscription that gets every hint from now on."""
        subscription = Subscription()
        for topic in topics:
            self._by_topic.setdefault(topic, WeakSet()).add(subscription)
        return subscription

    def offer(self, topic: str, key: str) -> None:
        """Hands the hint to everyone who listens to the topic."""
        for subscription in self._by_topic.get(topic, ()):
            subscription.put((topic, key))

    def close(self) -> None:
        """Ends every subscription."""
        for listening in self._by_topic.values():
            for subscription in listening:
                subscription.close()
