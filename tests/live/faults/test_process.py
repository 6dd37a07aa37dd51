"""The process dies or is asked to stop while customers write."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from bot.dialog.twin import possible
from bot.store.engine import Store
from tests.live.faults.crowd import QUESTIONS, Customer, Tally
from tests.live.faults.process import Process

pytestmark = pytest.mark.live
CUSTOMERS, EACH = 20, 50


def children(process: int) -> set[int]:
    """Those that any of its threads has started."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


@pytest.mark.slow
async def test_killed_twice_in_a_thousand_turns(process: Process) -> None:
    process.start()
    key = process.api_key()
    tally = Tally()
    async with AsyncExitStack() as stack:
        customers = [
            await Customer.of_partner(process.url, f"p{number}", key)
            if number % 2
            else await Customer.of_web_chat(process.url, f"w{number}")
            for number in range(CUSTOMERS)
        ]
        for one in customers:
            await stack.enter_async_context(one.client)
        talks = asyncio.gather(*(one.talk(EACH, tally) for one in customers))
        for moment in (200, 500, 800):
            await tally.reaches(moment)
            assert not talks.done()
            process.kill()
            await asyncio.to_thread(process.start, "/health/live")
        await talks
        assert len(tally.acknowledged) == CUSTOMERS * EACH
        for one in customers:
            await one.answered(EACH)
        for one in customers:
            assert await one.heard() == Counter({f"{one.name}-{number}": 1 for number in range(EACH)})
            assert len(await one.messages("bot")) == EACH
    assert process.end() == 0
    store = await Store.open(process.settings.database)
    assert await store.conversations.unanswered() == []
    await store.close()


@pytest.mark.skipif(not possible(), reason="a process may not fork here, or has one processor")
@pytest.mark.parametrize("end", [Process.kill, Process.end])
async def test_its_twin_ends_with_it(process: Process, end: Callable[[Process], object]) -> None:
    process.start()
    async with asyncio.timeout(30):
        while not (twins := children(process.running.pid)):
            await asyncio.sleep(0.05)
        end(process)
        while any(Path(f"/proc/{twin}").exists() for twin in twins):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("ask", [signal.SIGTERM, signal.SIGINT])
async def test_asked_to_stop_it_finishes_the_turns_in_flight(process: Process, ask: signal.Signals) -> None:
    process.start()
    key = process.api_key()
    partners = [await Customer.of_partner(process.url, f"p{number}", key) for number in range(30)]
    visitors = [await Customer.of_web_chat(process.url, f"w{number}") for number in range(30)]
    accepted: list[str] = []

    async def once(one: Customer) -> None:
        try:
            reply = await one.send(one.name, QUESTIONS[0])
        except httpx.TransportError:
            return  # came too late: the door is closed
        if reply.is_success:
            accepted.append(one.name)
            if len(accepted) == 10:
                process.running.send_signal(ask)

    async with AsyncExitStack() as stack:
        for one in (*visitors, *partners):
            await stack.enter_async_context(one.client)
        await asyncio.gather(*(once(one) for one in (*visitors, *partners)))
    assert process.running.wait(timeout=60) == 0
    assert len(accepted) >= 10
    store = await Store.open(process.settings.database)
    assert await store.conversations.unanswered() == []
    for item in (await store.conversations.search(size=100)).items:
        events = await store.conversations.events(item.conversation.id)
        said = [event.data["author"] for event in events if event.kind == "message"]
        assert said == ["customer", "bot"]
    assert (await store.conversations.search()).total >= len(accepted)
    await store.close()
