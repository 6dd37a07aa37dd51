"""The REST channel: a turn per request, each key alone, signed deliveries."""

from __future__ import annotations

import hashlib
import hmac
import queue
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from bot.settings import Limits
from tests.live.actors import Person, key_holder
from tests.live.conftest import StartServer

pytestmark = pytest.mark.live


def send(client: httpx.Client, text: str, address: str = "user-1", **more: Any) -> dict[str, Any]:
    body = {"address": address, "client_id": uuid4().hex, "text": text, **more}
    reply = client.post("/api/v1/messages", json=body)
    assert reply.status_code == 200, reply.text
    turn: dict[str, Any] = reply.json()
    return turn


def test_a_message_returns_its_turn(partner: httpx.Client) -> None:
    turn = send(partner, "Здравствуйте")
    assert turn["answer"]["kind"]
    assert turn["answer"]["text"] == turn["messages"][0]["data"]["text"]
    assert turn["messages"][0]["data"]["author"] == "bot"


def test_a_repeat_returns_the_same_turn(partner: httpx.Client) -> None:
    first = send(partner, "Здравствуйте", client_id="once")
    again = send(partner, "Здравствуйте", client_id="once")
    assert again["repeated"] is True
    same = ("conversation_id", "seq", "answer", "messages")
    assert [again[name] for name in same] == [first[name] for name in same]


def test_a_key_sees_its_own_conversations_only(administrator: Person, partner: httpx.Client) -> None:
    turn = send(partner, "Здравствуйте", client_id="1")
    address = f"/api/v1/conversations/{turn['conversation_id']}/events"
    events = partner.get(address).json()
    assert [event["data"]["author"] for event in events["events"]] == ["customer", "bot"]
    assert events["events"][0]["data"]["client_id"] == "1"
    assert partner.get(address, params={"after": events["last_seq"]}).json()["events"] == []
    with closing(key_holder(administrator)) as other:
        assert other.get(address).status_code == 404
        assert send(other, "Здравствуйте", client_id="1")["conversation_id"] != turn["conversation_id"]


def test_a_revoked_key_opens_nothing(administrator: Person) -> None:
    made = administrator.post("/api/keys", json={"name": "Бывший"}).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    administrator.delete(f"/api/keys/{made['info']['id']}")
    with httpx.Client(base_url=administrator.server.url, headers=headers) as client:
        body = {"address": "u", "client_id": "1", "text": "x"}
        reply = client.post("/api/v1/messages", json=body)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "api_key_invalid")


def test_each_key_has_its_own_limit(start_server: StartServer) -> None:
    limits = Limits(partner_messages_per_minute=2, logins_per_minute=100)
    with closing(Person(start_server(limits=limits))) as person:
        person.accept(person.server.invite, "admin", "Анна")
        with closing(key_holder(person)) as one, closing(key_holder(person)) as other:
            body = {"address": "u", "text": "Здравствуйте"}
            statuses = [
                client.post("/api/v1/messages", json={**body, "client_id": uuid4().hex}).status_code
                for client in (one, one, one, other)
            ]
            assert statuses == [200, 200, 429, 200]


class Webhook:
    """A partner's server that refuses the first delivery."""

    def __init__(self) -> None:
        self.received: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        received, refused = self.received, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = 200 if refused.is_set() else 500
                refused.set()
                if status == 200:
                    received.put((dict(self.headers), body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?partner=1"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with closing(Webhook()) as one:
        yield one


def test_what_a_human_writes_comes_signed_to_the_webhook(
    administrator: Person, operator: Person, webhook: Webhook
) -> None:
    made = administrator.post("/api/keys", json={"name": "С вебхуком", "webhook_url": webhook.url}).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    with httpx.Client(base_url=administrator.server.url, headers=headers, timeout=30) as client:
        turn = send(client, "Позовите оператора", choice="operator")
        assert turn["answer"]["kind"] == "escalate"
        cards = operator.get("/api/desk/queue").json()["waiting"]
        card = next(one for one in cards if one["conversation_id"] == turn["conversation_id"])
        operator.post(f"/api/desk/handoffs/{card['handoff_id']}/claim")
        body = {"client_id": "1", "text": "Здравствуйте, слушаю"}
        operator.post(f"/api/desk/conversations/{turn['conversation_id']}/messages", json=body)
        silent = send(client, "У меня вопрос")
        assert silent["answer"] is None
        assert silent["messages"] == []
        assert silent["repeated"] is False
    seqs, texts = [], []
    while "Здравствуйте, слушаю" not in texts:
        headers_in, raw = webhook.received.get(timeout=30)
        stamp, signature = (part.split("=", 1)[1] for part in headers_in["X-Frontline-Signature"].split(","))
        expected = hmac.new(made["webhook_secret"].encode(), f"{stamp}.".encode() + raw, hashlib.sha256)
        assert hmac.compare_digest(signature, expected.hexdigest())
        delivered = orjson.loads(raw)
        assert delivered["address"] == "user-1"
        seqs.append(delivered["event"]["seq"])
        texts.append(delivered["event"]["data"].get("text"))
    assert seqs == sorted(set(seqs))
