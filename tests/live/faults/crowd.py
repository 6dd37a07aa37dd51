"""Customers who write until they are heard: what is not acknowledged is sent again under its id."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

QUESTIONS = (
    "Как заблокировать карту?",
    "Сколько стоит обслуживание карты?",
    "Как пополнить карту переводом?",
    "Как сменить ПИН-код карты?",
    "Здравствуйте",
)
PATIENCE = 60.0  # seconds of refusals in a row after which a customer gives up and the test fails


@dataclass
class Tally:
    """What was acknowledged, and a way to wait for how much of it."""

    acknowledged: set[str] = field(default_factory=set)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def add(self, client_id: str) -> None:
        async with self._changed:
            self.acknowledged.add(client_id)
            self._changed.notify_all()

    async def reaches(self, count: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.acknowledged) >= count)


@dataclass
class Customer:
    """One conversation, by either channel. `client` carries who it is."""

    name: str
    client: httpx.AsyncClient
    partner: bool
    conversation_id: str = ""

    @classmethod
    async def of_partner(cls, url: str, name: str, key: str) -> Customer:
        return cls(name, _client(url, key), partner=True)

    @classmethod
    async def of_web_chat(cls, url: str, name: str) -> Customer:
        async with _client(url) as http:
            session = await http.post("/api/chat/sessions", json={"consent": True})
        assert session.status_code == 201, session.text
        return cls(name, _client(url, session.json()["token"]), partner=False)

    async def talk(self, count: int, tally: Tally) -> None:
        for number in range(count):
            client_id = f"{self.name}-{number}"
            await self.say(client_id, QUESTIONS[number % len(QUESTIONS)])
            await tally.add(client_id)

    async def say(self, client_id: str, text: str) -> None:
        """Sends until it is acknowledged; 503 and a lost connection are the only excuses."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            try:
                reply = await self.send(client_id, text)
            except httpx.TransportError:
                pass
            else:
                if reply.status_code != 503:
                    assert reply.is_success, reply.text
                    self.conversation_id = reply.json()["conversation_id"]
                    return
                assert reply.json()["error"]["retryable"] is True
            assert loop.time() < until, f"{client_id} is never acknowledged"
            await asyncio.sleep(0.05)

    async def send(self, client_id: str, text: str) -> httpx.Response:
        body = {"client_id": client_id, "text": text}
        if self.partner:
            return await self.client.post("/api/v1/messages", json={"address": self.name, **body})
        return await self.client.post("/api/chat/messages", json=body)

    async def events(self) -> list[dict[str, Any]]:
        """The whole conversation, as the customer's side sees it."""
        path = f"/api/v1/conversations/{self.conversation_id}/events"
        if not self.partner:
            path = "/api/chat/conversation"
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            page = await self.client.get(path, params={"after": after})
            assert page.status_code == 200, page.text
            if not page.json()["events"]:
                return found
            found += page.json()["events"]

    async def messages(self, author: str) -> list[dict[str, Any]]:
        return [
            event["data"]
            for event in await self.events()
            if event["kind"] == "message" and event["data"]["author"] == author
        ]

    async def heard(self) -> Counter[str]:
        """How often each of the customer's messages stands in the conversation."""
        return Counter(data["client_id"].rpartition("|")[2] for data in await self.messages("customer"))

    async def answered(self, count: int, seconds: float = 30) -> None:
        """Returns when as many answers are there; what is on its way is waited for."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (there := len(await self.messages("bot"))) < count:
            assert loop.time() < until, f"{self.name}: {there} of {count} answers"
            await asyncio.sleep(0.1)


def _client(url: str, token: str = "") -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=30)
