"""The event bus: hints that something changed. In process, or through Redis by URL."""

from __future__ import annotations

from bot.core.ports import EventBus


def open_bus(url: str = "") -> EventBus:
    """Redis for `redis://` and `rediss://` URLs, in-process for an empty one."""
    raise NotImplementedError
