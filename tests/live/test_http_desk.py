"""From the bot to a human and back, over two browsers' worth of HTTP and sockets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.live.actors import Person, Server, Visitor, join, says

pytestmark = pytest.mark.live


def call_for_a_human(visitor: Visitor, person: Person) -> dict[str, Any]:
    """The card of the visitor's handoff."""
    visitor.say("Позовите оператора", choice="operator")
    visitor.wait_for(lambda event: event["kind"] == "handoff.requested")
    queue = person.get("/api/desk/queue").json()
    card: dict[str, Any] = next(
        one for one in queue["waiting"] if one["conversation_id"] == visitor.conversation_id
    )
    return card


def step(person: Person, card: dict[str, Any], action: str, **body: Any) -> httpx.Response:
    return person.post(f"/api/desk/handoffs/{card['handoff_id']}/{action}", json=body or None)


def write(
    person: Person, visitor: Visitor, text: str, kind: str = "messages", client_id: str = ""
) -> httpx.Response:
    body = {"client_id": client_id or uuid4().hex, "text": text}
    return person.post(f"/api/desk/conversations/{visitor.conversation_id}/{kind}", json=body)


def test_the_whole_way_to_a_human_and_back(visitor: Visitor, operator: Person) -> None:
    with operator.desk() as desk, visitor.socket() as browser:
        desk.until(lambda one: one["type"] == "queue")
        visitor.say("Какой лимит по карте?")
        browser.event(says("bot"))
        visitor.say("Позовите оператора", choice="operator")
        waiting = desk.until(
            lambda one: (
                one["type"] == "queue"
                and any(card["conversation_id"] == visitor.conversation_id for card in one["waiting"])
            )
        )
        card = next(one for one in waiting["waiting"] if one["conversation_id"] == visitor.conversation_id)
        state = browser.until(
            lambda one: one["type"] == "state" and (one["conversation"] or {}).get("handoff")
        )
        assert state["conversation"]["handoff"]["status"] == "waiting"
        assert state["conversation"]["handoff"]["position"] >= 1

        assert step(operator, card, "claim").status_code == 200
        browser.until(
            lambda one: one["type"] == "state" and one["conversation"]["handoff"]["status"] == "claimed"
        )
        dialog = operator.get(f"/api/desk/conversations/{visitor.conversation_id}").json()
        assert {"turn", "message", "handoff.requested", "handoff.claimed"} <= {
            e["kind"] for e in dialog["events"]
        }
        assert "Какой лимит по карте?" in dialog["context"]["summary"]
        desk.send(type="subscribe", conversation_id=visitor.conversation_id, after=dialog["last_seq"])

        written = write(operator, visitor, "Здравствуйте, я **Ольга**", client_id="once")
        assert (
            write(operator, visitor, "Здравствуйте, я **Ольга**", client_id="once").json() == written.json()
        )
        heard = browser.event(says("operator", "Ольга"))
        assert heard["data"]["name"] == "Ольга Оператор"
        assert "<strong>Ольга</strong>" in heard["data"]["html"]
        desk.event(says("operator", "Ольга"))

        visitor.say("Спасибо, поняла")
        desk.event(says("customer", "Спасибо, поняла"))
        assert write(operator, visitor, "клиент вежлив", kind="notes").status_code == 200
        desk.event(lambda event: event["kind"] == "note")

        assert step(operator, card, "return").status_code == 200
        browser.event(lambda event: event["kind"] == "handoff.returned")
        visitor.say("А теперь вопрос боту")
        browser.event(says("bot"))
        assert not any(event["kind"] in {"note", "turn"} for event in browser.events)
        bot_after_claim = [
            event
            for event in browser.events
            if says("bot")(event) and heard["seq"] < event["seq"] < written.json()["seq"] + 2
        ]
        assert bot_after_claim == []


def test_to_everyone_outside_who_waits_is_with_an_operator(
    visitor: Visitor, people: dict[str, Person], operator: Person
) -> None:
    call_for_a_human(visitor, operator)
    assert visitor.page()["conversation"]["owner"] == "operator"
    dialog = operator.get(f"/api/desk/conversations/{visitor.conversation_id}").json()
    assert dialog["conversation"]["owner"] == "operator"
    found = people["supervisor"].get("/api/desk/conversations", params={"q": visitor.address}).json()
    assert [line["owner"] for line in found["items"]] == ["operator"]


def test_a_more_urgent_reason_raises_the_call_that_waits(visitor: Visitor, operator: Person) -> None:
    card = call_for_a_human(visitor, operator)
    with operator.desk() as desk:
        visitor.say("Коллекторы ломятся в дверь и угрожают, мне страшно")
        queue = desk.until(
            lambda one: any(
                line["handoff_id"] == card["handoff_id"] and line["priority"] < card["priority"]
                for line in (one["waiting"] if one["type"] == "queue" else ())
            )
        )
    [line] = [one for one in queue["waiting"] if one["handoff_id"] == card["handoff_id"]]
    assert (line["reason"], line["waiting_since"]) == ("threat_to_customer", card["waiting_since"])
    dialog = operator.get(f"/api/desk/conversations/{visitor.conversation_id}").json()
    [event] = [one for one in dialog["events"] if one["kind"] == "handoff.raised"]
    assert (event["data"]["before"], event["data"]["reason"]) == (card["reason"], "threat_to_customer")
    assert not [one for one in visitor.page()["events"] if one["kind"] == "handoff.raised"]


def test_of_two_operators_one_gets_it(visitor: Visitor, administrator: Person, operator: Person) -> None:
    with closing(join(administrator, "operator", "Второй")) as other:
        card = call_for_a_human(visitor, operator)
        with ThreadPoolExecutor(2) as pool:
            replies = list(pool.map(lambda person: step(person, card, "claim"), [operator, other]))
        assert sorted(reply.status_code for reply in replies) == [200, 409]
        loser = next(reply for reply in replies if reply.status_code == 409)
        assert loser.json()["error"]["code"] == "handoff_taken"
        claims = [event for event in visitor.page()["events"] if event["kind"] == "handoff.claimed"]
        assert len(claims) == 1


def test_only_the_holder_writes(visitor: Visitor, people: dict[str, Person], operator: Person) -> None:
    card = call_for_a_human(visitor, operator)
    assert write(operator, visitor, "рано").status_code == 409
    step(operator, card, "claim")
    assert write(people["operator"], visitor, "чужой").json()["error"]["code"] == "handoff_not_yours"
    assert write(people["operator"], visitor, "чужая заметка", kind="notes").status_code == 409
    assert step(people["operator"], card, "release").status_code == 409
    assert write(people["supervisor"], visitor, "проверьте", kind="notes").status_code == 200
    assert write(operator, visitor, "   ").status_code == 422
    assert step(operator, card, "release").status_code == 200


def test_closing_with_a_resolution_lets_the_customer_rate(visitor: Visitor, operator: Person) -> None:
    card = call_for_a_human(visitor, operator)
    step(operator, card, "claim")
    assert step(operator, card, "close", resolution="no such").status_code == 422
    assert step(operator, card, "close", resolution="resolved", comment="всё ясно").status_code == 200
    page = visitor.page()
    assert page["conversation"]["status"] == "closed"
    assert "всё ясно" not in str(page)
    assert visitor.http.post("/api/chat/rating", json={"score": 4}).status_code == 204


def test_operators_see_what_they_may(visitor: Visitor, people: dict[str, Person]) -> None:
    visitor.say("Здравствуйте")
    address = f"/api/desk/conversations/{visitor.conversation_id}"
    assert people["operator"].get(address).status_code == 403
    assert people["supervisor"].get(address).status_code == 200
    found = people["supervisor"].get("/api/desk/conversations", params={"q": visitor.address}).json()
    assert [line["id"] for line in found["items"]] == [visitor.conversation_id]
    with people["operator"].desk() as desk:
        desk.send(type="subscribe", conversation_id=visitor.conversation_id, after=0)
        assert desk.until(lambda one: one["type"] == "error")["code"] == "forbidden"
        desk.send(type="subscribe", conversation_id="\x00'; drop table events; --", after=0)
        assert desk.until(lambda one: one["type"] == "error")["code"] == "conversation_not_found"


def test_typing_reaches_the_other_side(visitor: Visitor, operator: Person) -> None:
    card = call_for_a_human(visitor, operator)
    step(operator, card, "claim")
    with operator.desk() as desk, visitor.socket() as browser:
        desk.send(type="subscribe", conversation_id=visitor.conversation_id, after=0)
        desk.until(lambda one: one["type"] == "events")
        browser.until(lambda one: one["type"] == "events")
        desk.send(type="typing", conversation_id=visitor.conversation_id)
        assert browser.until(lambda one: one["type"] == "typing")["author"] == "operator"
        browser.send(type="typing")
        assert desk.until(lambda one: one["type"] == "typing")["conversation_id"] == visitor.conversation_id


def test_the_customer_goes_back_to_the_bot(visitor: Visitor, operator: Person) -> None:
    call_for_a_human(visitor, operator)
    visitor.say("Вернуться к боту", choice="back_to_bot")
    visitor.wait_for(lambda event: event["kind"] == "handoff.cancelled")
    queue = operator.get("/api/desk/queue").json()
    assert all(card["conversation_id"] != visitor.conversation_id for card in queue["waiting"])


def test_online_means_a_desk_is_open(visitor: Visitor, operator: Person) -> None:
    with operator.desk() as desk:
        desk.until(lambda one: one["type"] == "queue")
        assert visitor.http.get("/api/chat/config").json()["operators_online"] is True


def test_changes_need_the_csrf_token_and_our_origin(visitor: Visitor, operator: Person) -> None:
    card = call_for_a_human(visitor, operator)
    path = f"/api/desk/handoffs/{card['handoff_id']}/claim"
    for headers in ({"X-CSRF-Token": ""}, {"X-CSRF-Token": "0" * 64}, {"Origin": "https://evil.example"}):
        reply = operator.post(path, headers=headers)
        assert reply.status_code == 403
    assert operator.post(path, headers={"Origin": operator.server.url}).status_code == 200


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
def test_the_desk_socket_needs_our_origin(server: Server, operator: Person, origin: str | None) -> None:
    headers = {"Cookie": f"frontline_session={operator.cookies['frontline_session']}"}
    if origin is not None:
        headers["Origin"] = origin
    with connect(f"{server.socket_url}/api/desk/ws", additional_headers=headers) as socket:
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
        assert socket.close_code == 4401


def test_a_socket_ends_with_its_session(administrator: Person) -> None:
    with closing(join(administrator, "operator", "Уходящий")) as person, person.desk() as desk:
        desk.until(lambda one: one["type"] == "queue")
        reply = administrator.post(f"/api/team/{person.operator['id']}", json={"active": False})
        assert reply.json()["active"] is False
        with pytest.raises(ConnectionClosed):
            desk.until(lambda _: False)
        assert desk.connection.close_code == 4401
        assert person.get("/api/desk/queue").status_code == 401


def test_a_deactivated_operator_lets_go(visitor: Visitor, administrator: Person) -> None:
    with closing(join(administrator, "operator", "Заболевший")) as person:
        card = call_for_a_human(visitor, person)
        step(person, card, "claim")
        administrator.post(f"/api/team/{person.operator['id']}", json={"active": False})
    visitor.wait_for(lambda event: event["kind"] == "handoff.released")


def test_who_did_what_is_written_down(visitor: Visitor, people: dict[str, Person], operator: Person) -> None:
    card = call_for_a_human(visitor, operator)
    step(operator, card, "claim")
    step(operator, card, "close", resolution="spam")
    lines = people["supervisor"].get("/api/audit").json()
    mine = [line for line in lines if line["actor"] == operator.operator["id"]]
    assert {"sign_in", "claim", "close"} <= {line["action"] for line in mine}
    assert {line["actor_name"] for line in mine} == {"Ольга Оператор"}
