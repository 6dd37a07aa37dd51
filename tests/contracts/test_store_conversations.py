"""Receive, commit and append, alone and in races, on both databases."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from bot.core.errors import FrontlineError, NotFound, StaleVersion
from bot.core.types import ConversationStatus, Event, Inbound, NewEvent, Owner, Role
from bot.store.engine import Store
from bot.store.records import AlreadyAnswered, NewArticle, NewHandoff, Outcome, Receipt


def inbound(
    text: str = "здравствуйте", *, client_id: str = "m1", address: str = "a1", **more: str
) -> Inbound:
    return Inbound(
        channel=more.pop("channel", "web_chat"), address=address, client_id=client_id, text=text, **more
    )


def said(text: str, author: str = "bot") -> NewEvent:
    return NewEvent("message", {"author": author, "text": text})


async def answer(store: Store, receipt: Receipt, text: str = "ответ") -> tuple[Event, ...]:
    conversation = await store.conversations.get(receipt.conversation.id)
    return await store.conversations.commit(
        conversation.id, conversation.version, Outcome(events=(said(text),), answers_seq=receipt.seq)
    )


async def numbers(store: Store, conversation_id: str) -> list[int]:
    return [event.seq for event in await store.conversations.events(conversation_id)]


async def test_first_message_opens_a_conversation(store: Store) -> None:
    receipt = await store.conversations.receive(inbound("привет", locale="en"))
    assert (receipt.seq, receipt.repeated, receipt.answered) == (1, False, False)
    stored = await store.conversations.get(receipt.conversation.id)
    assert stored == receipt.conversation
    assert (stored.owner, stored.status, stored.locale) == (Owner.BOT, ConversationStatus.OPEN, "en")
    [event] = await store.conversations.events(stored.id)
    assert (event.kind, event.data["author"], event.data["text"]) == ("message", "customer", "привет")
    assert event.at.tzinfo is not None


async def test_repeat_returns_the_first_result(store: Store) -> None:
    first = await store.conversations.receive(inbound())
    again = await store.conversations.receive(inbound("другой текст"))
    assert again.repeated
    assert (again.seq, again.inbound.text, again.answered) == (first.seq, "здравствуйте", False)
    reply = await answer(store, first)
    later = await store.conversations.receive(inbound())
    assert later.answered
    assert later.reply == (2, 2)
    assert await store.conversations.reply_of(later) == reply
    assert await numbers(store, first.conversation.id) == [1, 2]


async def test_repeat_after_the_conversation_was_closed(store: Store) -> None:
    first = await store.conversations.receive(inbound())
    await answer(store, first)
    [closed] = await store.conversations.close(first.conversation.id)
    assert closed.kind == "conversation.closed"
    assert await store.conversations.close(first.conversation.id) == ()
    assert (await store.conversations.receive(inbound())).conversation.id == first.conversation.id
    anew = await store.conversations.receive(inbound(client_id="m2"))
    assert anew.conversation.id != first.conversation.id
    assert anew.conversation.customer_id == first.conversation.customer_id
    found = await store.conversations.find("web_chat", "a1")
    assert found is not None
    assert found.id == anew.conversation.id


async def test_race_of_one_message(store: Store) -> None:
    receipts = await asyncio.gather(*(store.conversations.receive(inbound()) for _ in range(20)))
    assert len({receipt.conversation.id for receipt in receipts}) == 1
    assert {receipt.seq for receipt in receipts} == {1}
    assert sum(not receipt.repeated for receipt in receipts) == 1


async def test_race_of_first_messages_makes_one_conversation(store: Store) -> None:
    receipts = await asyncio.gather(
        *(store.conversations.receive(inbound(client_id=f"m{number}")) for number in range(20))
    )
    assert len({receipt.conversation.id for receipt in receipts}) == 1
    assert sorted(receipt.seq for receipt in receipts) == list(range(1, 21))
    assert await numbers(store, receipts[0].conversation.id) == list(range(1, 21))


async def test_race_between_customers_keeps_them_apart(store: Store) -> None:
    receipts = await asyncio.gather(
        *(
            store.conversations.receive(inbound(client_id=f"{address}-{number}", address=f"a{address}"))
            for address in range(8)
            for number in range(5)
        )
    )
    conversations = {receipt.conversation.id for receipt in receipts}
    assert len(conversations) == 8
    for conversation_id in conversations:
        assert await numbers(store, conversation_id) == [1, 2, 3, 4, 5]


async def test_race_of_everything_leaves_no_gap(store: Store) -> None:
    first = await store.conversations.receive(inbound())
    here = first.conversation.id

    async def commit() -> None:
        with contextlib.suppress(StaleVersion, AlreadyAnswered):
            await answer(store, first)

    await asyncio.gather(
        *(store.conversations.receive(inbound(client_id=f"n{number}")) for number in range(10)),
        *(store.conversations.append(here, [said("раз"), said("два")]) for _ in range(5)),
        *(commit() for _ in range(5)),
    )
    seqs = await numbers(store, here)
    assert seqs == list(range(1, 1 + 10 + 10 + 1 + 1))
    assert (await store.conversations.get(here)).last_seq == seqs[-1]


async def test_commit_changes_what_it_names(store: Store) -> None:
    receipt = await store.conversations.receive(inbound())
    outcome = Outcome(
        events=(said("да"), NewEvent("turn", {"intent": "x"})), state={"topic": "карта"}, locale="en"
    )
    events = await store.conversations.commit(receipt.conversation.id, 0, outcome)
    assert [event.seq for event in events] == [2, 3]
    stored = await store.conversations.get(receipt.conversation.id)
    assert (stored.version, stored.state, stored.locale, stored.owner) == (
        1,
        {"topic": "карта"},
        "en",
        Owner.BOT,
    )
    await store.conversations.commit(stored.id, 1, Outcome(events=(said("ещё"),)))
    assert (await store.conversations.get(stored.id)).state == {"topic": "карта"}
    assert await store.conversations.events(stored.id, after=2, limit=1) == [events[1]]


async def test_stale_commit_writes_nothing(store: Store) -> None:
    receipt = await store.conversations.receive(inbound())
    await answer(store, receipt)
    with pytest.raises(StaleVersion):
        await store.conversations.commit(receipt.conversation.id, 0, Outcome(events=(said("поздно"),)))
    assert await numbers(store, receipt.conversation.id) == [1, 2]
    with pytest.raises(NotFound):
        await store.conversations.commit("nobody", 0, Outcome())


async def test_race_of_commits_has_one_winner(store: Store) -> None:
    receipt = await store.conversations.receive(inbound())
    results = await asyncio.gather(
        *(
            store.conversations.commit(
                receipt.conversation.id, 0, Outcome(events=(said(str(number)),), answers_seq=1)
            )
            for number in range(10)
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert all(isinstance(result, tuple | AlreadyAnswered) for result in results)
    assert await numbers(store, receipt.conversation.id) == [1, 2]


async def test_a_message_is_answered_once(store: Store) -> None:
    receipt = await store.conversations.receive(inbound())
    await answer(store, receipt)
    with pytest.raises(AlreadyAnswered):
        await answer(store, receipt)
    again = Outcome(events=(said("ещё"),), answers_seq=1)
    with pytest.raises(AlreadyAnswered):  # on a conversation that has moved on as well
        await store.conversations.commit(receipt.conversation.id, 0, again)
    with pytest.raises(StaleVersion):
        await store.conversations.commit(receipt.conversation.id, 0, replace(again, answers_seq=None))
    assert await numbers(store, receipt.conversation.id) == [1, 2]


async def test_unanswered_finds_what_the_bot_owes(store: Store) -> None:
    first = await store.conversations.receive(inbound("раз", client_id="1"))
    second = await store.conversations.receive(inbound("два", client_id="2", address="b", locale="en"))
    third = await store.conversations.receive(
        Inbound("web_chat", "c", "3", "три", choice="article:x", confidence=0.5)
    )
    await answer(store, first)
    owed = await store.conversations.unanswered()
    assert [receipt.inbound for receipt in owed] == [second.inbound, third.inbound]
    assert [receipt.seq for receipt in owed] == [1, 1]
    assert await store.conversations.unanswered(1) == owed[:1]
    before = third.conversation.created_at
    assert await store.conversations.unanswered(before=before) == owed[:1]


async def test_messages_are_owed_until_an_operator_comes(store: Store) -> None:
    first = await store.conversations.receive(inbound("человека!", client_id="1"))
    burst = await store.conversations.receive(inbound("ну?", client_id="2"))
    outcome = Outcome(events=(said("зову"),), answers_seq=first.seq, handoff=NewHandoff("asked", 3))
    await store.conversations.commit(first.conversation.id, 0, outcome)
    assert await store.conversations.unanswered() == []
    waiting = await store.conversations.receive(inbound("а пока: сколько стоит?", client_id="w"))
    assert (waiting.conversation.owner, waiting.answered) == (Owner.QUEUE, False)
    [owed] = await store.conversations.unanswered()
    assert (owed.inbound, owed.conversation.owner) == (waiting.inbound, Owner.QUEUE)
    anna = await store.operators.create("anna", "Anna", Role.OPERATOR, "hash")
    handoff = await store.handoffs.open_of(first.conversation.id)
    assert handoff is not None
    await store.handoffs.claim(handoff.id, anna.id)
    assert await store.conversations.unanswered() == []
    third = await store.conversations.receive(inbound("алло", client_id="3"))
    assert (third.conversation.owner, third.answered) == (Owner.OPERATOR, True)
    assert (await store.conversations.receive(inbound(client_id="2"))).seq == burst.seq
    back = await store.conversations.receive(inbound("назад", client_id="4", choice="back_to_bot"))
    assert not back.answered
    assert [receipt.inbound.client_id for receipt in await store.conversations.unanswered()] == ["4"]
    await store.handoffs.release(handoff.id, anna.id)
    fifth = await store.conversations.receive(inbound("снова жду", client_id="5"))
    assert (fifth.conversation.owner, fifth.answered) == (Owner.QUEUE, False)
    assert [receipt.inbound.client_id for receipt in await store.conversations.unanswered()] == ["4", "5"]


async def test_append_is_idempotent(store: Store) -> None:
    here = (await store.conversations.receive(inbound())).conversation.id
    results = await asyncio.gather(
        *(store.conversations.append(here, [said("раз"), said("два")], client_id="op-1") for _ in range(8))
    )
    assert all(result == results[0] for result in results)
    assert await numbers(store, here) == [1, 2, 3]
    assert (await store.conversations.get(here)).version == 0
    with pytest.raises(NotFound):
        await store.conversations.append("nobody", [said("x")])


async def test_answer_from_a_withdrawn_article_is_refused(store: Store) -> None:
    await store.articles.import_many([NewArticle("a", "А", "а"), NewArticle("b", "Б", "б")], "t")
    receipt = await store.conversations.receive(inbound())
    outcome = Outcome(events=(said("из а и б"),), answers_seq=1, requires_articles=frozenset({"a", "b"}))
    await store.articles.delete("b", "t")
    with pytest.raises(StaleVersion):
        await store.conversations.commit(receipt.conversation.id, 0, outcome)
    assert await numbers(store, receipt.conversation.id) == [1]
    only_a = Outcome(events=(said("из а"),), answers_seq=1, requires_articles=frozenset({"a"}))
    await store.conversations.commit(receipt.conversation.id, 0, only_a)


async def test_one_bad_writer_does_not_spoil_the_others(store: Store) -> None:
    receipt = await store.conversations.receive(inbound())
    results = await asyncio.gather(
        *(store.conversations.receive(inbound(client_id=f"x{number}")) for number in range(10)),
        store.conversations.commit(receipt.conversation.id, 99, Outcome()),
        store.conversations.append("nobody", [said("x")]),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results[10:]] == ["StaleVersion", "NotFound"]
    assert await numbers(store, receipt.conversation.id) == list(range(1, 12))


async def test_hostile_text_and_identifiers(store: Store) -> None:
    text = "a\0b \ud800 <script> '; DROP TABLE events; -- 🙂"
    receipt = await store.conversations.receive(inbound(text))
    [event] = await store.conversations.events(receipt.conversation.id)
    assert event.data["text"] == "ab ? <script> '; DROP TABLE events; -- 🙂"
    assert (await store.conversations.search(text="drop table")).total == 1
    for bad in ("", "x" * 256, "a\0b", "\ud800"):
        with pytest.raises(FrontlineError) as raised:
            await store.conversations.receive(inbound(client_id=bad))
        assert (raised.value.code, raised.value.status) == ("invalid_identifier", 422)
        with pytest.raises(FrontlineError):
            await store.conversations.receive(inbound(address=bad))
    with pytest.raises(FrontlineError) as raised:
        await store.conversations.events(receipt.conversation.id, after=2**70)
    assert raised.value.code == "invalid_value"
    with pytest.raises(FrontlineError):
        await store.conversations.get("a\0b")


async def test_search_lists_newest_first(store: Store) -> None:
    first = await store.conversations.receive(inbound("Потеряла КАРТУ", address="anna"))
    second = await store.conversations.receive(inbound("вклад 100%", client_id="m2", address="boris"))
    await answer(store, first, "Заблокируйте карту")
    page = await store.conversations.search()
    assert [item.conversation.id for item in page.items] == [first.conversation.id, second.conversation.id]
    assert (page.total, page.items[0].last_message, page.items[0].last_author) == (
        2,
        "Заблокируйте карту",
        "bot",
    )
    found = await store.conversations.search(text="потеряла карту")
    assert [item.conversation.address for item in found.items] == ["anna"]
    assert (await store.conversations.search(text="100%")).total == 1
    assert (await store.conversations.search(text="1__%")).total == 0
    assert (await store.conversations.search(text="BORIS")).total == 1
    await store.conversations.rename_customer(second.conversation.customer_id, "Борис Годунов")
    assert (await store.conversations.search(text="годунов")).items[0].customer_name == "Борис Годунов"
    await store.conversations.close(second.conversation.id)
    assert (await store.conversations.search(status=ConversationStatus.CLOSED)).total == 1
    second_page = await store.conversations.search(page=2, size=1)
    assert (len(second_page.items), second_page.total) == (1, 2)


async def test_customer_has_identities(store: Store) -> None:
    receipt = await store.conversations.receive(inbound())
    customer = await store.conversations.customer(receipt.conversation.customer_id)
    assert (customer.name, customer.identities) == (None, (("web_chat", "a1"),))
    with pytest.raises(NotFound):
        await store.conversations.customer("nobody")
    with pytest.raises(NotFound):
        await store.conversations.rename_customer("nobody", "x")
    with pytest.raises(NotFound):
        await store.conversations.get("nobody")
    assert await store.conversations.find("web_chat", "nobody") is None


async def test_a_call_that_rings_is_a_conversation_before_anything_is_said(store: Store) -> None:
    caller = inbound("", channel="phone", address="+79000000001", client_id="")
    begun = await store.conversations.begin(caller)
    assert (begun.last_seq, begun.status) == (0, ConversationStatus.OPEN)
    await store.conversations.append(begun.id, [NewEvent("call.started", {})])
    heard = await store.conversations.receive(inbound(channel="phone", address="+79000000001"))
    assert (heard.conversation.id, heard.seq) == (begun.id, 2)
    assert (await store.conversations.begin(caller)).id == begun.id
    many = await asyncio.gather(
        *(store.conversations.begin(inbound(channel="phone", address="+79000000002")) for _ in range(8))
    )
    assert len({each.id for each in many}) == 1
