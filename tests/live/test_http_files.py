"""Certificates by their address, from systems whose clock and whose door the test holds."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from held_clock import HeldClock
from pypdf import PdfReader
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from bot.backoffice.example.app import create_app
from bot.backoffice.http import HttpBackoffice
from bot.backoffice.records import Certificate, Delivery
from bot.channels.files import PER_MINUTE
from bot.settings import Backoffice
from tests.contracts.company import TOKEN, WEDNESDAY, clock_at, on_a_port
from tests.live.actors import example_articles, launch

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
ORLOV = "c-orlov"
PHONE = "+79000000012"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class Door:
    """The company's service, which can be shut in front of everybody."""

    def __init__(self, app: FastAPI) -> None:
        self.app, self.shut = app, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shut = self.shut and scope["type"] == "http"
        await (Response(status_code=503) if shut else self.app)(scope, receive, send)


@dataclass
class Open:
    """The company at a moment in the test's hand, and a client of a server that uses it."""

    backoffice: HttpBackoffice
    clock: HeldClock
    door: Door
    client: httpx.AsyncClient
    orders: Iterator[int] = field(default_factory=count)

    async def order(self, kind: str = "current_debt") -> Certificate:
        return await self.backoffice.order_certificate(
            customer_ref=ORLOV, kind=kind, delivery=Delivery.ELECTRONIC, key=str(next(self.orders))
        )

    async def get(self, token: str | None, **more: Any) -> httpx.Response:
        return await self.client.get(f"/files/certificates/{token}", **more)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    folder = tmp_path_factory.mktemp("files")
    clock = clock_at(WEDNESDAY)
    door = Door(create_app(f"sqlite:///{folder / 'company.db'}", token=TOKEN, clock=clock))
    async with on_a_port(door) as url, httpx.AsyncClient() as inner:
        away = Backoffice(url=url, token=TOKEN, timeout_s=1)
        articles = example_articles(folder / "articles")
        server = await asyncio.to_thread(
            launch, folder / "data", articles, wait="/health/live", backoffice=away
        )
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            yield Open(HttpBackoffice(inner, url, TOKEN), clock, door, client)
        await asyncio.to_thread(server.stop)


async def test_who_has_the_address_has_the_document(company: Open) -> None:
    made = await company.order()
    reply = await company.get(made.token)
    assert reply.status_code == 200
    headers = reply.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"].startswith('attachment; filename="certificate.pdf"')
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert reply.content.startswith(b"%PDF-")
    text = PdfReader(io.BytesIO(reply.content)).pages[0].extract_text()
    assert "Орлов Дмитрий Сергеевич" in text
    assert made.title in text


@pytest.mark.parametrize("token", ["unknown", "a" * 200])
async def test_an_unknown_address_has_nothing(company: Open, token: str) -> None:
    reply = await company.get(token)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "certificate_not_found")


async def test_an_address_works_for_a_day(company: Open) -> None:
    made = await company.order()
    company.clock.advance(timedelta(hours=23))
    assert (await company.get(made.token)).status_code == 200
    company.clock.advance(timedelta(hours=2))
    reply = await company.get(made.token)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "certificate_not_found")
    page = await company.get(made.token, headers=BROWSER)
    assert (page.status_code, "Этой справки здесь больше нет" in page.text) == (404, True)


async def test_what_is_not_ready_says_so(company: Open) -> None:
    made = await company.order("tax")
    reply = await company.get(made.token)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "certificate_not_ready")
    page = await company.get(made.token, params={"locale": "en"}, headers=BROWSER)
    assert (page.status_code, "not ready yet" in page.text) == (409, True)
    company.clock.advance(timedelta(days=7))
    assert (await company.get(made.token)).content.startswith(b"%PDF-")


async def test_systems_that_are_away_are_named(company: Open) -> None:
    made = await company.order()
    company.door.shut = True
    try:
        reply = await company.get(made.token)
        page = await company.get(made.token, headers=BROWSER)
    finally:
        company.door.shut = False
    assert reply.status_code == 503
    assert (reply.json()["error"]["code"], reply.json()["error"]["retryable"]) == ("backoffice_away", True)
    assert (page.status_code, "Справку сейчас не получить" in page.text) == (503, True)


async def test_the_address_is_in_no_log(company: Open) -> None:
    made = await company.order()
    with capture_logs() as lines:
        await company.get(made.token)
        await company.get("forged-and-unknown")
    assert [line["route"] for line in lines if line["event"] == "request"] == [
        "/files/certificates/{token}"
    ] * 2
    assert not any(str(made.token) in str(line) or "forged" in str(line) for line in lines)


async def test_no_demonstration_with_systems_of_ones_own(company: Open) -> None:
    reply = await company.client.get("/demo/sms", params={"phone": PHONE})
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "example_not_found")
    page = (await company.client.get("/")).text
    assert "МП-204518" not in page
    assert "demo.js" not in page


async def test_addresses_are_not_to_be_guessed(company: Open) -> None:
    """The last one: it uses up what this minute allows."""
    statuses = [(await company.get(f"guess{number}")).status_code for number in range(PER_MINUTE + 1)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
