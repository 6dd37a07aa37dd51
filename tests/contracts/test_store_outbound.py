"""Calls that we make, on both databases: promised with a turn, claimed once, settled once, called off."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from held_clock import HeldClock

from bot.core.errors import FrontlineError, NotFound
from bot.core.outbound import CallKind, CallStatus, NewCall, OutboundCall
from bot.core.types import Inbound, Role
from bot.store.engine import Store
from bot.store.records import NewHandoff, Outcome

HOUR = timedelta(hours=1)
PHONE = "+79000000001"


async def promise(
    store: Store,
    due_at: datetime,
    *,
    phone: str = PHONE,
    kind: CallKind = CallKind.CALLBACK,
    address: str = "a",
) -> OutboundCall:
    """A turn that ends with a call being promised."""
    receipt = await store.conversations.receive(Inbound("web_chat", address, f"{address}-{due_at}", "?"))
    conversation = await store.conversations.get(receipt.conversation.id)
    outcome = Outcome(calls=(NewCall(kind, phone, due_at, "график"),), answers_seq=receipt.seq)
    [event] = await store.conversations.commit(conversation.id, conversation.version, outcome)
    assert event.kind == "outbound.scheduled"
    return await store.outbound.get(event.data["call_id"])


async def claim(store: Store, clock: HeldClock, call: OutboundCall, **limits: int) -> OutboundCall | None:
    per_day = limits.get("per_day", 10)
    return await store.outbound.claim(
        call.id, lost_at=clock() + HOUR, since=clock() - 24 * HOUR, per_day=per_day
    )


async def kinds(store: Store, call: OutboundCall) -> list[str]:
    events = await store.conversations.events(call.conversation_id)
    return [event.kind for event in events if event.kind.startswith("outbound.")]


async def test_a_turn_promises_a_call_in_its_own_transaction(store: Store, clock: HeldClock) -> None:
    due_at = clock() + HOUR
    call = await promise(store, due_at)
    assert (call.kind, call.phone, call.topic, call.attempts) == (CallKind.CALLBACK, PHONE, "график", 0)
    assert (call.status, call.due_at) == (CallStatus.WAITING, due_at)
    assert await store.outbound.due(clock()) == []
    assert [one.id for one in await store.outbound.due(due_at)] == [call.id]
    assert await store.outbound.of_conversation(call.conversation_id) == [call]
    receipt = await store.conversations.receive(Inbound("web_chat", "b", "1", "?"))
    stale = Outcome(calls=(NewCall(CallKind.CALLBACK, "+79000000002", clock()),), answers_seq=1)
    with pytest.raises(FrontlineError):
        await store.conversations.commit(receipt.conversation.id, 7, stale)
    assert await store.outbound.due(due_at - timedelta(seconds=1)) == []


async def test_a_later_call_takes_the_place_of_one_that_waits(store: Store, clock: HeldClock) -> None:
    first = await promise(store, clock() + HOUR)
    survey = await promise(store, clock() + HOUR, kind=CallKind.SURVEY, address="b")
    second = await promise(store, clock() + 2 * HOUR)
    first = await store.outbound.get(first.id)
    assert (first.status, first.result) == (CallStatus.CANCELLED, "replaced")
    assert [one.id for one in await store.outbound.due(clock() + 3 * HOUR)] == [survey.id, second.id]


async def test_of_many_dialers_one_gets_the_call(store: Store, clock: HeldClock) -> None:
    now = clock()
    call = await promise(store, now)
    got = [one for one in await asyncio.gather(*(claim(store, clock, call) for _ in range(8))) if one]
    [claimed] = got
    assert (claimed.status, claimed.attempts) == (CallStatus.CALLING, 1)
    assert claimed.due_at >= now + HOUR
    assert await store.outbound.due(clock()) == []
    assert await store.outbound.under_way(clock()) == 1
    assert await store.outbound.rung(PHONE, now) == 1


async def test_a_number_has_one_call_at_a_time(store: Store, clock: HeldClock) -> None:
    first = await promise(store, clock())
    second = await promise(store, clock(), kind=CallKind.SURVEY, address="b")
    got = await asyncio.gather(*(claim(store, clock, call) for call in (first, second)))
    assert sum(one is not None for one in got) == 1
    assert sorted([(await store.outbound.get(one.id)).status for one in (first, second)]) == [
        CallStatus.CALLING,
        CallStatus.WAITING,
    ]


async def test_a_number_is_rung_so_often_a_day(store: Store, clock: HeldClock) -> None:
    call = await promise(store, clock())
    for _ in range(2):
        claimed = await claim(store, clock, call, per_day=2)
        assert claimed is not None
        await store.outbound.settle(claimed, CallStatus.WAITING, "busy", clock())
    assert await claim(store, clock, call, per_day=2) is None
    left = await store.outbound.get(call.id)
    assert (left.status, left.attempts, left.result) == (CallStatus.WAITING, 2, "busy")
    clock.advance(24 * HOUR + timedelta(seconds=1))
    assert await claim(store, clock, call, per_day=2) is not None


async def test_an_attempt_is_settled_once(store: Store, clock: HeldClock) -> None:
    call = await promise(store, clock())
    claimed = await claim(store, clock, call)
    assert claimed is not None
    told = await asyncio.gather(
        *(
            store.outbound.settle(claimed, CallStatus.WAITING, "busy", clock() + number * HOUR)
            for number in range(1, 5)
        )
    )
    assert sorted(told) == [False, False, False, True]
    assert await kinds(store, call) == ["outbound.scheduled", "outbound.attempted"]
    [event] = [
        one
        for one in await store.conversations.events(call.conversation_id)
        if one.kind == "outbound.attempted"
    ]
    assert (event.data["result"], event.data["status"], event.data["attempt"]) == ("busy", "waiting", 1)
    again = await claim(store, clock, call)
    assert again is None
    clock.advance(5 * HOUR)
    again = await claim(store, clock, call)
    assert again is not None
    assert not await store.outbound.settle(claimed, CallStatus.DONE, "talked"), "of the attempt before"
    assert await store.outbound.settle(again, CallStatus.DONE, "talked")
    assert (await store.outbound.get(call.id)).status is CallStatus.DONE


async def test_a_call_that_nobody_hears_of_is_due_again(store: Store, clock: HeldClock) -> None:
    call = await promise(store, clock())
    claimed = await claim(store, clock, call)
    assert claimed is not None
    await store.outbound.answered(claimed, clock() + 2 * HOUR)
    clock.advance(HOUR + timedelta(minutes=1))
    assert await store.outbound.due(clock()) == []
    clock.advance(HOUR)
    [lost] = await store.outbound.due(clock())
    assert lost.status is CallStatus.CALLING
    assert lost.answered_at is not None
    assert await store.outbound.under_way(clock()) == 0


async def test_who_wants_no_calls_gets_none(store: Store, clock: HeldClock) -> None:
    call = await promise(store, clock())
    survey = await promise(store, clock(), kind=CallKind.SURVEY, address="b")
    other = await promise(store, clock(), phone="+79000000002", address="c")
    receipt = await store.conversations.receive(Inbound("web_chat", "d", "d", "не звоните мне больше"))
    outcome = Outcome(refuses=(PHONE,), answers_seq=1)
    [event] = await store.conversations.commit(receipt.conversation.id, 0, outcome)
    assert (event.kind, event.data) == ("outbound.refused", {})
    assert [(await store.outbound.get(one.id)).status for one in (call, survey, other)] == [
        CallStatus.REFUSED,
        CallStatus.REFUSED,
        CallStatus.WAITING,
    ]
    assert await store.outbound.refused(PHONE)
    assert not await store.outbound.refused("+79000000002")
    late = await promise(store, clock(), kind=CallKind.SURVEY, address="b")
    assert await claim(store, clock, late) is None
    clock.advance(HOUR)
    asked = await promise(store, clock())
    assert await claim(store, clock, asked) is not None, "asked for after the refusal"


async def test_a_refusal_in_mid_call_stops_the_next_attempt(store: Store, clock: HeldClock) -> None:
    call = await promise(store, clock())
    claimed = await claim(store, clock, call)
    assert claimed is not None
    clock.advance(timedelta(minutes=1))
    await asyncio.gather(*(store.outbound.refuse(call.conversation_id, PHONE) for _ in range(3)))
    assert await store.outbound.settle(claimed, CallStatus.WAITING, "busy", clock())
    assert await claim(store, clock, call) is None
    assert (await store.outbound.get(call.id)).status is CallStatus.REFUSED
    assert await store.outbound.due(clock()) == []


async def test_an_operator_calls_off_what_waits(store: Store, clock: HeldClock) -> None:
    anna = await store.operators.create("anna", "Анна", Role.OPERATOR, "h")
    call = await promise(store, clock())
    await store.outbound.cancel(call.id, anna)
    assert (await store.outbound.get(call.id)).status is CallStatus.CANCELLED
    assert await kinds(store, call) == ["outbound.scheduled", "outbound.cancelled"]
    with pytest.raises(FrontlineError) as refused:
        await store.outbound.cancel(call.id, anna)
    assert (refused.value.code, refused.value.status) == ("call_not_waiting", 409)
    with pytest.raises(NotFound):
        await store.outbound.cancel("0" * 32, anna)
    under_way = await promise(store, clock())
    claimed = await claim(store, clock, under_way)
    assert claimed is not None
    with pytest.raises(FrontlineError):
        await store.outbound.cancel(under_way.id, anna)
    assert not await store.outbound.give_up(claimed, CallStatus.GAVE_UP, "expired")


@pytest.mark.parametrize("refuses", [False, True])
async def test_a_closed_handoff_may_lead_to_a_survey(store: Store, clock: HeldClock, refuses: bool) -> None:
    anna = await store.operators.create("anna", "Анна", Role.OPERATOR, "h")
    receipt = await store.conversations.receive(Inbound("phone", PHONE, "1", "человека"))
    found = receipt.conversation.id
    outcome = Outcome(handoff=NewHandoff("asked", 1), refuses=(PHONE,) if refuses else ())
    events = await store.conversations.commit(found, 0, outcome)
    handoff = events[-1].data["handoff_id"]
    await store.handoffs.claim(handoff, anna.id)
    survey = NewCall(CallKind.SURVEY, PHONE, clock() + HOUR)
    closed = await store.handoffs.close(handoff, anna.id, "resolved", "всё хорошо", survey=survey)
    expected = ["note", "handoff.closed"] if refuses else ["note", "handoff.closed", "outbound.scheduled"]
    assert [event.kind for event in closed] == expected
    assert [event.seq for event in closed] == list(range(closed[0].seq, closed[0].seq + len(closed)))
    assert len(await store.outbound.of_conversation(found)) == (not refuses)
