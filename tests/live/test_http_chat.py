"""The web chat over HTTP and its socket: nothing lost, nothing twice, in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.live.actors import Person, Server, Socket, Visitor, says

pytestmark = pytest.mark.live


def test_a_message_is_stored_and_answered_by_the_socket(visitor: Visitor) -> None:
    with visitor.socket() as socket:
        assert socket.next() == {"type": "state", "conversation": None}
        accepted = visitor.say("Здравствуйте", client_id="first")
        assert accepted["seq"] == 1
        assert accepted["repeated"] is False
        socket.event(says("bot"))
        own = next(event for event in socket.events if event["seq"] == 1)
        assert own["data"]["author"] == "customer"
        assert own["data"]["client_id"] == "first"
        state = [message for message in socket.seen if message["type"] == "state"][-1]
        assert state["conversation"]["id"] == accepted["conversation_id"]
        assert state["conversation"]["owner"] == "bot"


def test_customers_see_no_internals(visitor: Visitor) -> None:
    visitor.say("Здравствуйте")
    visitor.wait_for(says("bot"))
    page = visitor.page()
    assert {event["kind"] for event in page["events"]} == {"message"}
    assert page["last_seq"] >= max(event["seq"] for event in page["events"])


def test_a_repeat_is_the_first_result(visitor: Visitor) -> None:
    first = visitor.say("Здравствуйте", client_id="same")
    again = visitor.say("Здравствуйте", client_id="same")
    assert again == {**first, "repeated": True}
    visitor.wait_for(says("bot"))
    assert sum(event["data"]["author"] == "customer" for event in visitor.page()["events"]) == 1


def test_client_ids_of_visitors_do_not_meet(server: Server, visitor: Visitor) -> None:
    other = Visitor.arrives(server)
    assert (
        visitor.say("Здравствуйте", client_id="1")["conversation_id"]
        != (other.say("Здравствуйте", client_id="1")["conversation_id"])
    )
    other.leaves()


def test_a_burst_of_ten_is_answered_in_order(visitor: Visitor) -> None:
    with visitor.socket() as socket:
        with ThreadPoolExecutor(10) as pool:
            replies = list(
                pool.map(lambda n: visitor.post("Здравствуйте", client_id=f"burst-{n}"), range(10))
            )
        assert [reply.status_code for reply in replies] == [202] * 10
        while sum(says("bot")(event) for event in socket.events) < 10:
            socket.next()
        seqs = [event["seq"] for event in socket.events]
        assert seqs == sorted(set(seqs))
        assert sum(says("customer")(event) for event in socket.events) == 10


def test_resume_has_no_gap_and_no_repeat(visitor: Visitor) -> None:
    with visitor.socket() as socket:
        visitor.say("Здравствуйте")
        seen = socket.event(says("bot"))["seq"]
        first = [event["seq"] for event in socket.events]
    visitor.say("Спасибо")
    visitor.wait_for(lambda event: event["seq"] > seen and says("bot")(event))
    with visitor.socket(after=seen, conversation_id=visitor.conversation_id) as socket:
        visitor.say("До свидания")
        while sum(says("bot")(event) for event in socket.events) < 2:
            socket.next()
        resumed = [event["seq"] for event in socket.events]
    everything = [event["seq"] for event in visitor.page()["events"]]
    assert first + resumed == everything


def test_two_tabs_see_the_same(visitor: Visitor) -> None:
    with visitor.socket() as one, visitor.socket() as other:
        for tab in (one, other):
            tab.next()
        visitor.say("Здравствуйте")
        assert one.event(says("bot")) == other.event(says("bot"))


def test_a_stale_token_is_refused_everywhere(server: Server) -> None:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {'x' * 43}"}) as client:
        reply = client.post("/api/chat/messages", json={"client_id": "1", "text": "Здравствуйте"})
        assert reply.status_code == 401
        assert reply.json()["error"]["code"] == "chat_token_invalid"
    with Socket(connect(f"{server.socket_url}/api/chat/ws")) as socket:
        socket.send(type="hello", token="x" * 43, after=0)
        assert socket.next() == {"type": "error", "code": "chat_token_invalid"}
        with pytest.raises(ConnectionClosed):
            socket.next()
        assert socket.connection.close_code == 4401


@pytest.mark.parametrize(
    "hello", ['{"type":"typing"}', "[]", "not json", "\x00", '{"type":"hello","token":5,"after":"x"}']
)
def test_a_socket_that_does_not_say_hello_is_closed(server: Server, hello: str) -> None:
    with Socket(connect(f"{server.socket_url}/api/chat/ws")) as socket:
        socket.connection.send(hello)
        with pytest.raises(ConnectionClosed):
            socket.until(lambda _: False)
        assert socket.connection.close_code in {4400, 4401}


def test_nonsense_on_an_open_socket_is_ignored(visitor: Visitor) -> None:
    with visitor.socket() as socket:
        for nonsense in ("", "[1]", "{", '{"type":null}', '{"type":{"a":1}}'):
            socket.connection.send(nonsense)
        socket.connection.send(b"\x00\xff")
        socket.send(type="ping")
        assert socket.until(lambda message: message["type"] == "pong")


def test_a_client_that_leaves_in_mid_answer_finds_it_later(server: Server, visitor: Visitor) -> None:
    with visitor.socket():
        visitor.say("Здравствуйте")
    assert visitor.wait_for(says("bot"))


def test_consent_is_needed(server: Server) -> None:
    reply = httpx.post(f"{server.url}/api/chat/sessions", json={"locale": "ru", "consent": False})
    assert reply.status_code == 422
    assert reply.json()["error"]["code"] == "consent_required"


def test_config_speaks_both_languages(server: Server) -> None:
    configs = [
        httpx.get(f"{server.url}/api/chat/config", params={"locale": one}).json() for one in ("ru", "en")
    ]
    assert configs[0]["company"]["name"]
    assert configs[0]["phrases"].keys() == configs[1]["phrases"].keys()
    assert configs[0]["phrases"] != configs[1]["phrases"]


def test_rating_and_transcript(visitor: Visitor) -> None:
    assert visitor.http.post("/api/chat/rating", json={"score": 5}).status_code == 404
    assert visitor.http.get("/api/chat/transcript").status_code == 404
    visitor.say("Здравствуйте <b>всем</b>")
    visitor.wait_for(says("bot"))
    for score in (5, 1):
        assert visitor.http.post("/api/chat/rating", json={"score": score}).status_code == 204
    ratings = [event["data"] for event in visitor.page()["events"] if event["kind"] == "rating"]
    assert ratings == [{"score": 5}]
    transcript = visitor.http.get("/api/chat/transcript")
    assert transcript.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Здравствуйте <b>всем</b>" in transcript.text


def test_after_closing_a_new_conversation_begins_on_the_open_socket(
    visitor: Visitor, operator: Person
) -> None:
    with visitor.socket() as socket:
        visitor.say("Позовите оператора", choice="operator")
        old = visitor.conversation_id
        visitor.wait_for(lambda event: event["kind"] == "handoff.requested")
        card = next(
            one for one in operator.get("/api/desk/queue").json()["waiting"] if one["conversation_id"] == old
        )
        operator.post(f"/api/desk/handoffs/{card['handoff_id']}/claim")
        operator.post(f"/api/desk/handoffs/{card['handoff_id']}/close", json={"resolution": "resolved"})
        socket.until(
            lambda one: one["type"] == "state" and (one["conversation"] or {}).get("status") == "closed"
        )
        visitor.say("Здравствуйте снова")
        assert visitor.conversation_id != old
        state = socket.until(lambda one: one["type"] == "state" and one["conversation"]["id"] != old)
        assert state["conversation"]["status"] == "open"
        assert socket.event(says("customer", "снова"))["seq"] == 1
