"""A conversation with the bot and the example company's systems behind it, at a moment in the test's hand."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from held_clock import HeldClock

from bot.backoffice.example.app import create_app
from bot.backoffice.http import HttpBackoffice
from bot.backoffice.ports import Backoffice
from bot.bus import open_bus
from bot.core.types import Ask, Escalate, Handoff, Inbound, Turn
from bot.dialog.turns import Turns
from bot.evaluation.workshop import Workshop

MOSCOW = ZoneInfo("Europe/Moscow")
WEDNESDAY = "2026-06-03 11:20"  # in Moscow; somebody is at work
TOKEN = "a token of the tests"
Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class Line:
    """The way to the company's systems, which loses `faults` in turn: answers to work that was done.

    `silence`, `crash`, `500` or `garbage`; an empty one lets the answer through.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app
        self.faults: list[str] = []
        self.only = ""  # the operation that is disturbed; all of them without

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        disturbed = self.only in str(scope["path"])
        fault = self.faults.pop(0) if self.faults and disturbed else ""
        if not fault:
            await self._app(scope, receive, send)
            return

        async def nowhere(_message: Any) -> None:
            return None

        await self._app(scope, receive, nowhere)
        if fault == "crash":
            raise RuntimeError("the line is dead")
        status, body = (500, b"oops") if fault == "500" else (200, b"<html>")
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


@dataclass
class Talk:
    """`customer`: who the channel says it is; `file`: the database of the company's systems."""

    shop: Workshop
    turns: Turns
    backoffice: Backoffice
    line: Line
    clock: HeldClock
    file: Path
    address: str
    channel: str = "web_chat"
    customer: str | None = None

    async def say(
        self, text: str = "", *, press: str | None = None, key: str = "", confidence: float | None = None
    ) -> Turn:
        """`key`: of the message, to send it once more."""
        inbound = Inbound(
            self.channel,
            self.address,
            key or uuid4().hex,
            text,
            choice=press,
            confidence=confidence,
            customer=self.customer,
        )
        return await self.turns.handle(inbound)

    async def all(self, *texts: str) -> Turn:
        """Says them one after another; the last turn."""
        assert texts
        for text in texts:
            turn = await self.say(text)
        return turn

    def by(self, customer: str | None, channel: str = "web_chat", address: str = "") -> Talk:
        """Another conversation with the same company."""
        return replace(self, customer=customer, channel=channel, address=address or uuid4().hex)

    def until(self, now: str) -> timedelta:
        """How long it is to a moment in Moscow."""
        return datetime.fromisoformat(now).replace(tzinfo=MOSCOW) - self.clock()

    def code(self, phone: str) -> str:
        """The last one that was sent to the phone."""
        [text] = self.rows("SELECT text FROM outbox WHERE phone = ? ORDER BY id DESC LIMIT 1", phone)
        return str(text[0]).removeprefix("Код ")[:4]

    def sent(self, phone: str) -> int:
        return len(self.rows("SELECT text FROM outbox WHERE phone = ?", phone))

    def done(self) -> list[str]:
        """What the company's systems were made to do, in order: kinds of papers."""
        return [str(row[0]) for row in self.rows("SELECT kind FROM papers ORDER BY id")]

    def visits(self) -> list[str]:
        """Moments of the visits booked here, in UTC."""
        rows = self.rows("SELECT at FROM visits WHERE customer_ref IS NOT 'c-khasanov' ORDER BY id")
        return [str(row[0])[:16] for row in rows]

    def certificates(self) -> list[tuple[str, ...]]:
        """(kind, delivery, address) of each."""
        return self.rows("SELECT kind, delivery, address FROM certificates ORDER BY id")

    def blocked(self, card: str) -> str | None:
        return self.rows("SELECT blocked FROM cards WHERE number = ?", card)[0][0]

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(query, values).fetchall()

    async def handoff(self) -> Handoff | None:
        found = await self.shop.store.conversations.find(self.channel, self.address)
        return None if found is None else await self.shop.store.handoffs.open_of(found.id)


@asynccontextmanager
async def talking(shop: Workshop, folder: Path, now: str = WEDNESDAY) -> AsyncIterator[Talk]:
    """`now` in Moscow."""
    clock, file = HeldClock(), folder / "backoffice.db"
    clock.advance(datetime.fromisoformat(now).replace(tzinfo=MOSCOW) - clock())
    app = create_app(f"sqlite:///{file}", token=TOKEN, clock=clock)
    line = Line(app)
    transport = httpx.ASGITransport(line, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
        backoffice = HttpBackoffice(client, "http://test", TOKEN, timeout_s=5.0)
        turns = Turns(shop.store, replace(shop.thinker, backoffice=backoffice), open_bus(""), clock=clock)
        yield Talk(shop, turns, backoffice, line, clock, file, uuid4().hex)
        await turns.drain()


def said(turn: Turn) -> str:
    assert turn.answer is not None, "the bot is silent"
    return turn.answer.text


def buttons(turn: Turn) -> list[str]:
    """Their payloads."""
    answer = turn.answer
    if isinstance(answer, Ask):
        return [one.payload for one in answer.options]
    return [one.payload for one in getattr(answer, "quick_replies", ())]


def form(turn: Turn) -> str | None:
    """`change_date_form:active`."""
    return None if turn.task is None else f"{turn.task.form}:{turn.task.status}"


def slots(turn: Turn) -> dict[str, Any]:
    return {} if turn.task is None else dict(turn.task.slots)


def called(turn: Turn) -> str | None:
    """Why a person was called."""
    return turn.answer.reason if isinstance(turn.answer, Escalate) else None
