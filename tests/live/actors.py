"""Who acts in live tests: a server on a free port, visitors, members of the team, partners."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import uvicorn
from fastapi import FastAPI
from websockets.sync.client import ClientConnection, connect

from bot.app import create_app, serving
from bot.settings import ROOT, Limits, Settings, Voice
from tests.services import free_port

PASSWORD = "правильная лошадь батарейка"
GENEROUS = Limits(messages_per_minute=100_000, sessions_per_minute=100_000, logins_per_minute=100_000)
_numbers = count(1)


@dataclass
class Server:
    """A running application. `invite` is the path of the first administrator's invitation."""

    app: FastAPI
    settings: Settings
    _uvicorn: uvicorn.Server
    _thread: threading.Thread

    @property
    def url(self) -> str:
        return self.settings.base_url

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    @property
    def invite(self) -> str:
        url = self.app.state.house.invite_url
        assert url is not None
        return str(url)

    def stop(self) -> None:
        self._uvicorn.should_exit = True
        self._thread.join(timeout=40)
        assert not self._thread.is_alive()


def example_articles(folder: Path, *categories: str) -> Path:
    """Some categories of the example base: an index that is built in a moment."""
    for category in categories:
        shutil.copytree(ROOT / "knowledge_base" / "articles" / category, folder / category)
    folder.mkdir(exist_ok=True)
    return folder


def launch(data: Path, articles: Path, *, wait: str = "/health/ready", **changes: Any) -> Server:
    settings = Settings(
        **{
            "port": free_port(),
            "data_dir": data,
            "articles": articles,
            "limits": GENEROUS,
            "voice": Voice(carriers=""),
            "twin": False,  # a fork of all the tests, for each server
            **changes,
        }
    )
    app = create_app(settings)
    runner = uvicorn.Server(uvicorn.Config(app, **serving(settings)))
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    server = Server(app, settings, runner, thread)
    await_answer(f"http://{settings.host}:{settings.port}{wait}")
    return server


def await_answer(url: str, seconds: float = 180) -> None:
    until, said = time.monotonic() + seconds, "nothing"
    while True:
        try:
            reply = httpx.get(url, timeout=5)
            if reply.status_code == 200:
                return
            said = reply.text
        except httpx.TransportError:
            pass
        assert time.monotonic() < until, f"{url} says {said}"
        time.sleep(0.05)


class Person(httpx.Client):
    """A signed-in member of the team."""

    def __init__(self, server: Server) -> None:
        super().__init__(base_url=server.url, timeout=30)
        self.server = server
        self.operator: dict[str, Any] = {}

    def signed_in(self, reply: httpx.Response) -> Person:
        assert reply.status_code == 200, reply.text
        self.operator = reply.json()["operator"]
        self.headers["X-CSRF-Token"] = reply.json()["csrf_token"]
        return self

    def accept(self, url: str, login: str, name: str) -> Person:
        token = url.rsplit("/", 1)[1]
        body = {"login": login, "name": name, "password": PASSWORD}
        return self.signed_in(self.post(f"/api/auth/invites/{token}", json=body))

    def desk(self) -> Socket:
        cookie = f"frontline_session={self.cookies['frontline_session']}"
        return Socket(
            connect(
                f"{self.server.socket_url}/api/desk/ws",
                additional_headers={"Cookie": cookie, "Origin": self.server.url},
                max_size=None,
            )
        )


class Socket:
    """A socket that speaks JSON and can wait for what a test needs."""

    def __init__(self, opening: connect) -> None:
        self.connection: ClientConnection = opening.__enter__()
        self.seen: list[dict[str, Any]] = []

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, **message: Any) -> None:
        self.connection.send(orjson.dumps(message).decode())

    def next(self, seconds: float = 20) -> dict[str, Any]:
        message: dict[str, Any] = orjson.loads(self.connection.recv(timeout=seconds))
        self.seen.append(message)
        return message

    def until(self, fits: Callable[[dict[str, Any]], bool], seconds: float = 20) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while True:
            message = self.next(max(0.01, end - time.monotonic()))
            if fits(message):
                return message

    def event(self, fits: Callable[[dict[str, Any]], bool], seconds: float = 20) -> dict[str, Any]:
        """The first event, of those still to come, that fits."""
        end = time.monotonic() + seconds
        while True:
            message = self.next(max(0.01, end - time.monotonic()))
            for event in message.get("events", ()):
                if fits(event):
                    return dict(event)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for message in self.seen for event in message.get("events", ())]


def says(author: str, text: str = "") -> Callable[[dict[str, Any]], bool]:
    """Whether an event is a message of this author that contains the text."""
    return lambda event: (
        event["kind"] == "message" and event["data"]["author"] == author and text in event["data"]["text"]
    )


@dataclass
class Visitor:
    """A browser with the web chat."""

    server: Server
    http: httpx.Client
    token: str
    address: str
    conversation_id: str | None = None
    sockets: list[Socket] = field(default_factory=list)

    @classmethod
    def arrives(cls, server: Server, locale: str = "ru") -> Visitor:
        http = httpx.Client(base_url=server.url, timeout=30)
        session = http.post("/api/chat/sessions", json={"locale": locale, "consent": True})
        assert session.status_code == 201, session.text
        http.headers["Authorization"] = f"Bearer {session.json()['token']}"
        return cls(server, http, session.json()["token"], session.json()["address"])

    def say(self, text: str, choice: str | None = None, client_id: str | None = None) -> dict[str, Any]:
        reply = self.post(text, choice, client_id)
        assert reply.status_code == 202, reply.text
        accepted: dict[str, Any] = reply.json()
        self.conversation_id = accepted["conversation_id"]
        return accepted

    def post(self, text: str, choice: str | None = None, client_id: str | None = None) -> httpx.Response:
        body = {"client_id": client_id or uuid4().hex, "text": text}
        return self.http.post("/api/chat/messages", json=body | ({"choice": choice} if choice else {}))

    def page(self, after: int = 0) -> dict[str, Any]:
        reply = self.http.get("/api/chat/conversation", params={"after": after})
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    def wait_for(self, fits: Callable[[dict[str, Any]], bool], seconds: float = 20) -> dict[str, Any]:
        """The first event of the conversation that fits, read by polling."""
        until = time.monotonic() + seconds
        while True:
            found = next((event for event in self.page()["events"] if fits(event)), None)
            if found is not None:
                return dict(found)
            assert time.monotonic() < until, "the event does not come"
            time.sleep(0.02)

    def socket(self, after: int = 0, **hello: Any) -> Socket:
        socket = Socket(connect(f"{self.server.socket_url}/api/chat/ws", max_size=None))
        socket.send(**{"type": "hello", "token": self.token, "after": after, **hello})
        self.sockets.append(socket)
        return socket

    def leaves(self) -> None:
        for socket in self.sockets:
            socket.connection.close()
        self.http.close()


def join(administrator: Person, role: str, name: str) -> Person:
    """A new colleague, by invitation."""
    invite = administrator.post("/api/team/invites", json={"role": role, "name": name})
    assert invite.status_code == 201, invite.text
    return Person(administrator.server).accept(invite.json()["url"], f"{role}{next(_numbers)}", name)


def key_holder(administrator: Person, webhook_url: str | None = None) -> httpx.Client:
    """A client with a new API key."""
    made = administrator.post("/api/keys", json={"name": "Партнёр", "webhook_url": webhook_url})
    assert made.status_code == 201, made.text
    return httpx.Client(
        base_url=administrator.server.url,
        timeout=30,
        headers={"Authorization": f"Bearer {made.json()['key']}"},
    )
