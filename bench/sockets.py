"""What a thousand open widgets cost, and how soon a customer's message is at the desk meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from http.cookies import SimpleCookie
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect

from bench.figures import Figure, percentiles
from bench.product import Product

WIDGETS, MESSAGES = 1_000, 200
AT_ONCE = 20  # widgets that open together


def run(product: Product) -> Sequence[Figure]:
    """All widgets stay connected while one of them writes to an operator."""
    invitation = product.command("users", "invite", "--role", "administrator")["url"]
    return asyncio.run(_measured(product, invitation.rsplit("/", 1)[1]))


async def _measured(product: Product, invitation: str) -> Sequence[Figure]:
    before = product.memory
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=product.url, timeout=30))
        tokens = [await _session(http) for _ in range(WIDGETS)]
        for start in range(0, WIDGETS, AT_ONCE):
            await asyncio.gather(
                *(_widget(stack, product, token) for token in tokens[start : start + AT_ONCE])
            )
        grown = product.memory - before
        took = await _written(stack, product, http, tokens[0], invitation)
    return [
        Figure(f"{WIDGETS:,} idle widgets", grown, "MB", at_most=150),
        *percentiles("message to the desk", took, {"p95": 100}),
    ]


async def _session(http: httpx.AsyncClient) -> str:
    reply = await http.post("/api/chat/sessions", json={"locale": "ru", "consent": True})
    reply.raise_for_status()
    return str(reply.json()["token"])


async def _widget(stack: AsyncExitStack, product: Product, token: str) -> ClientConnection:
    socket = await stack.enter_async_context(
        connect(product.url.replace("http", "ws", 1) + "/api/chat/ws", compression=None, ping_interval=None)
    )
    await socket.send(json.dumps({"type": "hello", "token": token, "after": 0}))
    await socket.recv()
    return socket


async def _written(
    stack: AsyncExitStack, product: Product, http: httpx.AsyncClient, token: str, invitation: str
) -> list[float]:
    """Seconds from sending each message to its event on the desk's socket."""
    body = {"login": f"bench-{uuid4().hex[:8]}", "name": "Bench", "password": uuid4().hex}
    accepted = await http.post(f"/api/auth/invites/{invitation}", json=body)
    accepted.raise_for_status()
    cookie = SimpleCookie(accepted.headers["set-cookie"])["frontline_session"].value
    customer = {"Authorization": f"Bearer {token}"}
    called = await http.post("/api/chat/messages", json=_message("", "operator"), headers=customer)
    called.raise_for_status()
    conversation = called.json()["conversation_id"]
    desk = await stack.enter_async_context(
        connect(
            product.url.replace("http", "ws", 1) + "/api/desk/ws",
            additional_headers={"Cookie": f"frontline_session={cookie}"},
            origin=product.url,  # type: ignore[arg-type]  # a plain string is an origin
            max_size=None,
        )
    )
    await desk.send(json.dumps({"type": "subscribe", "conversation_id": conversation, "after": 0}))
    took = []
    for number in range(MESSAGES):
        text = f"сообщение {number}"
        begun = time.perf_counter()
        sent = await http.post("/api/chat/messages", json=_message(text), headers=customer)
        sent.raise_for_status()
        await _shown(desk, text)
        took.append(time.perf_counter() - begun)
    return took


def _message(text: str, choice: str | None = None) -> dict[str, Any]:
    return {"client_id": uuid4().hex, "text": text} | ({"choice": choice} if choice else {})


async def _shown(desk: ClientConnection, text: str) -> None:
    while True:
        message = json.loads(await asyncio.wait_for(desk.recv(), 20))
        if any(event["data"].get("text") == text for event in message.get("events", ())):
            return
