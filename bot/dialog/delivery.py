"""Sends what is committed to channels that must be pushed to: at least once, in order, with patience.

The outbox holds one row per event; a lease keeps two workers from sending the same one, and only the
oldest row of a conversation is due, which keeps the order. The receiver removes duplicates by seq.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.core.clock import Clock, now
from bot.core.errors import FrontlineError, StorageUnavailable
from bot.core.ports import Delivery, EventBus
from bot.store.records import Parcel

if TYPE_CHECKING:
    from bot.store.engine import Store

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=10)
ATTEMPTS = 12  # with doubling pauses about an hour, then given up
BATCH = 50
IDLE = 5.0  # seconds between looks when no hint comes: retries fall due without one
SEND_SECONDS = 15.0
GATHER = 0.05  # seconds after a hint in which further events come along
log = structlog.get_logger(__name__)
Observe = Callable[[str, str], None]  # (channel, "sent" | "failed" | "given_up")


def pause(attempts: int, spread: Callable[[], float] = random.random) -> timedelta:
    """How long to wait after this many failures: doubling, with jitter of half either way."""
    doubled: timedelta = FIRST_PAUSE * (1 << min(attempts - 1, 20))
    return min(doubled, LONGEST_PAUSE) * (0.5 + spread())


class DeliveryWorker:
    """Runs until stopped; wakes on the bus's hints and on its own clock."""

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        deliveries: Iterable[Delivery],
        *,
        clock: Clock = now,
        observe: Observe | None = None,
        idle: float = IDLE,
    ) -> None:
        self._store, self._bus, self._clock = store, bus, clock
        self._deliveries = {delivery.channel: delivery for delivery in deliveries}
        self._observe = observe or (lambda channel, result: None)
        self._idle = idle
        self._wake, self._stop = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Until `stop`; a database that is away is waited for."""
        listener = asyncio.create_task(self._listen())
        try:
            while not self._stop.is_set():
                self._wake.clear()
                try:
                    sent = await self.deliver_due()
                except StorageUnavailable:
                    log.warning("delivery.storage_unavailable")
                    sent = 0
                if sent == 0:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), self._idle)
                        await asyncio.sleep(GATHER)
        finally:
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener

    def stop(self) -> None:
        """Ends `run` after the parcels under way."""
        self._stop.set()
        self._wake.set()

    async def deliver_due(self) -> int:
        """Sends everything that is due now; returns how many parcels were looked at."""
        parcels = await self._store.outbox.due(self._clock(), BATCH)
        await asyncio.gather(*(self._deliver(parcel) for parcel in parcels))
        return len(parcels)

    async def _deliver(self, parcel: Parcel) -> None:
        delivery = self._deliveries.get(parcel.channel)
        try:
            if delivery is None:
                raise FrontlineError("channel_not_configured", "no delivery for this channel")
            async with asyncio.timeout(SEND_SECONDS):
                await delivery.send(parcel.address, parcel.event)
        except Exception as error:  # any channel's error means: try again later
            await self._failed(parcel, error)
            return
        await self._store.outbox.sent(parcel.id)
        self._observe(parcel.channel, "sent")

    async def _failed(self, parcel: Parcel, error: Exception) -> None:
        code = error.code if isinstance(error, FrontlineError) else type(error).__name__
        attempts = parcel.attempts + 1
        given_up = attempts >= ATTEMPTS
        next_at = None if given_up else self._clock() + pause(attempts)
        await self._store.outbox.failed(parcel.id, code, next_at)
        result = "given_up" if given_up else "failed"
        log.warning(
            f"delivery.{result}", channel=parcel.channel, parcel=parcel.id, attempts=attempts, code=code
        )
        self._observe(parcel.channel, result)

    async def _listen(self) -> None:
        async for _ in self._bus.subscribe("conversation"):
            self._wake.set()
