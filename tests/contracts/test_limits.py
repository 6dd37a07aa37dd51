"""Rate limits in memory and through a real Redis: one window per kind and person."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from services import RedisServer

from bot.web.errors import RateLimitError
from bot.web.limits import RateLimits


@pytest.fixture(params=["memory", "redis"])
async def limits(request: pytest.FixtureRequest) -> AsyncIterator[RateLimits]:
    url = "" if request.param == "memory" else str(request.getfixturevalue("redis_url"))
    opened = RateLimits(url)
    yield opened
    await opened.close()


async def test_a_moving_window_per_kind_and_person(limits: RateLimits) -> None:
    for _ in range(2):
        await limits.check("login", "a", 2)
    await limits.check("login", "b", 2)
    await limits.check("session", "a", 2)
    with pytest.raises(RateLimitError):
        await limits.check("login", "a", 2)


async def test_processes_count_together_while_redis_is_there(redis_server: RedisServer) -> None:
    one, other = RateLimits(redis_server.url), RateLimits(redis_server.url)
    try:
        await one.check("login", "shared", 1)
        with pytest.raises(RateLimitError):
            await other.check("login", "shared", 1)
        redis_server.stop()
        await other.check("login", "shared", 1)  # rather too generous than turning a customer away
        with pytest.raises(RateLimitError):
            await other.check("login", "shared", 1)
    finally:
        redis_server.stop()
        redis_server.start()
        await one.close()
        await other.close()
