"""What nobody should send: answered clearly, never with a 5xx, and kept from doing harm."""

from __future__ import annotations

import json
import socket as plain_socket
from collections.abc import Iterator

import httpx
import pytest

from tests.live.actors import Person, Server, Visitor, says

pytestmark = pytest.mark.live

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def error_of(reply: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code), reply.text
    error: dict[str, object] = reply.json()["error"]
    assert set(error) >= {"code", "message", "retryable", "request_id"}
    assert error["request_id"] == reply.headers["x-request-id"]
    return error


@pytest.mark.parametrize("text", ["", "   \n\t ", "\x00\x01\x02", "\u202e\u202d"])
def test_nothing_is_not_a_message(visitor: Visitor, text: str) -> None:
    error_of(visitor.post(text), 422, "message_empty")


def test_a_message_of_a_megabyte_is_refused(visitor: Visitor) -> None:
    error_of(visitor.post("ы" * 500_000), 413, "body_too_large")
    error_of(visitor.post("ы" * 4001), 422, "message_too_long")
    assert visitor.post("ы" * 4000).status_code == 202


def test_a_chunked_body_cannot_be_larger_either(visitor: Visitor) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"client_id": "1", "text": "'
        for _ in range(100):
            yield b"x" * 10_000
        yield b'"}'

    reply = visitor.http.post(
        "/api/chat/messages", content=chunks(), headers={"Content-Type": "application/json"}
    )
    error_of(reply, 413, "body_too_large")


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff\xfe", b"{", b"[]", b"null", b'"text"', b"\xff" * 100, b"{" * 5000]
)
def test_a_body_that_is_not_an_object_is_refused(visitor: Visitor, body: bytes) -> None:
    reply = visitor.http.post(
        "/api/chat/messages", content=body, headers={"Content-Type": "application/json"}
    )
    assert reply.status_code in {400, 422}
    assert reply.json()["error"]["code"] in {"bad_request", "invalid_request"}


def test_invalid_utf8_in_a_text_is_refused(visitor: Visitor) -> None:
    body = b'{"client_id": "1", "text": "\xd0\x9f\xff\xff"}'
    reply = visitor.http.post(
        "/api/chat/messages", content=body, headers={"Content-Type": "application/json"}
    )
    assert reply.status_code in {400, 422}


def test_a_lone_surrogate_is_refused(visitor: Visitor) -> None:
    body = b'{"client_id": "1", "text": "\\ud800"}'
    reply = visitor.http.post(
        "/api/chat/messages", content=body, headers={"Content-Type": "application/json"}
    )
    assert reply.status_code == 422


def test_control_characters_are_taken_out(visitor: Visitor) -> None:
    visitor.say("Здрав\x00ствуйте\x07,\r\nвопрос\u202e")
    said = visitor.wait_for(says("customer"))
    assert said["data"]["text"] == "Здравствуйте,\nвопрос"


@pytest.mark.parametrize(
    "text",
    [
        "🙂🙃👩‍👩‍👧‍👦",
        "¹",  # a digit that is no number
        SCRIPT,
        "'; DROP TABLE events; --",
        '" OR 1=1 /*',
        "%s %d {text} {{7*7}} ${x}",
        "مرحبا كيف حالك",
        "你好，我想申请贷款",
        "a" * 3000,
        "https://evil.example/?q=<b>",
        "[click](javascript:alert(1))",
    ],
)
def test_strange_texts_are_kept_as_they_are_and_answered(visitor: Visitor, text: str) -> None:
    visitor.say(text)
    assert visitor.wait_for(says("customer"))["data"]["text"] == text
    answer = visitor.wait_for(says("bot"))
    assert "<script" not in answer["data"]["html"]
    assert "javascript:" not in answer["data"]["html"]


def test_script_shows_as_text_when_an_operator_writes_it(visitor: Visitor, operator: Person) -> None:
    visitor.say("Позовите оператора", choice="operator")
    visitor.wait_for(lambda event: event["kind"] == "handoff.requested")
    queue = operator.get("/api/desk/queue").json()["waiting"]
    card = next(one for one in queue if one["conversation_id"] == visitor.conversation_id)
    operator.post(f"/api/desk/handoffs/{card['handoff_id']}/claim")
    body = {"client_id": "1", "text": SCRIPT}
    operator.post(f"/api/desk/conversations/{visitor.conversation_id}/messages", json=body)
    html = visitor.wait_for(says("operator"))["data"]["html"]
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize(
    "body",
    [
        {"text": "Здравствуйте"},
        {"client_id": "1"},
        {"client_id": "", "text": "x"},
        {"client_id": "x" * 65, "text": "x"},
        {"client_id": "1", "text": 5},
        {"client_id": "1", "text": None},
        {"client_id": "1", "text": ["x"]},
        {"client_id": "1", "text": "x", "choice": "нет такого"},
        {"client_id": "1", "text": "x", "locale": "xx"},
        {"client_id": "1", "text": "x", "unknown": True},
    ],
)
def test_invalid_fields_are_named_but_not_repeated(visitor: Visitor, body: dict[str, object]) -> None:
    error = error_of(visitor.http.post("/api/chat/messages", json=body), 422, "invalid_request")
    assert error["fields"]
    assert "нет такого" not in json.dumps(error, ensure_ascii=False)


def test_personal_content_never_comes_back_in_an_error(visitor: Visitor) -> None:
    secret = "+7 900 123-45-67"
    reply = visitor.http.post("/api/chat/messages", json={"client_id": secret, "text": [secret], secret: 1})
    assert reply.status_code == 422
    assert "900" not in reply.text


def test_a_pressed_button_that_was_never_offered_breaks_nothing(visitor: Visitor) -> None:
    visitor.say("Кнопка", choice="article:no-such-article")
    assert visitor.wait_for(says("bot"))


@pytest.mark.parametrize("after", ["-1", "x", "99999999999999999999", "1.5"])
def test_invalid_query_values(visitor: Visitor, after: str) -> None:
    error_of(visitor.http.get("/api/chat/conversation", params={"after": after}), 422, "invalid_request")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no/such/page", 404, "not_found"),
        ("GET", "/api/no-such", 404, "not_found"),
        ("DELETE", "/api/chat/config", 405, "method_not_allowed"),
        ("GET", "/static/../app.py", 404, "not_found"),
        ("GET", "/static/%2e%2e/app.py", 404, "file_not_found"),
        ("GET", "/static/..%2f..%2fsettings.py", 404, "file_not_found"),
        ("GET", "/static/%00", 400, "bad_request"),
        ("GET", "/api/chat/config?locale=%00", 400, "bad_request"),
        ("GET", "/api/chat/config?locale=xx", 422, "invalid_request"),
    ],
)
def test_every_error_has_one_shape(server: Server, method: str, path: str, status: int, code: str) -> None:
    error_of(httpx.request(method, server.url + path), status, code)


def test_unknown_conversations_and_handoffs(people: dict[str, Person], partner: httpx.Client) -> None:
    nowhere = "0" * 32
    admin = people["administrator"]
    error_of(admin.get(f"/api/desk/conversations/{nowhere}"), 404, "conversation_not_found")
    error_of(admin.post(f"/api/desk/handoffs/{nowhere}/claim"), 404, "handoff_not_found")
    body = {"client_id": "1", "text": "x"}
    assert admin.post(f"/api/desk/conversations/{nowhere}/messages", json=body).status_code in {404, 409}
    error_of(admin.post(f"/api/desk/conversations/{nowhere}/notes", json=body), 404, "conversation_not_found")
    error_of(partner.get(f"/api/v1/conversations/{nowhere}/events"), 404, "conversation_not_found")
    for strange in ("'; drop table events; --", "я", "x" * 65):
        error_of(admin.get(f"/api/desk/conversations/{strange}"), 422, "invalid_request")


def test_a_client_that_goes_away_in_mid_request_harms_nobody(server: Server, visitor: Visitor) -> None:
    request = (
        f"POST /api/chat/messages HTTP/1.1\r\nHost: {server.settings.host}\r\nContent-Length: 500\r\n"
        f"Content-Type: application/json\r\nAuthorization: Bearer {visitor.token}\r\n\r\n"
    )
    with plain_socket.create_connection((server.settings.host, server.settings.port)) as line:
        line.sendall(request.encode() + b'{"client_id": "1"')
    assert visitor.post("Здравствуйте").status_code == 202
