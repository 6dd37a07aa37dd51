"""The company's systems that the configuration names: a service elsewhere, or the example inside."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI
from sqlalchemy import URL

from bot.backoffice.example.app import create_app
from bot.backoffice.example.outbox import Sms
from bot.backoffice.http import HttpBackoffice
from bot.backoffice.ports import Backoffice
from bot.core.clock import Clock, now
from bot.settings import Settings

_INSIDE = "http://backoffice.example"  # never leaves the process


class InsideBackoffice(HttpBackoffice):
    """The example service in this process, with the messages that it "sent"."""

    def __init__(self, client: httpx.AsyncClient, token: str, *, timeout_s: float) -> None:
        super().__init__(client, _INSIDE, token, timeout_s=timeout_s)
        self._inside = client

    async def sms(self, phone: str) -> tuple[Sms, ...]:
        """The last messages to a phone, newest first."""
        reply = await self._inside.get(
            f"{_INSIDE}/example/outbox", params={"phone": phone}, headers=self._headers
        )
        reply.raise_for_status()
        return tuple(Sms(**one) for one in reply.json())


def example_app(data_dir: Path, *, token: str, clock: Clock = now) -> FastAPI:
    """The example service with its database in `data_dir`."""
    url = URL.create("sqlite", database=str(data_dir / "backoffice.db"))
    return create_app(url.render_as_string(hide_password=False), token=token, clock=clock)


@asynccontextmanager
async def open_backoffice(settings: Settings, *, clock: Clock = now) -> AsyncIterator[Backoffice]:
    """Without `backoffice.url` an `InsideBackoffice`, over the same HTTP contract."""
    chosen = settings.backoffice
    if chosen.url:
        async with httpx.AsyncClient(timeout=chosen.timeout_s) as client:
            yield HttpBackoffice(client, chosen.url, chosen.token, timeout_s=chosen.timeout_s)
        return
    token = secrets.token_urlsafe()
    app = example_app(settings.data_dir, token=token, clock=clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, timeout=chosen.timeout_s) as client,
    ):
        yield InsideBackoffice(client, token, timeout_s=chosen.timeout_s)
