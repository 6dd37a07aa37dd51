"""The whole house with its gateway, once for all calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from caller import World

from bot.settings import Settings, Voice
from bot.web.metrics import Metrics
from bot.wiring import close_house, open_house
from tests.services import postgres, postgres_url
from voice.asr import open_recogniser
from voice.call.talk import Across
from voice.gateway import Gateway
from voice.tts import open_engine

__all__ = ["postgres", "postgres_url"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """No carriers: the tests have lines of their own. Nobody is at the desk."""
    voice = Voice(carriers="", record=True, max_calls=40)
    settings = Settings(data_dir=tmp_path_factory.mktemp("house"), voice=voice)
    running = await open_house(settings, Metrics())
    await running.house.opened.wait()
    gateway = Gateway(running.house)
    await gateway.start()
    ears = await asyncio.to_thread(open_recogniser, voice, settings.data_dir)
    world = World(
        running.house, Across(asyncio.get_running_loop()), gateway, open_engine("espeak", "", settings), ears
    )
    yield world
    await gateway.on_calls(world.voice.close())
    await gateway.on_calls(ears.close())
    await gateway.stop()
    await close_house(running)
