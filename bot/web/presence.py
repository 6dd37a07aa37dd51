"""How many operators are at their desks: connected desk sockets, over all processes.

Each process tells the others its number by a hint on the bus, on change and every 20 seconds; a
number that was not repeated for a minute is forgotten with its process.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable

from bot.core.ports import EventBus

TOPIC = "presence"
_REPEAT, _FORGET = 20.0, 60.0


class Presence:
    def __init__(self, bus: EventBus, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        self._clock = clock
        self._process = secrets.token_hex(6)
        self._here: Counter[str] = Counter()
        self._elsewhere: dict[str, tuple[int, float]] = {}

    def online(self) -> int:
        """Operators with at least one desk open; one person in two processes counts twice."""
        fresh = self._clock() - _FORGET
        return len(self._here) + sum(count for count, at in self._elsewhere.values() if at >= fresh)

    async def enter(self, operator_id: str) -> None:
        self._here[operator_id] += 1
        await self._tell()

    async def leave(self, operator_id: str) -> None:
        self._here[operator_id] -= 1
        if self._here[operator_id] <= 0:
            del self._here[operator_id]
        await self._tell()

    def heard(self, key: str) -> None:
        """A hint `<process>:<count>` from the bus."""
        process, _, count = key.partition(":")
        if process != self._process and count.isdigit():
            self._elsewhere[process] = (int(count), self._clock())

    async def repeat(self) -> None:
        """Runs for the life of the process."""
        while True:
            await self._tell()
            await asyncio.sleep(_REPEAT)

    async def _tell(self) -> None:
        await self._bus.publish(TOPIC, f"{self._process}:{len(self._here)}")
