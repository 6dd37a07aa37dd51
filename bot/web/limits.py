"""Rate limits over a moving window: in this process, or shared through Redis when it is configured.

When Redis is away each process falls back to its own window: a limit that is too generous for a
while is better than a customer who is turned away.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter as SharedWindow
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.web.errors import RateLimitError
from bot.web.logs import logger

if TYPE_CHECKING:
    from redis.asyncio import ConnectionPool

log = logger("frontline.limits")


class RateLimits:
    def __init__(self, redis_url: str = "") -> None:
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._shared: SharedWindow | None = None
        self._pool: ConnectionPool | None = None
        if redis_url:
            from redis.asyncio import ConnectionPool

            self._pool = ConnectionPool.from_url(redis_url)
            storage = RedisStorage(
                f"async+{redis_url}",
                wrap_exceptions=True,
                implementation="redispy",
                connection_pool=self._pool,  # type: ignore[arg-type]  # documented, and typed too narrowly
            )
            self._shared = SharedWindow(storage)

    async def check(self, what: str, who: str, per_minute: int) -> None:
        """Counts one `what` of `who`; raises `RateLimitError` above `per_minute`.

        `who` may be an address: only its hash is kept.
        """
        item = RateLimitItemPerMinute(per_minute)
        key = hashlib.sha256(who.encode()).hexdigest()[:32]
        if not await self._hit(item, what, key):
            raise RateLimitError(retry_after=max(1, 60 // max(per_minute, 1)))

    async def close(self) -> None:
        """Gives the connections back; `limits` has no end of its own for them."""
        if self._pool is not None:
            await self._pool.disconnect()

    async def _hit(self, item: RateLimitItemPerMinute, what: str, key: str) -> bool:
        if self._shared is not None:
            try:
                return await self._shared.hit(item, what, key)
            except StorageError:
                log.warning("rate_limit_store_unavailable")
        return self._local.hit(item, what, key)
