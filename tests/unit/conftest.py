"""Conversations with the whole bot, each with company systems of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from talk import Talk, talking

from bot.evaluation.workshop import Workshop


@pytest_asyncio.fixture(loop_scope="session")
async def talk(shop: Workshop, tmp_path: Path) -> AsyncIterator[Talk]:
    async with talking(shop, tmp_path) as opened:
        yield opened
