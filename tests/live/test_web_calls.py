"""Calls from the website as programs see them: who may, what is refused, how they end, what they leave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.settings import Voice
from tests.live.actors import Server, Visitor, says
from tests.live.callers import Callers, gateway, launch_calls, until
from tests.live.conftest import StartServer
from tests.live.test_http_access import endpoints
from voice import web_calls
from voice.carriers import webrtc

pytestmark = pytest.mark.live
SOMEBODY_ELSES = "0" * 32


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = launch_calls(tmp_path_factory.mktemp("calls"), max_calls=2)
    yield running
    running.stop()


@pytest.fixture
def callers() -> Iterator[Callers]:
    some = Callers()
    yield some
    some.stop()


@pytest.fixture
def caller(lines: Server) -> Iterator[Visitor]:
    one = Visitor.arrives(lines)
    yield one
    one.leaves()
    until(lambda: gateway(lines).calls == 0)


def test_the_routes_of_calls_are_these() -> None:
    """Who may call them is asked below."""
    assert set(endpoints(web_calls.routes.routes)) == {
        ("GET", "/api/chat/call"),
        ("POST", "/api/chat/call"),
        ("DELETE", "/api/chat/call/{call_id}"),
        ("GET", "/call"),
    }


def test_calls_are_off_where_they_are_not_configured(start_server: StartServer, lines: Server) -> None:
    off = start_server(voice=Voice(carriers=""))
    assert httpx.get(f"{off.url}/api/chat/config").json()["calls"] is False
    assert httpx.get(f"{off.url}/call").status_code == 404
    assert "microphone=()" in httpx.get(f"{off.url}/").headers["permissions-policy"]
    assert httpx.get(f"{lines.url}/api/chat/config").json()["calls"] is True
    for page in ("/call", "/widget/", "/"):
        assert "microphone=(self)" in httpx.get(f"{lines.url}{page}").headers["permissions-policy"]


@pytest.mark.parametrize("token", ["", "Bearer x", "Bearer 0123456789abcdef0123", "Basic abc"])
def test_only_a_visitor_may_call(lines: Server, token: str) -> None:
    headers = {"Authorization": token} if token else {}
    with httpx.Client(base_url=lines.url, headers=headers) as nobody:
        assert nobody.get("/api/chat/call").status_code == 401
        assert nobody.post("/api/chat/call", json={"sdp": "v=0"}).status_code == 401
        assert nobody.delete(f"/api/chat/call/{SOMEBODY_ELSES}").status_code == 401


def test_a_call_is_its_visitors_alone(lines: Server, caller: Visitor, callers: Callers) -> None:
    peer, answer = callers.call(caller)
    other = Visitor.arrives(lines)
    with closing(other.http):
        assert other.http.delete(f"/api/chat/call/{answer['id']}").status_code == 404
        assert other.page()["conversation"] is None
        assert gateway(lines).calls == 1
    assert caller.http.delete(f"/api/chat/call/{SOMEBODY_ELSES}").status_code == 404
    assert caller.http.delete("/api/chat/call/../../desk").status_code in {404, 422}
    assert caller.http.delete(f"/api/chat/call/{answer['id']}").status_code == 204
    until(lambda: peer.states[-1:] == ["ended"])
    until(lambda: gateway(lines).calls == 0)
    assert caller.http.delete(f"/api/chat/call/{answer['id']}").status_code == 404


def test_a_call_goes_on_with_the_chat(lines: Server, caller: Visitor, callers: Callers) -> None:
    accepted = caller.say("Как заблокировать карту?")
    caller.wait_for(says("bot"))
    peer, answer = callers.call(caller)
    assert answer["conversation_id"] == accepted["conversation_id"]
    until(lambda: "listening" in peer.states)
    assert "speaking" in peer.states
    assert peer.loudest > 1000
    callers.run(_pressed(peer, "0"))  # the operator, in the chat: there is no exchange to hand over to
    until(lambda: peer.states[-1:] == ["ended"], 60)
    assert caller.page()["conversation"]["handoff"]["status"] == "waiting"
    assert caller.page()["conversation"]["id"] == accepted["conversation_id"]


async def _pressed(peer: Any, key: str) -> None:
    peer.channel.send("not a key")
    peer.channel.send(b"0")
    peer.channel.send(key)


def test_a_second_call_of_a_visitor_ends_the_first(lines: Server, caller: Visitor, callers: Callers) -> None:
    first, _ = callers.call(caller)
    second, _ = callers.call(caller)
    until(lambda: first.states[-1:] == ["ended"])
    until(lambda: gateway(lines).calls == 1)
    until(lambda: "speaking" in second.states)
    callers.close(second)


def test_a_caller_on_top_of_the_limit_is_told(lines: Server, caller: Visitor, callers: Callers) -> None:
    others = [Visitor.arrives(lines) for _ in range(2)]
    taken = [callers.call(other)[0] for other in others]
    refused = caller.http.post("/api/chat/call", json={"sdp": callers.offer()[1]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "calls_full")
    assert refused.json()["error"]["retryable"] is True
    for peer, other in zip(taken, others, strict=True):
        callers.close(peer)
        other.leaves()
    until(lambda: gateway(lines).calls == 0)
    callers.close(callers.call(caller)[0])


def test_what_no_browser_offers_is_refused(lines: Server, caller: Visitor, callers: Callers) -> None:
    _, good = callers.offer()
    bad = {
        "nothing": "v=0",
        "no words": "\x00\r\n=\r\nm=audio",
        "no ice": "\r\n".join(line for line in good.split("\r\n") if "ice-" not in line),
        "no fingerprint": "\r\n".join(line for line in good.split("\r\n") if "fingerprint" not in line),
        "no opus": good.replace("opus/48000", "speex/16000"),
        "half": good[: len(good) // 2],
        "a picture": callers.offer(more=["video"])[1],
        "two microphones": callers.offer(more=["audio"])[1],
        "no microphone": callers.offer(direction="recvonly")[1],
    }
    for name, sdp in bad.items():
        reply = caller.http.post("/api/chat/call", json={"sdp": sdp})
        assert reply.status_code in {422, 429}, (name, reply.text)
        if reply.status_code == 422:
            assert reply.json()["error"]["code"] == "invalid_offer", name
    assert caller.http.post("/api/chat/call", json={"sdp": "x" * 20_001}).status_code in {422, 429}
    assert caller.http.post("/api/chat/call", json={}).status_code == 422


def test_one_visitor_does_not_call_without_end(lines: Server, caller: Visitor) -> None:
    replies = [caller.http.post("/api/chat/call", json={"sdp": "v=0"}).status_code for _ in range(12)]
    assert replies[0] == 422
    assert replies[-1] == 429


def test_who_offers_and_does_not_come_holds_no_line(
    lines: Server, caller: Visitor, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webrtc, "CONNECT_S", 1.0)
    carrier = gateway(lines).carrier("webrtc")
    assert isinstance(carrier, webrtc.Carrier)
    assert caller.http.post("/api/chat/call", json={"sdp": callers.offer()[1]}).status_code == 201
    assert carrier.waiting == 1
    until(lambda: carrier.waiting == 0)


def test_a_page_that_vanishes_ends_its_call(
    lines: Server, caller: Visitor, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webrtc, "SILENT_S", 1.0)
    peer, _ = callers.call(caller)
    until(lambda: gateway(lines).calls == 1)
    callers.run(_vanished(peer))
    until(lambda: gateway(lines).calls == 0)


async def _vanished(peer: Any) -> None:
    """No packet goes out any more, and nobody says goodbye."""
    for sender in peer.connection.getSenders():
        sender._enabled = False


def test_calls_leave_nothing_behind(lines: Server, callers: Callers) -> None:
    house = gateway(lines)

    def left() -> tuple[int, int, int]:
        """Tasks of the calls' loop, threads that decode, open files."""
        counted: list[int] = []
        house._loop.call_soon_threadsafe(lambda: counted.append(len(asyncio.all_tasks())))
        until(lambda: bool(counted))
        decoders = sum(thread.name.endswith("-decoder") for thread in threading.enumerate())
        return counted[0], decoders, len(list(Path("/proc/self/fd").iterdir()))

    def hang_ups(count: int) -> None:
        for number in range(count):
            visitor = Visitor.arrives(lines)
            peer, answer = callers.call(visitor)
            if number % 2:
                callers.close(peer)  # the page is closed
            else:
                visitor.http.delete(f"/api/chat/call/{answer['id']}")
                callers.close(peer)
            visitor.leaves()
        until(lambda: house.calls == 0)

    hang_ups(2)
    before = left()
    hang_ups(10)
    until(lambda: all(now <= then for now, then in zip(left(), before, strict=True)))
