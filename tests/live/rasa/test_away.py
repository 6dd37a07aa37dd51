"""A Rasa that hangs, answers garbage, is not there: the built-in engine serves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from bot.core.errors import FrontlineError
from bot.engine.agent import Agent
from bot.engine.responses import Message
from bot.project.model import Project
from bot.rasa.client import RasaClient
from bot.rasa.engine import RasaEngine
from bot.rasa.fallback import Fallback
from tests.live.rasa.conftest import Converse
from tests.services import free_port

pytestmark = pytest.mark.live

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEARD = {"event": "user", "text": "hello"}


@asynccontextmanager
async def pretending(answer: Answer) -> AsyncIterator[str]:
    """A server that treats every connection in its own way; none is left at the end."""
    answers: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answers.add(task)
        try:
            await answer(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            answers.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in answers:
            task.cancel()
        await asyncio.gather(*answers, return_exceptions=True)


def answering(body: bytes, status: str = "200 OK", kind: str = "application/json") -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()

    return answer


def tracker(*events: Any) -> bytes:
    return json.dumps({"events": events}).encode()


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says nothing at all."""


async def speaks_no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail ready\r\n")
    await writer.drain()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (hangs_up, "rasa_away"),
        (speaks_no_http, "rasa_away"),
        (answering(b"{}", "503 Service Unavailable"), "rasa_away"),
        (answering(b"{}", "500 Internal Server Error"), "rasa_away"),
        (answering(b"{}", "409 Conflict"), "rasa_away"),
        (answering(b"{}", "401 Unauthorized"), "rasa_garbage"),
        (answering(b"{}", "302 Found"), "rasa_garbage"),
        (answering(b"<html>a proxy</html>", kind="text/html"), "rasa_garbage"),
        (answering(b"\xff\xfe{"), "rasa_garbage"),
        (answering(b"null"), "rasa_garbage"),
        (answering(b"{}"), "rasa_garbage"),
        (answering(b'[{"text": "hello"}]'), "rasa_garbage"),
        (answering(b'["hello"]'), "rasa_garbage"),
        (answering(tracker()), "rasa_garbage"),
    ],
)
async def test_what_rasa_does_wrong_has_a_code(
    project: Project, converse: Converse, answer: Answer, code: str
) -> None:
    async with pretending(answer) as url, httpx.AsyncClient() as http:
        with pytest.raises(FrontlineError) as caught:
            await converse(RasaEngine.of(project, RasaClient(http, url))).say("hello")
    assert caught.value.code == code
    assert caught.value.retryable == (code == "rasa_away")


async def test_nobody_listens_there(project: Project, converse: Converse) -> None:
    async with httpx.AsyncClient() as http:
        client = RasaClient(http, f"http://127.0.0.1:{free_port()}")
        with pytest.raises(FrontlineError, match="does not answer"):
            await converse(RasaEngine.of(project, client)).say("hello")


@pytest.mark.parametrize(
    "events",
    [
        [],
        [{"event": "bot", "text": "hello"}],  # it has said something and heard nothing
        [HEARD, {"event": "never heard of"}],
        [HEARD, {"event": "slot"}],
        [HEARD, {"event": "action", "name": 7}],
        [HEARD, {"event": "bot", "text": ["hello"]}],
        [HEARD, {"event": "bot", "data": {"buttons": "none"}}],
        [HEARD, {"name": "action_listen"}],
    ],
)
async def test_a_conversation_that_makes_no_sense_is_garbage(
    project: Project, converse: Converse, events: list[Any]
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        body = b"[]" if b"/webhooks/" in asked else tracker(*events)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async with pretending(answer) as url, httpx.AsyncClient() as http:
        with pytest.raises(FrontlineError) as caught:
            await converse(RasaEngine.of(project, RasaClient(http, url))).say("hello")
    assert caught.value.code == "rasa_garbage"


@pytest.mark.parametrize("answer", [hangs, hangs_up, answering(b"{}")])
async def test_the_customer_is_answered_and_the_form_goes_on(
    project: Project, builtin: Agent, converse: Converse, answer: Answer
) -> None:
    async with pretending(answer) as url, httpx.AsyncClient() as http:
        rasa = RasaEngine.of(project, RasaClient(http, url))
        talk = converse(Fallback(rasa, builtin, deadline_s=0.2))
        said: list[Message] = []
        for text in ("where is my parcel", "it is RP1234", "when are you open", "floor 17"):
            said += (await talk.say(text)).messages
    assert [message.text for message in said] == [
        "What is its number?",
        "Which floor?",
        "From 8 to 20.",
        "Which floor?",
        "RP1234 comes to floor 17.",
    ]
