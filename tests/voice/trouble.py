"""What tests of broken calls share: waiting for a state, sounds that are no speech, tasks that remain."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
import pytest
from caller import PATIENCE_S, RATE, Caller, World

from voice.tts import Fallback
from voice.tts.saying import WorkerEngine

QUESTION = "как погасить займ досрочно"
LONG_S = 150.0  # in which a call ends that is left to itself


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.02)


async def until_speaking(caller: Caller) -> None:
    """Until the other side says the next thing."""
    mark = len(caller.line.heard)
    await until(lambda: any(caller.line.heard[mark:]))


async def in_queue(caller: Caller) -> None:
    await asyncio.wait_for(asyncio.shield(caller._call), LONG_S)
    assert caller.line.left is not None
    assert caller.line.left.kind == "queue"


def engine_of(world: World) -> WorkerEngine:
    """What speaks in the calls of this world."""
    fallback = world.gateway._voice._engine
    assert isinstance(fallback, Fallback)
    engine = fallback._engines[0]
    assert isinstance(engine, WorkerEngine)
    return engine


def noise(seconds: float, level: int, seed: int) -> bytes:
    made = np.random.default_rng(seed).normal(0, level, int(seconds * RATE))
    return np.clip(made, -32768, 32767).astype("<i2").tobytes()


def music(seconds: float) -> bytes:
    """Chords of three notes with their overtones, two a second."""
    at = np.arange(int(seconds * RATE)) / RATE
    root = 220 * 2 ** (np.array([0, 5, 7, 3, 8, 10, 5, 0])[(at * 2).astype(int) % 8] / 12)
    sound = sum(
        np.sin(2 * np.pi * np.cumsum(root * step * over) / RATE) / over
        for step in (1, 1.26, 1.5)
        for over in (1, 2, 3)
    )
    return (sound * 3000 * (0.6 + 0.4 * np.exp(-6 * (at * 2 % 1)))).astype("<i2").tobytes()


async def plays(caller: Caller, sound: bytes) -> None:
    """Plays it again and again until the call is over."""
    while not caller._call.done():
        if len(caller._outgoing) < len(sound):
            caller._outgoing += sound
        await asyncio.sleep(0.5)


@asynccontextmanager
async def slow_turns(caller: Caller) -> AsyncIterator[None]:
    """Another turn of this caller's conversation is under way and does not end."""
    turns = await caller.world.house.turns()
    order = turns._order("phone", caller.line.incoming.caller)
    await caller.world.across(order.acquire())
    try:
        yield
    finally:
        caller.world.across._loop.call_soon_threadsafe(order.release)


async def tasks(world: World) -> Counter[str]:
    """What runs on the loop of the calls, by name."""

    async def count() -> Counter[str]:
        return Counter(str(task.get_coro().__qualname__) for task in asyncio.all_tasks())

    return await world.gateway.on_calls(count())


async def until_same_tasks(world: World, before: Counter[str]) -> None:
    left: Counter[str] = Counter()
    try:
        async with asyncio.timeout(20):
            while left := await tasks(world) - before:
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"still runs: {left}")
