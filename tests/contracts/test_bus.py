"""The bus in memory and through a real Redis: hints arrive, slow readers lose the oldest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from services import RedisServer

from bot.bus import open_bus
from bot.bus.memory import MemoryBus
from bot.bus.redis import RedisBus
from bot.bus.subscribers import CAPACITY
from bot.core.errors import FrontlineError
from bot.core.ports import EventBus

PATIENCE = 20


@pytest.fixture(params=["memory", "redis"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[EventBus]:
    url = "" if request.param == "memory" else str(request.getfixturevalue("redis_url"))
    opened = open_bus(url)
    yield opened
    await opened.close()


async def next_of(hints: AsyncIterator[tuple[str, str]]) -> tuple[str, str]:
    async with asyncio.timeout(PATIENCE):
        return await anext(hints)


async def until_heard(sender: EventBus, hints: AsyncIterator[tuple[str, str]], topic: str) -> None:
    """Publishes until it arrives: a subscription at Redis takes a moment to stand."""
    heard = asyncio.ensure_future(anext(hints))
    async with asyncio.timeout(PATIENCE):
        while not heard.done():
            await sender.publish(topic, "probe")
            await asyncio.wait([heard], timeout=0.02)
    assert heard.result() == (topic, "probe")


async def until_quiet(hints: AsyncIterator[tuple[str, str]], last: tuple[str, str]) -> None:
    """Skips probes that are still on their way."""
    async with asyncio.timeout(PATIENCE):
        while await anext(hints) != last:
            pass


def test_chosen_by_url() -> None:
    assert isinstance(open_bus(""), MemoryBus)
    with pytest.raises(FrontlineError):
        open_bus("http://nowhere")


async def test_ping_answers_while_the_others_can_be_reached(bus: EventBus) -> None:
    await bus.ping()


async def test_ping_says_that_redis_is_away() -> None:
    lost = open_bus("redis://127.0.0.1:9/0")
    with pytest.raises(FrontlineError) as caught:
        await lost.ping()
    assert (caught.value.code, caught.value.retryable) == ("redis_away", True)
    await lost.close()


async def test_topics_are_kept_apart(bus: EventBus) -> None:
    queue, both = bus.subscribe("queue"), bus.subscribe("queue", "conversation")
    await bus.publish("conversation", "c1")
    await bus.publish("knowledge", "7")
    await bus.publish("queue", "")
    assert await next_of(queue) == ("queue", "")
    assert [await next_of(both), await next_of(both)] == [("conversation", "c1"), ("queue", "")]


async def test_slow_reader_loses_the_oldest(bus: EventBus) -> None:
    slow = bus.subscribe("queue")
    for number in range(CAPACITY + 10):
        await bus.publish("queue", str(number))
    assert await next_of(slow) == ("queue", "10")


async def test_close_ends_the_iteration(bus: EventBus) -> None:
    hints = bus.subscribe("queue")
    await bus.publish("queue", "last")

    async def read() -> list[tuple[str, str]]:
        return [hint async for hint in hints]

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    await bus.close()
    async with asyncio.timeout(PATIENCE):
        assert await reading == [("queue", "last")]


async def test_dropped_subscriptions_are_forgotten(bus: EventBus) -> None:
    for _ in range(3):
        bus.subscribe("queue")
    kept = bus.subscribe("queue")
    await bus.publish("queue", "x")
    assert await next_of(kept) == ("queue", "x")
    assert isinstance(bus, MemoryBus | RedisBus)
    assert len(bus._subscribers._by_topic["queue"]) == 1


async def test_hints_reach_other_processes_once(redis_url: str) -> None:
    one, other = open_bus(redis_url), open_bus(redis_url)
    here, there = one.subscribe("conversation"), other.subscribe("conversation")
    await until_heard(one, there, "conversation")
    await one.publish("conversation", "вести")
    await until_quiet(there, ("conversation", "вести"))
    await until_quiet(here, ("conversation", "вести"))
    await until_heard(other, here, "conversation")
    await one.close()
    await other.close()


async def test_redis_away_and_back(redis_server: RedisServer) -> None:
    one, other = open_bus(redis_server.url), open_bus(redis_server.url)
    here, there = one.subscribe("queue"), other.subscribe("queue")
    await until_heard(one, there, "queue")
    await one.publish("queue", "before")
    await until_quiet(here, ("queue", "before"))
    await until_quiet(there, ("queue", "before"))
    redis_server.stop()
    try:
        await one.publish("queue", "alone")
        assert await next_of(here) == ("queue", "alone")
    finally:
        redis_server.start()
    heard: list[tuple[str, str]] = []

    async def read() -> None:
        async for hint in there:
            heard.append(hint)

    reading = asyncio.create_task(read())
    async with asyncio.timeout(PATIENCE):
        while ("queue", "again") not in heard:
            await one.publish("queue", "again")
            await asyncio.wait([reading], timeout=0.02)
    await one.close()
    await other.close()
    await reading


async def test_a_hint_on_a_connection_that_has_died_is_sent_again(redis_server: RedisServer) -> None:
    one, other = open_bus(redis_server.url), open_bus(redis_server.url)
    there = other.subscribe("queue")
    await until_heard(one, there, "queue")
    redis_server.stop()
    try:
        async with asyncio.timeout(PATIENCE):
            while not (one.problem and other.problem):
                await asyncio.sleep(0.02)
    finally:
        redis_server.start()
    async with asyncio.timeout(PATIENCE):
        while one.problem or other.problem:
            await asyncio.sleep(0.02)
    await one.publish("queue", "once")
    await until_quiet(there, ("queue", "once"))
    await one.close()
    await other.close()
