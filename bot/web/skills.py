"""What the people at work know, as this process last saw it: no turn asks the database for it.

Another process's change is heard as a hint on the bus; a look every few seconds makes up for a lost one.
"""

from __future__ import annotations

import asyncio

from bot.core.errors import FrontlineError
from bot.core.ports import EventBus
from bot.store.engine import Store
from bot.web.logs import logger

log = logger("frontline.skills")
TOPIC = "team"
_POLL = 15.0  # seconds


class Skills:
    """`codes`: every skill that some active operator has."""

    def __init__(self, store: Store, bus: EventBus) -> None:
        self.codes: frozenset[str] = frozenset()
        self._store, self._bus = store, bus
        self._hinted = asyncio.Event()

    async def refresh(self) -> None:
        self.codes = await self._store.operators.skills()

    async def changed(self) -> None:
        """After a change of ours: tells the other processes, returns when it holds here."""
        await self._bus.publish(TOPIC, "")
        await self.refresh()

    def hinted(self) -> None:
        self._hinted.set()

    async def watch(self) -> None:
        """Runs for the life of the process."""
        while True:
            self._hinted.clear()
            try:
                await self.refresh()
            except FrontlineError as error:  # the database is away: what was known holds
                log.warning("skills_not_refreshed", code=error.code)
            try:
                async with asyncio.timeout(_POLL):
                    await self._hinted.wait()
            except TimeoutError:
                continue  # nobody said anything: look anyway
