"""The outbox on both databases: what is enqueued, in which order it leaves, leases and retries."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from held_clock import HeldClock

from bot.core.types import Inbound, NewEvent, Role
from bot.store.engine import Store
from bot.store.records import NewHandoff, Outcome, Parcel

MINUTE = timedelta(minutes=1)


def said(text: str, author: str = "bot") -> NewEvent:
    return NewEvent("message", {"author": author, "text": text})


async def turn(store: Store, address: str, *events: NewEvent, pushed: bool = True) -> str:
    receipt = await store.conversations.receive(
        Inbound("partner", address, f"{address}-1", "вопрос", pushed=pushed)
    )
    await store.conversations.commit(receipt.conversation.id, 0, Outcome(events=events, answers_seq=1))
    return receipt.conversation.id


def texts(parcels: list[Parcel]) -> list[str]:
    return [parcel.event.data["text"] for parcel in parcels]


async def test_only_public_events_of_pushed_conversations(store: Store, clock: HeldClock) -> None:
    await turn(store, "web", said("в окно"), pushed=False)
    here = await turn(store, "p", said("ответ"), NewEvent("turn", {}), said("моё", "customer"))
    await store.conversations.append(
        here, [NewEvent("note", {"text": "тайна"}), said("от человека", "operator")]
    )
    assert await store.outbox.backlog() == 2
    [parcel] = await store.outbox.due(clock())
    assert (parcel.channel, parcel.address, parcel.attempts) == ("partner", "p", 0)
    assert (parcel.event.conversation_id, parcel.event.seq, parcel.event.data["text"]) == (here, 2, "ответ")


async def test_order_within_a_conversation(store: Store, clock: HeldClock) -> None:
    await turn(store, "p", said("раз"), said("два"))
    await turn(store, "q", said("три"))
    first = await store.outbox.due(clock())
    assert texts(first) == ["раз", "три"]
    assert await store.outbox.due(clock()) == []
    for parcel in first:
        await store.outbox.sent(parcel.id)
    assert texts(await store.outbox.due(clock())) == ["два"]


async def test_handoff_events_are_delivered(store: Store, clock: HeldClock) -> None:
    receipt = await store.conversations.receive(Inbound("partner", "p", "1", "человека", pushed=True))
    await store.conversations.commit(receipt.conversation.id, 0, Outcome(handoff=NewHandoff("asked", 1)))
    anna = await store.operators.create("anna", "Анна", Role.OPERATOR, "h")
    handoff = await store.handoffs.open_of(receipt.conversation.id)
    assert handoff is not None
    await store.handoffs.claim(handoff.id, anna.id)
    kinds = []
    while parcels := await store.outbox.due(clock()):
        kinds.append(parcels[0].event.kind)
        await store.outbox.sent(parcels[0].id)
    assert kinds == ["handoff.requested", "handoff.claimed"]


async def test_failures_wait_and_end(store: Store, clock: HeldClock) -> None:
    await turn(store, "p", said("раз"), said("два"))
    [parcel] = await store.outbox.due(clock())
    await store.outbox.failed(parcel.id, "http_500", clock() + MINUTE)
    assert await store.outbox.due(clock()) == []
    clock.advance(MINUTE)
    [again] = await store.outbox.due(clock())
    assert (again.id, again.attempts) == (parcel.id, 1)
    await store.outbox.failed(parcel.id, "http_410", None)
    assert texts(await store.outbox.due(clock())) == ["два"]
    assert await store.outbox.backlog() == 1


async def test_a_lease_runs_out(store: Store, clock: HeldClock) -> None:
    await turn(store, "p", said("раз"))
    [parcel] = await store.outbox.due(clock(), lease=MINUTE)
    clock.advance(MINUTE)
    assert [one.id for one in await store.outbox.due(clock())] == [parcel.id]
    await store.outbox.sent(parcel.id)
    await store.outbox.failed(parcel.id, "late", clock())
    assert await store.outbox.backlog() == 0


async def test_workers_never_get_the_same_parcel(store: Store, clock: HeldClock) -> None:
    for number in range(20):
        await turn(store, f"p{number}", said("раз"))
    at = clock()
    taken = await asyncio.gather(*(store.outbox.due(at, 7) for _ in range(6)))
    ids = [parcel.id for parcels in taken for parcel in parcels]
    assert len(ids) == len(set(ids))
    rest = await store.outbox.due(at)
    assert len(ids) + len(rest) == 20
