"""The process that understands beside us, and what becomes of messages when it cannot."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from bot.core.types import Inbound, Turn
from bot.dialog import twin as module
from bot.dialog.context import Context
from bot.dialog.search import Search
from bot.dialog.twin import Twin
from bot.dialog.understanding import Understanding
from bot.evaluation.workshop import Workshop

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not module.possible(), reason="a process may not fork here, or has one processor"),
]
NOBODY: frozenset[str] = frozenset()
TALKING = Context(articles=("card-block",), question="Как заблокировать карту?")
MESSAGES = (
    "Сколько стоит обслуживание карты?",
    "а если найдётся?",
    "позовите оператора",
    "мошенники списали деньги прямо сейчас",
    "what is the interest rate?",
    "Bonjour, comment allez-vous?",
    "перенесите платёж на 20 число и закажите справку об отсутствии долга",
    "...",
)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SETTLES_S", 0.02)


@pytest_asyncio.fixture(loop_scope="session")
async def twin(shop: Workshop) -> AsyncIterator[Twin]:
    one = Twin(shop.thinker.understand, shop.knowledge)
    await one.start()
    yield one
    await one.close()


def pid_of(twin: Twin) -> int:
    assert twin._line is not None
    return twin._line.pid


def said(turn: Turn) -> tuple[object, ...]:
    """What a turn said, but for its words, of which each conversation has variants."""
    return turn.intent, type(turn.answer), getattr(turn.answer, "sources", None), turn.hits


async def renewed(twin: Twin, shop: Workshop, text: str = MESSAGES[0]) -> Understanding:
    """What it understands, once it is there again."""
    async with asyncio.timeout(20):
        while True:
            found = await twin.understand(text, Context(), shop.knowledge.current, NOBODY)
            if found is not None:
                return found[0]
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("text", MESSAGES)
@pytest.mark.parametrize("context", [Context(), TALKING], ids=["first", "follows"])
async def test_it_understands_as_we_do(shop: Workshop, twin: Twin, text: str, context: Context) -> None:
    snapshot = shop.knowledge.current
    found = await twin.understand(text, context, snapshot, frozenset(["card-issue"]))
    assert found is not None
    understood, spent = found
    search = Search(snapshot.retriever, frozenset(["card-issue"]))
    ours = shop.thinker.understand(text, context, snapshot.without(["card-issue"]), search)
    assert (spent > 0) == (search.ms > 0)
    assert [each.query.text for each in understood.parts] == [each.query.text for each in ours.parts]
    assert [each.hits for each in understood.parts] == [each.hits for each in ours.parts]
    assert replace(understood, parts=()) == replace(ours, parts=())


async def test_many_wait_and_each_gets_its_own(shop: Workshop, twin: Twin) -> None:
    snapshot = shop.knowledge.current
    asked = [f"{text} {number}" for number in range(3) for text in MESSAGES[:5]]
    found = await asyncio.gather(*(twin.understand(text, Context(), snapshot, NOBODY) for text in asked))
    assert [each and each[0].reading.text for each in found] == asked


async def test_more_than_it_can_take_is_left_to_us(
    shop: Workshop, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING", 2)
    snapshot = shop.knowledge.current
    found = await asyncio.gather(
        *(twin.understand(text, Context(), snapshot, NOBODY) for text in MESSAGES[:3])
    )
    assert [each is None for each in found] == [False, False, True]


async def test_another_snapshot_gets_another_twin(shop: Workshop, twin: Twin) -> None:
    first, old = pid_of(twin), shop.knowledge.current
    shop.knowledge.current = replace(old, revision=old.revision + 1)
    try:
        assert await twin.understand(MESSAGES[0], Context(), shop.knowledge.current, NOBODY) is None
        assert (await renewed(twin, shop)).hits
        assert pid_of(twin) != first
    finally:
        shop.knowledge.current = old
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


async def test_who_waits_when_it_dies_is_told(shop: Workshop, twin: Twin) -> None:
    snapshot, first = shop.knowledge.current, pid_of(twin)
    os.kill(first, signal.SIGSTOP)
    waiting = [
        asyncio.create_task(twin.understand(text, Context(), snapshot, NOBODY)) for text in MESSAGES[:3]
    ]
    await asyncio.sleep(0)
    os.kill(first, signal.SIGKILL)
    assert await asyncio.gather(*waiting) == [None] * 3
    assert (await renewed(twin, shop)).hits
    assert pid_of(twin) != first


async def test_one_that_hangs_is_not_waited_for(
    shop: Workshop, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWERS_S", 0.1)
    os.kill(pid_of(twin), signal.SIGSTOP)
    assert await twin.understand(MESSAGES[0], Context(), shop.knowledge.current, NOBODY) is None
    monkeypatch.undo()
    assert (await renewed(twin, shop)).hits


async def test_what_it_cannot_do_is_left_to_us(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(text: str, *_: object) -> Understanding:
        raise ValueError(text)

    one = Twin(breaks, shop.knowledge)  # type: ignore[arg-type]
    await one.start()
    try:
        for _ in range(2):
            assert await one.understand("?", Context(), shop.knowledge.current, NOBODY) is None
    finally:
        await one.close()


async def test_no_fork_no_twin(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError("no more processes")

    one = Twin(shop.thinker.understand, shop.knowledge)
    monkeypatch.setattr(os, "fork", full)
    await one.start()
    assert await one.understand(MESSAGES[0], Context(), shop.knowledge.current, NOBODY) is None
    await one.close()


async def test_it_keeps_no_connection_of_ours_open(shop: Workshop) -> None:
    ours, peer = socket.socketpair()
    one = Twin(shop.thinker.understand, shop.knowledge)
    await one.start()
    try:
        ours.close()
        peer.settimeout(5)
        assert await asyncio.to_thread(peer.recv, 1) == b""
    finally:
        peer.close()
        await one.close()


async def test_a_crowd_is_answered_with_its_help(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a dozen customers at once hear what each hears alone."""
    alone = [
        await shop.turns.handle(Inbound("web_chat", f"alone-{number}", f"alone-{number}", text))
        for number, text in enumerate(MESSAGES)
    ]
    helped: list[str] = []
    one = Twin(shop.thinker.understand, shop.knowledge)
    asked = one.understand

    async def counted(text: str, *rest: object) -> module.Understood | None:
        helped.append(text)
        return await asked(text, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(one, "understand", counted)
    monkeypatch.setattr(shop.turns, "_thinker", replace(shop.thinker, twin=one))
    await one.start()
    try:
        crowd = await asyncio.gather(
            *(
                shop.turns.handle(Inbound("web_chat", f"crowd-{number}", f"crowd-{number}", text))
                for number, text in enumerate(MESSAGES)
            )
        )
    finally:
        await one.close()
    assert [said(each) for each in crowd] == [said(each) for each in alone]
    assert len(helped) > 1


async def test_a_message_repeated_in_a_hurry_is_answered_once(
    shop: Workshop, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From several addresses, so that nothing puts them in order; all hear the first result."""
    monkeypatch.setattr(shop.turns, "_thinker", replace(shop.thinker, twin=twin))
    turns = await asyncio.gather(
        *(
            shop.turns.handle(Inbound("web_chat", f"hurry-{number}", "in-a-hurry", MESSAGES[0]))
            for number in range(20)
        )
    )
    assert len({(turn.conversation_id, turn.seq, str(turn.answer)) for turn in turns}) == 1
    assert sum(not turn.repeated for turn in turns) == 1
