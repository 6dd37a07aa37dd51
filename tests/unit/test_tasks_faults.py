"""The company's systems slow, broken or asked twice: nothing is done twice, somebody is told and called."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from talk import Talk, called, form, said

from bot.core.errors import StaleVersion
from bot.core.types import Event, HandoffStatus, Inbound, Owner
from bot.dialog.events import answer_of
from bot.dialog.turns import Turns
from bot.store.records import Outcome

pytestmark = pytest.mark.asyncio(loop_scope="session")

TO_20 = "перенесите платёж по займу на 20 число"
ATTEMPTS = 3


@pytest.mark.parametrize("fault", ["500", "garbage", "crash"])
async def test_an_answer_that_is_lost_once_is_got_again_and_the_work_done_once(
    talk: Talk, fault: str
) -> None:
    orlov = talk.by("c-orlov")
    await orlov.say(TO_20)
    talk.line.only, talk.line.faults = "change_payment_date", [fault] if fault == "500" else []
    assert form(await orlov.say("да")) == "change_date_form:done"
    assert talk.done() == ["date_change"]


@pytest.mark.parametrize("fault", ["500", "garbage"])
async def test_systems_that_stay_away_are_a_persons_matter(talk: Talk, fault: str) -> None:
    orlov = talk.by("c-orlov")
    await orlov.say(TO_20)
    talk.line.only, talk.line.faults = "change_payment_date", [fault] * ATTEMPTS
    turn = await orlov.say("да")
    assert called(turn) == "backoffice_away"
    assert form(turn) == "change_date_form:refused"
    assert "З-000001" not in said(turn)
    handoff = await orlov.handoff()
    assert handoff is not None
    assert handoff.context["task"]["slots"]["new_day"] == 20


async def test_what_was_done_unseen_is_not_done_again(talk: Talk) -> None:
    """The answer was lost, a person was called, the customer asks once more: the first result is found."""
    orlov = talk.by("c-orlov")
    await orlov.say(TO_20)
    talk.line.only, talk.line.faults = "change_payment_date", ["500"] * ATTEMPTS
    await orlov.say("да")
    assert talk.done() == ["date_change"]
    await orlov.say(press="back_to_bot")
    turn = await orlov.all(TO_20, "да")
    assert talk.done() == ["date_change"]
    assert form(turn) in {"change_date_form:done", "change_date_form:refused", None}


@pytest.mark.parametrize(
    ("operation", "before", "last"),
    [
        ("contracts", (), TO_20),
        ("date_change_options", (), TO_20),
        ("offices", ("хочу записаться в офис",), "Москва"),
        ("free_slots", ("хочу записаться в офис", "Москва", "завтра"), "в 12:00"),
        ("certificates", (), "закажите справку о текущей задолженности"),
        ("application", (), "проверьте мою заявку"),
    ],
)
async def test_whatever_is_asked_of_them(
    talk: Talk, operation: str, before: tuple[str, ...], last: str
) -> None:
    orlov = talk.by("c-orlov")
    for text in before:
        await orlov.say(text)
    talk.line.only, talk.line.faults = f"/{operation}", ["500"] * (4 * ATTEMPTS)
    turn = await orlov.say(last)
    assert called(turn) == "backoffice_away"
    assert turn.task is not None
    assert turn.task.status == "refused"


async def test_a_code_that_cannot_be_sent(talk: Talk) -> None:
    await talk.all("проверьте, пожалуйста, статус моей заявки", "ЗВ-500102")
    talk.line.only, talk.line.faults = "send_code", ["500"] * ATTEMPTS
    turn = await talk.say("89000000016")
    assert called(turn) == "backoffice_away"
    assert form(turn) == "status_form:refused"


async def test_the_same_message_twice_does_nothing_twice(talk: Talk) -> None:
    orlov = talk.by("c-orlov")
    await orlov.say(TO_20)
    first, second = await orlov.say("да", key="once"), await orlov.say("да", key="once")
    assert (first.repeated, second.repeated) == (False, True)
    assert second.messages == first.messages
    assert talk.done() == ["date_change"]


def outrun(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Another replica commits before the next turn does; empty once that has happened."""
    commit, stale = talk.shop.store.conversations.commit, ["once"]

    async def late(conversation_id: str, version: int, outcome: Outcome) -> tuple[Event, ...]:
        if stale:
            stale.clear()
            bystander = Outcome(events=())
            await commit(conversation_id, version, bystander)
            raise StaleVersion(conversation_id)
        return await commit(conversation_id, version, outcome)

    monkeypatch.setattr(talk.shop.store.conversations, "commit", late)
    return stale


async def test_a_turn_that_is_decided_again_does_nothing_twice(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work was done before it was known that another replica had committed."""
    orlov = talk.by("c-orlov")
    await orlov.say(TO_20)
    stale = outrun(talk, monkeypatch)
    turn = await orlov.say("да")
    assert not stale
    assert form(turn) == "change_date_form:done"
    assert talk.done() == ["date_change"]


async def test_a_code_is_not_wrong_because_the_turn_is_decided_again(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first decision spent it."""
    await talk.all("проверьте, пожалуйста, статус моей заявки", "ЗВ-500103", "89000000015")
    stale = outrun(talk, monkeypatch)
    turn = await talk.say(talk.code("+79000000015"))
    assert not stale
    assert form(turn) == "status_form:done"
    assert "одобрена" in said(turn)


async def test_a_spent_code_told_again_later_names_nobody(talk: Talk) -> None:
    ask = ("проверьте, пожалуйста, статус моей заявки", "ЗВ-500103", "89000000015")
    await talk.all(*ask)
    spent = talk.code("+79000000015")
    assert form(await talk.say(spent)) == "status_form:done"
    talk.clock.advance(timedelta(hours=1))
    await talk.all(*ask)
    turn = await talk.say(spent)
    assert form(turn) == "status_form:active"


async def test_what_waited_for_a_person_is_recovered(talk: Talk) -> None:
    """A message that was accepted while a person is waited for, and lost with the process, is answered."""
    await talk.say("позовите оператора")
    inbound = Inbound("web_chat", talk.address, "lost", "какой лимит на переводы по СБП в день?")
    receipt = await talk.turns.accept(inbound)
    assert receipt.conversation.owner is Owner.QUEUE
    other = Turns(talk.shop.store, talk.shop.thinker, talk.shop.turns._bus, clock=talk.clock)
    assert await other.recover() == 1
    reply = await talk.shop.store.conversations.reply_of(receipt)
    answer = answer_of(reply)
    assert answer is not None
    assert "150 000" in answer.text
    assert await other.recover() == 0


async def test_a_more_urgent_call_is_read_back_with_its_priority(talk: Talk) -> None:
    await talk.say("позовите оператора")
    text = "прямо сейчас с карты списывают деньги, это не я"
    first, second = await talk.say(text, key="urgent"), await talk.say(text, key="urgent")
    assert second.repeated
    assert getattr(second.answer, "priority", None) == getattr(first.answer, "priority", 9) < 5
    handoff = await talk.handoff()
    assert handoff is not None
    assert handoff.status is HandoffStatus.WAITING


async def test_what_is_said_while_the_systems_break_is_no_lie(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of our own in a task: nobody is told that it was done."""
    orlov = talk.by("c-orlov")
    await orlov.say(TO_20)

    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(talk.backoffice, "change_payment_date", broken)
    turn = await orlov.say("да")
    assert called(turn) == "form_failed"
    assert form(turn) == "change_date_form:refused"
