"""Handoffs on both databases: legal steps, races between operators, what the desk lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta

import pytest
from held_clock import HeldClock

from bot.core.errors import FrontlineError, NotFound, StaleVersion
from bot.core.types import ConversationStatus, HandoffStatus, Inbound, NewEvent, Operator, Owner, Role
from bot.store.engine import Store
from bot.store.records import NewHandoff, Outcome

WORDS = NewEvent("message", {"author": "bot", "text": "зову человека"})


async def call(store: Store, address: str = "a", priority: int = 5) -> tuple[str, str]:
    """A customer who asks for a human; returns (conversation, handoff)."""
    receipt = await store.conversations.receive(Inbound("web_chat", address, f"{address}-1", "человека"))
    conversation = await store.conversations.get(receipt.conversation.id)
    events = await store.conversations.commit(
        conversation.id,
        conversation.version,
        Outcome(
            events=(WORDS,),
            answers_seq=receipt.seq,
            handoff=NewHandoff("asked", priority, {"topic": "карта"}),
        ),
    )
    return conversation.id, events[-1].data["handoff_id"]


async def person(store: Store, login: str) -> Operator:
    return await store.operators.create(login, login.title(), Role.OPERATOR, "hash")


async def refused(step: Awaitable[object]) -> str:
    with pytest.raises(FrontlineError) as raised:
        await step
    return raised.value.code


async def test_request_puts_the_conversation_into_the_queue(store: Store) -> None:
    conversation_id, handoff_id = await call(store)
    conversation = await store.conversations.get(conversation_id)
    assert (conversation.owner, conversation.version) == (Owner.QUEUE, 1)
    kinds = [event.kind for event in await store.conversations.events(conversation_id)]
    assert kinds == ["message", "message", "handoff.requested"]
    [item] = await store.handoffs.queue()
    assert item.handoff == await store.handoffs.get(handoff_id)
    assert item.handoff == await store.handoffs.open_of(conversation_id)
    assert (item.conversation, item.last_message, item.last_author) == (conversation, "зову человека", "bot")
    assert (item.handoff.context, item.handoff.status) == ({"topic": "карта"}, HandoffStatus.WAITING)
    assert (item.waiting_since, item.claimed_by_name) == (item.handoff.created_at, None)


async def test_queue_serves_by_priority_then_waiting_time(store: Store) -> None:
    handoffs = [
        (await call(store, address, priority))[1] for address, priority in (("a", 5), ("b", 1), ("c", 5))
    ]
    order = [handoffs[1], handoffs[0], handoffs[2]]
    assert [item.handoff.id for item in await store.handoffs.queue()] == order
    assert [await store.handoffs.position(handoff_id) for handoff_id in order] == [1, 2, 3]
    anna = await person(store, "anna")
    await store.handoffs.claim(order[0], anna.id)
    assert [await store.handoffs.position(handoff_id) for handoff_id in order] == [None, 1, 2]
    claimed = next(item for item in await store.handoffs.queue() if item.handoff.id == order[0])
    assert (claimed.claimed_by_name, claimed.handoff.claimed_by) == ("Anna", anna.id)


async def test_whole_life_with_an_operator(store: Store) -> None:
    conversation_id, handoff_id = await call(store)
    anna, boris = await person(store, "anna"), await person(store, "boris")
    [claimed] = await store.handoffs.claim(handoff_id, anna.id)
    assert (claimed.kind, claimed.data["operator_name"]) == ("handoff.claimed", "Anna")
    assert await store.handoffs.claim(handoff_id, anna.id) == ()
    message = NewEvent("message", {"author": "operator", "text": "слушаю"})
    assert (
        await refused(store.conversations.append(conversation_id, [message], holder=boris.id))
        == "handoff_not_yours"
    )
    await store.conversations.append(conversation_id, [message], holder=anna.id)
    assert (await store.conversations.get(conversation_id)).owner is Owner.OPERATOR
    await store.handoffs.release(handoff_id, anna.id)
    assert (await store.conversations.get(conversation_id)).owner is Owner.QUEUE
    assert (
        await refused(store.conversations.append(conversation_id, [message], holder=anna.id))
        == "handoff_not_yours"
    )
    await store.handoffs.claim(handoff_id, boris.id)
    [returned] = await store.handoffs.give_back(handoff_id, boris.id)
    assert returned.kind == "handoff.returned"
    conversation = await store.conversations.get(conversation_id)
    assert (conversation.owner, conversation.status) == (Owner.BOT, ConversationStatus.OPEN)
    assert await store.handoffs.open_of(conversation_id) is None
    ended = await store.handoffs.latest_of(conversation_id)
    assert ended is not None
    assert (ended.status, ended.closed_at is not None) == (HandoffStatus.RETURNED, True)


async def test_close_ends_the_conversation(store: Store) -> None:
    conversation_id, handoff_id = await call(store)
    anna = await person(store, "anna")
    assert await refused(store.conversations.close(conversation_id)) == "handoff_open"
    await store.handoffs.claim(handoff_id, anna.id)
    note, closed = await store.handoffs.close(handoff_id, anna.id, "resolved", "перезвонить")
    assert (note.kind, note.data) == ("note", {"author": "operator", "name": "Anna", "text": "перезвонить"})
    assert (closed.kind, closed.data["resolution"]) == ("handoff.closed", "resolved")
    conversation = await store.conversations.get(conversation_id)
    assert (conversation.owner, conversation.status) == (Owner.BOT, ConversationStatus.CLOSED)
    assert (await store.handoffs.get(handoff_id)).resolution == "resolved"
    assert await store.handoffs.queue() == []


async def test_illegal_steps_say_why(store: Store) -> None:
    conversation_id, handoff_id = await call(store)
    anna, boris = await person(store, "anna"), await person(store, "boris")
    handoffs = store.handoffs
    assert await refused(handoffs.release(handoff_id, anna.id)) == "handoff_not_claimed"
    await handoffs.claim(handoff_id, anna.id)
    version = (await store.conversations.get(conversation_id)).version
    assert await refused(handoffs.claim(handoff_id, boris.id)) == "handoff_taken"
    assert await refused(handoffs.cancel(handoff_id)) == "handoff_taken"
    assert await refused(handoffs.release(handoff_id, boris.id)) == "handoff_not_yours"
    assert await refused(handoffs.give_back(handoff_id, boris.id)) == "handoff_not_yours"
    assert await refused(handoffs.close(handoff_id, boris.id, "resolved")) == "handoff_not_yours"
    assert (await store.conversations.get(conversation_id)).version == version
    await handoffs.close(handoff_id, anna.id, "resolved")
    assert await refused(handoffs.claim(handoff_id, boris.id)) == "handoff_ended"
    assert await refused(handoffs.claim("nothing", boris.id)) == "handoff_not_found"
    assert await refused(handoffs.claim(handoff_id, "nobody")) == "operator_not_found"
    with pytest.raises(NotFound):
        await handoffs.get("nothing")


async def test_race_of_claims_has_one_winner(store: Store) -> None:
    conversation_id, handoff_id = await call(store)
    people = [await person(store, f"operator{number}") for number in range(8)]
    results = await asyncio.gather(
        *(store.handoffs.claim(handoff_id, one.id) for one in people), return_exceptions=True
    )
    winners = [one for one, result in zip(people, results, strict=True) if isinstance(result, tuple)]
    assert len(winners) == 1
    assert {error.code for error in results if isinstance(error, FrontlineError)} == {"handoff_taken"}
    assert (await store.handoffs.get(handoff_id)).claimed_by == winners[0].id
    kinds = [event.kind for event in await store.conversations.events(conversation_id)]
    assert kinds.count("handoff.claimed") == 1


async def test_race_of_claim_and_bot(store: Store) -> None:
    """Either the reply is committed before the claim, or it is stale; never after it."""
    conversation_id, handoff_id = await call(store)
    anna = await person(store, "anna")
    back = await store.conversations.receive(
        Inbound("web_chat", "a", "a-2", "назад к боту", choice="back_to_bot")
    )
    cancel = Outcome(events=(WORDS,), answers_seq=back.seq, cancel_handoff=True)
    claim, commit = await asyncio.gather(
        store.handoffs.claim(handoff_id, anna.id),
        store.conversations.commit(conversation_id, 1, cancel),
        return_exceptions=True,
    )
    handoff = await store.handoffs.get(handoff_id)
    if handoff.status is HandoffStatus.CLAIMED:
        assert isinstance(commit, StaleVersion)
    else:
        assert handoff.status is HandoffStatus.CANCELLED
        assert isinstance(claim, FrontlineError)
        assert claim.code == "handoff_ended"


async def test_more_urgent_reason_raises_the_handoff(store: Store, clock: HeldClock) -> None:
    earlier = (await call(store, "first", 3))[1]
    conversation_id, handoff_id = await call(store)
    before = await store.handoffs.get(handoff_id)
    clock.advance(timedelta(minutes=5))
    fraud = NewHandoff("fraud", 1, {"topic": "мошенники"}, ("security",), 2, 30)
    events = await store.conversations.commit(conversation_id, 1, Outcome(events=(WORDS,), handoff=fraud))
    assert [(event.seq, event.kind) for event in events] == [(4, "message"), (5, "handoff.raised")]
    assert events[-1].data == {"handoff_id": handoff_id, "reason": "fraud", "priority": 1, "before": "asked"}
    raised = await store.handoffs.get(handoff_id)
    assert raised == replace(
        before,
        reason="fraud",
        priority=1,
        context={"topic": "мошенники"},
        skills=("security",),
        decide_by=events[-1].at + timedelta(minutes=2),
        finish_by=events[-1].at + timedelta(minutes=30),
    )
    assert [item.handoff.id for item in await store.handoffs.queue()] == [handoff_id, earlier]
    assert await store.handoffs.position(handoff_id) == 1
    conversation = await store.conversations.get(conversation_id)
    assert (conversation.owner, conversation.version, conversation.last_seq) == (Owner.QUEUE, 2, 5)


@pytest.mark.parametrize("priority", [5, 6])
async def test_reason_that_is_not_more_urgent_changes_nothing(store: Store, priority: int) -> None:
    conversation_id, handoff_id = await call(store)
    before = await store.handoffs.get(handoff_id)
    receipt = await store.conversations.receive(Inbound("web_chat", "a", "a-2", "ну где вы"))
    again = Outcome(events=(WORDS,), answers_seq=receipt.seq, handoff=NewHandoff("angry", priority))
    [words] = await store.conversations.commit(conversation_id, 1, again)
    assert (words.seq, words.kind) == (5, "message")
    assert await store.conversations.reply_of(receipt) == (words,)
    assert [item.handoff for item in await store.handoffs.queue()] == [before]
    conversation = await store.conversations.get(conversation_id)
    assert (conversation.owner, conversation.last_seq) == (Owner.QUEUE, 5)


async def test_no_second_call_where_an_operator_has_come(store: Store) -> None:
    conversation_id, handoff_id = await call(store)
    anna = await person(store, "anna")
    await store.handoffs.claim(handoff_id, anna.id)
    held = await store.handoffs.get(handoff_id)
    for priority in (1, 5, 9):
        again = Outcome(events=(WORDS,), handoff=NewHandoff("fraud", priority))
        assert await refused(store.conversations.commit(conversation_id, 2, again)) == "handoff_open"
    assert [item.handoff for item in await store.handoffs.queue()] == [held]
    conversation = await store.conversations.get(conversation_id)
    assert (conversation.owner, conversation.version, conversation.last_seq) == (Owner.OPERATOR, 2, 4)


async def test_race_of_claim_and_raise(store: Store) -> None:
    """Either it is raised and then claimed, or claimed and the raise is stale; and that for many at once."""
    calls = [await call(store, f"a{number}") for number in range(12)]
    anna = await person(store, "anna")
    urgent = Outcome(events=(WORDS,), handoff=NewHandoff("fraud", 1))
    steps: list[Awaitable[object]] = []
    for number, (conversation_id, handoff_id) in enumerate(calls):
        pair = [
            store.handoffs.claim(handoff_id, anna.id),
            store.conversations.commit(conversation_id, 1, urgent),
        ]
        steps += pair if number % 2 else reversed(pair)
    results = await asyncio.gather(*steps, return_exceptions=True)
    for number, (conversation_id, handoff_id) in enumerate(calls):
        pair_of = results[2 * number : 2 * number + 2]
        claim, commit = pair_of if number % 2 else reversed(pair_of)
        assert isinstance(claim, tuple)
        handoff = await store.handoffs.get(handoff_id)
        kinds = [event.kind for event in await store.conversations.events(conversation_id)]
        assert (await store.conversations.get(conversation_id)).owner is Owner.OPERATOR
        assert (handoff.status, handoff.claimed_by) == (HandoffStatus.CLAIMED, anna.id)
        if isinstance(commit, tuple):
            assert (handoff.reason, handoff.priority) == ("fraud", 1)
            assert kinds[3:] == ["message", "handoff.raised", "handoff.claimed"]
        else:
            assert isinstance(commit, StaleVersion)
            assert (handoff.reason, handoff.priority) == ("asked", 5)
            assert kinds[3:] == ["handoff.claimed"]


async def test_race_of_raises_has_one_winner(store: Store) -> None:
    conversation_id, handoff_id = await call(store, priority=9)
    results = await asyncio.gather(
        *(
            store.conversations.commit(conversation_id, 1, Outcome(handoff=NewHandoff("fraud", priority)))
            for priority in range(8)
        ),
        return_exceptions=True,
    )
    [winner] = [priority for priority, result in enumerate(results) if isinstance(result, tuple)]
    assert sum(isinstance(result, StaleVersion) for result in results) == 7
    assert (await store.handoffs.get(handoff_id)).priority == winner
    kinds = [event.kind for event in await store.conversations.events(conversation_id)]
    assert kinds.count("handoff.raised") == 1


async def test_customer_goes_back_to_the_bot(store: Store) -> None:
    conversation_id, handoff_id = await call(store)
    back = await store.conversations.receive(Inbound("web_chat", "a", "2", "назад", choice="back_to_bot"))
    cancel = Outcome(events=(WORDS,), answers_seq=back.seq, cancel_handoff=True)
    events = await store.conversations.commit(conversation_id, 1, cancel)
    assert [event.kind for event in events] == ["handoff.cancelled", "message"]
    assert (await store.handoffs.get(handoff_id)).status is HandoffStatus.CANCELLED
    assert (await store.conversations.get(conversation_id)).owner is Owner.BOT
    assert (
        await refused(store.conversations.commit(conversation_id, 2, Outcome(cancel_handoff=True)))
        == "handoff_ended"
    )
    again = Outcome(handoff=NewHandoff("asked", 1))
    await store.conversations.commit(conversation_id, 2, again)
    anna = await person(store, "anna")
    second = await store.handoffs.open_of(conversation_id)
    assert second is not None
    await store.handoffs.claim(second.id, anna.id)
    assert (
        await refused(store.conversations.commit(conversation_id, 4, Outcome(cancel_handoff=True)))
        == "handoff_taken"
    )
    latest = await store.handoffs.latest_of(conversation_id)
    assert latest is not None
    assert latest.id == second.id


async def test_release_all_keeps_the_place_in_the_queue(store: Store, clock: HeldClock) -> None:
    first, second = (await call(store, "a"))[1], (await call(store, "b"))[1]
    anna = await person(store, "anna")
    for handoff_id in (first, second):
        await store.handoffs.claim(handoff_id, anna.id)
    clock.advance(timedelta(minutes=5))
    third = (await call(store, "c"))[1]
    events = await store.handoffs.release_all(anna.id)
    assert [event.kind for event in events] == ["handoff.released"] * 2
    assert [item.handoff.id for item in await store.handoffs.queue()] == [first, second, third]
    assert await store.handoffs.release_all(anna.id) == ()


async def test_how_long_customers_have_waited(store: Store, clock: HeldClock) -> None:
    anna = await person(store, "anna")
    await call(store, "too early")
    clock.advance(timedelta(hours=1))
    since = clock()
    _, served = await call(store, "served")
    clock.advance(timedelta(minutes=4))
    _, gone = await call(store, "gone")
    await store.handoffs.claim(served, anna.id)
    clock.advance(timedelta(minutes=2))
    await store.handoffs.cancel(gone)
    await store.handoffs.close(served, anna.id, "solved")
    _, back = await call(store, "back")
    await store.handoffs.claim(back, anna.id)
    await store.handoffs.release(back, anna.id)
    found = await store.handoffs.waits(since)
    waited = [wait.left and round((wait.left - wait.since) / timedelta(minutes=1)) for wait in found]
    assert waited == [None, 2, 4]
    assert [wait.served for wait in found] == [False, False, True]
    assert [wait.since for wait in found] == [
        (await store.handoffs.get(handoff)).created_at for handoff in (back, gone, served)
    ]
    assert await store.handoffs.waits(clock()) == []
