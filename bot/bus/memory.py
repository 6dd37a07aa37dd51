"""The bus of a single process."""

from __future__ import annotations

from bot.bus.subscribers import Subscribers, Subscription


class MemoryBus:
    """Hands a hint to every subscription at once; costs no task and no thread."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self._subscribers = Subscribers()

    async def publish(self, topic: str, key: str) -> None:
        """Never waits."""
        self._subscribers.offer(topic, key)

    def subscribe(self, *topics: str) -> Subscription:
        """Gets hints from this call on, not only from the first `async for` step."""
        return self._subscribers.add(topics)

    async def ping(self) -> None:
        """There are no other processes."""

    async def close(self) -> None:
        """Ends every subscription."""
        self._subscribers.close()
