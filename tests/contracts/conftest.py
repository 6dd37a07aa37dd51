"""The store on both databases, and the clock in the test's hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from company import WEDNESDAY, Company, clock_at, company_inside, company_on_a_port
from held_clock import HeldClock
from services import postgres, postgres_url, redis_server, redis_url

from bot.store.engine import Store

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite+aiosqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def store(database_url: str, clock: HeldClock) -> AsyncIterator[Store]:
    opened = await Store.open(database_url, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture(params=["inside", pytest.param("port", marks=pytest.mark.live)])
async def company(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Company]:
    """The example company inside the process, and on a port."""
    start = company_inside if request.param == "inside" else company_on_a_port
    async with start(tmp_path / "backoffice.db", clock_at(WEDNESDAY)) as running:
        yield running
