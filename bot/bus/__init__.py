"""The event bus: hints that something changed. In process, or through Redis by URL."""

from __future__ import annotations

from bot.core.errors import FrontlineError
from bot.core.ports import EventBus


def open_bus(url: str = "") -> EventBus:
    """Redis for `redis://`, `rediss://` and `unix://` URLs, in process for an empty one."""
    if not url:
        from bot.bus.memory import MemoryBus

        return MemoryBus()
    if url.startswith(("redis://", "rediss://", "unix://")):
        from bot.bus.redis import RedisBus

        return RedisBus(url)
    raise FrontlineError("invalid_configuration", "redis_url: a redis:// URL or nothing is expected")
