"""The example company's systems, inside the process and on a port, at a moment in the test's hand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from held_clock import HeldClock

from bot.backoffice.errors import BackofficeAway, BackofficeRefused
from bot.backoffice.example.app import create_app
from bot.backoffice.http import HttpBackoffice
from bot.backoffice.records import Customer, Ticket

TOKEN = "a token of the tests"
WEDNESDAY = datetime(2026, 6, 3, 8, 20, tzinfo=UTC)  # 11:20 in Moscow
TODAY = WEDNESDAY.date()
ORLOV = {"contract_number": "МП-204518", "phone": "+79000000012"}


@dataclass
class Company:
    """`client` speaks to the service at `url`; `app` is the service itself."""

    backoffice: HttpBackoffice
    clock: HeldClock
    client: httpx.AsyncClient
    url: str
    app: FastAPI

    def of(self, app: Any) -> HttpBackoffice:
        """The same port with something else in place of the service."""
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False))
        return HttpBackoffice(client, "http://test", TOKEN)

    async def last_sms(self, phone: str) -> str | None:
        reply = await self.client.get(
            f"{self.url}/example/outbox",
            params={"phone": phone},
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        assert reply.status_code == 200, reply.text
        messages = reply.json()
        return messages[0]["text"] if messages else None

    async def code(self, contract_number: str, phone: str) -> str:
        """Asks for a code and reads it in the message."""
        await self.backoffice.send_code(contract_number=contract_number, phone=phone)
        text = await self.last_sms(phone)
        assert text is not None
        return text.removeprefix("Код ")[:4]


def clock_at(moment: datetime) -> HeldClock:
    clock = HeldClock()
    clock.advance(moment - clock())
    return clock


async def refusal(work: Awaitable[object]) -> tuple[str, dict[str, Any]]:
    with pytest.raises(BackofficeRefused) as raised:
        await work
    assert raised.value.code == "backoffice_refused"
    return raised.value.refusal, dict(raised.value.details)


async def checked(company: Company, contract_number: str, phone: str, code: str) -> Customer | None:
    """The code told once more, in another turn."""
    return await company.backoffice.check_code(
        contract_number=contract_number, phone=phone, code=code, key=uuid4().hex
    )


async def away(work: Awaitable[object]) -> BackofficeAway:
    with pytest.raises(BackofficeAway) as raised:
        await work
    assert raised.value.code == "backoffice_away"
    return raised.value


def change(backoffice: HttpBackoffice, key: str = "k") -> Awaitable[Ticket]:
    return backoffice.change_payment_date(contract_number="МП-204518", day=20, key=key)


@asynccontextmanager
async def company_inside(file: Path, clock: HeldClock) -> AsyncIterator[Company]:
    app = create_app(f"sqlite:///{file}", token=TOKEN, clock=clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
        yield Company(HttpBackoffice(client, "http://test", TOKEN), clock, client, "http://test", app)


@asynccontextmanager
async def company_on_a_port(file: Path, clock: HeldClock) -> AsyncIterator[Company]:
    app = create_app(f"sqlite:///{file}", token=TOKEN, clock=clock)
    async with on_a_port(app) as url, httpx.AsyncClient() as client:
        yield Company(HttpBackoffice(client, url, TOKEN), clock, client, url, app)


@asynccontextmanager
async def on_a_port(app: Any) -> AsyncIterator[str]:
    """The address of a real server with this application."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    listener = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        assert not running.done()
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listener.close()
