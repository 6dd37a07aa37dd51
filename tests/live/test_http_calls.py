"""Calls that the robot makes, from the chat and the desk: promised, seen, taken back, refused, agreed to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bot.core.types import Inbound
from bot.settings import Voice
from bot.store.engine import Store
from bot.store.records import NewHandoff, Outcome
from tests.live.actors import Person, Server, Visitor, example_articles, join, launch

pytestmark = pytest.mark.live
PHONE = "+79000000001"


@pytest.fixture(scope="module")
def calling_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """It promises calls; no carrier is there to make them."""
    folder = tmp_path_factory.mktemp("calls")
    voice = Voice(carriers="", ami_url="tcp://robot@127.0.0.1:1", ami_secret="s", survey_calls=True)
    running = launch(folder / "data", example_articles(folder), voice=voice)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def boss(calling_server: Server) -> Iterator[Person]:
    with closing(Person(calling_server)) as person:
        yield person.accept(calling_server.invite, "boss", "Анна Администратор")


@contextmanager
def visiting(server: Server) -> Iterator[Visitor]:
    visitor = Visitor.arrives(server)
    try:
        yield visitor
    finally:
        visitor.leaves()


def talks(visitor: Visitor, button: str, *words: str) -> None:
    """Presses, then answers what it is asked, one after another."""
    visitor.say("кнопка", choice=button)
    for said in words:
        answered(visitor)
        visitor.say(said)
    answered(visitor)


def answered(visitor: Visitor) -> None:
    """The last word is the bot's."""
    until = time.monotonic() + 20
    while (visitor.page()["events"] or [{"data": {}}])[-1]["data"].get("author") != "bot":
        assert time.monotonic() < until
        time.sleep(0.02)


def asks_to_be_called(visitor: Visitor) -> None:
    talks(visitor, "/call_me_back", "8 900 000-00-01", "завтра в 12:00", "график платежей", "да")


def dialog(person: Person, conversation_id: str) -> dict[str, Any]:
    return dict(person.get(f"/api/desk/conversations/{conversation_id}").json())


def code(reply: httpx.Response) -> str:
    return str(reply.json()["error"]["code"])


def test_a_call_back_is_promised_seen_and_taken_back(calling_server: Server, boss: Person) -> None:
    with visiting(calling_server) as visitor:
        asks_to_be_called(visitor)
        assert {event["kind"] for event in visitor.page()["events"]} == {"message"}
    seen = dialog(boss, visitor.conversation_id)
    [call] = seen["calls"]
    assert (call["kind"], call["status"], call["phone"]) == ("callback", "waiting", PHONE)
    assert (call["topic"], call["attempts"]) == ("график платежей", 0)
    assert call["due_at"][11:16] == "09:00", "noon in Moscow"
    assert seen["events"][-1]["kind"] == "outbound.scheduled"
    with closing(join(boss, "operator", "Ольга Оператор")) as stranger:
        assert stranger.post(f"/api/desk/calls/{call['id']}/cancel").status_code == 403
    with closing(join(boss, "supervisor", "Сергей Супервизор")) as supervisor:
        left = supervisor.post(f"/api/desk/calls/{call['id']}/cancel")
        assert [one["status"] for one in left.json()] == ["cancelled"]
        again = supervisor.post(f"/api/desk/calls/{call['id']}/cancel")
        assert (again.status_code, code(again)) == (409, "call_not_waiting")
        audit = supervisor.get("/api/audit").json()
    assert "call.cancelled" in str(audit)
    assert PHONE not in str(audit)
    assert dialog(boss, visitor.conversation_id)["events"][-1]["kind"] == "outbound.cancelled"


def test_no_more_advertising_calls_off_what_waits(calling_server: Server, boss: Person) -> None:
    with visiting(calling_server) as visitor:
        asks_to_be_called(visitor)
        talks(visitor, "/unsubscribe", "8 900 000-00-01", "да")
    seen = dialog(boss, visitor.conversation_id)
    assert [call["status"] for call in seen["calls"]] == ["refused"]
    assert "outbound.refused" in {event["kind"] for event in seen["events"]}


def test_a_survey_needs_a_number_and_the_customers_yes(calling_server: Server, boss: Person) -> None:
    async def waiting(phone: str) -> tuple[str, str]:
        """A caller who waits for an operator: conversation and handoff."""
        store = await Store.open(calling_server.app.state.house.settings.database)
        receipt = await store.conversations.receive(Inbound("phone", phone, uuid4().hex, "оператора"))
        called = Outcome(handoff=NewHandoff("asked_for_person", 5))
        events = await store.conversations.commit(receipt.conversation.id, 0, called)
        await store.close()
        return receipt.conversation.id, events[-1].data["handoff_id"]

    for phone, survey, expected in (
        ("+79000000011", True, 200),
        ("+79000000012", False, 200),
        ("withheld-1", True, 409),
        (PHONE, True, 409),  # wants no calls, since the test before
    ):
        conversation, handoff = asyncio.run(waiting(phone))
        assert boss.post(f"/api/desk/handoffs/{handoff}/claim").status_code == 200
        may = dialog(boss, conversation)["may_survey"]
        assert may == (expected == 200)
        reply = boss.post(
            f"/api/desk/handoffs/{handoff}/close", json={"resolution": "resolved", "survey": survey}
        )
        assert reply.status_code == expected, reply.text
        kinds = [call["kind"] for call in dialog(boss, conversation)["calls"]]
        assert kinds == (["survey"] if survey and expected == 200 else [])
        if expected == 409:
            assert code(reply) == "no_survey"


def test_where_no_calls_are_made_none_are_promised(server: Server, administrator: Person) -> None:
    with visiting(server) as visitor:
        asks_to_be_called(visitor)
    seen = dialog(administrator, visitor.conversation_id)
    assert (seen["calls"], seen["may_survey"]) == ([], False)
