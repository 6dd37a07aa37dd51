"""The database or Redis goes away while customers write, and comes back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path

import httpx
import pytest

from tests.live.actors import Person, Visitor, await_answer, key_holder, says
from tests.live.conftest import StartServer
from tests.live.faults.crowd import QUESTIONS, Customer, Tally
from tests.services import Postgres, RedisServer, accepts

pytestmark = pytest.mark.live


@pytest.fixture
def stopped(postgres: Postgres) -> Iterator[Postgres]:
    """A PostgreSQL that runs again after the test, whatever happened in it."""
    yield postgres
    if not accepts(postgres.port):
        postgres.start()


def refused(reply: httpx.Response) -> None:
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["retryable"]) == (503, "storage_unavailable", True)
    assert "sqlalche.me" not in error["message"]
    assert "\n" not in error["message"]


def test_without_its_database_it_says_so_and_is_itself_again(
    start_server: StartServer, stopped: Postgres, postgres_url: str, articles: Path
) -> None:
    server = start_server(articles=articles, database_url=postgres_url)
    visitor = Visitor.arrives(server)
    visitor.say("Здравствуйте", client_id="1")
    visitor.wait_for(says("bot"))
    with closing(Person(server)) as person:
        person.accept(server.invite, "admin", "Анна")
        with closing(key_holder(person)) as partner:
            stopped.stop()
            assert httpx.get(f"{server.url}/health/live").status_code == 200
            ready = httpx.get(f"{server.url}/health/ready")
            assert (ready.status_code, ready.json()["ready"]) == (503, False)
            assert ready.json()["components"] == {
                "database": "storage_unavailable",
                "index": "ok",
                "bus": "ok",
            }
            assert httpx.get(f"{server.url}/metrics").status_code == 200
            body = {"address": "u", "client_id": "1", "text": "Здравствуйте"}
            for reply in (
                visitor.post("Вы здесь?", client_id="2"),
                visitor.http.get("/api/chat/conversation"),
                visitor.http.post("/api/chat/sessions", json={"consent": True}),
                partner.post("/api/v1/messages", json=body),
                person.get("/api/desk/queue"),
            ):
                refused(reply)
            stopped.start()
            await_answer(f"{server.url}/health/ready")
            assert partner.post("/api/v1/messages", json=body).json()["repeated"] is False
    assert visitor.say("Здравствуйте", client_id="1")["repeated"] is True
    again = visitor.say("Вы здесь?", client_id="2")
    assert again["repeated"] is False
    visitor.wait_for(lambda event: event["seq"] > again["seq"] and says("bot")(event))
    authors = [event["data"]["author"] for event in visitor.page()["events"] if event["kind"] == "message"]
    assert authors == ["customer", "bot", "customer", "bot"]
    visitor.leaves()


async def test_what_was_accepted_before_the_database_went_is_answered_after_it(
    start_server: StartServer, stopped: Postgres, postgres_url: str, articles: Path
) -> None:
    server = await asyncio.to_thread(start_server, articles=articles, database_url=postgres_url)
    tally, each = Tally(), 15
    async with AsyncExitStack() as stack:
        customers = [await Customer.of_web_chat(server.url, f"w{number}") for number in range(20)]
        for one in customers:
            await stack.enter_async_context(one.client)
        talks = asyncio.gather(*(one.talk(each, tally) for one in customers))
        await tally.reaches(60)
        stopped.stop()
        await asyncio.to_thread(await_answer, f"{server.url}/health/live")
        assert not talks.done()
        stopped.start()
        await talks
        for one in customers:
            await one.answered(each)
        for one in customers:
            assert await one.heard() == Counter({f"{one.name}-{number}": 1 for number in range(each)})
            assert len(await one.messages("bot")) == each


def test_two_servers_talk_through_redis_that_goes_and_comes(
    start_server: StartServer, tmp_path: Path, articles: Path
) -> None:
    redis = RedisServer()
    try:
        first = start_server(articles=articles, redis_url=redis.url)
        second = start_server(articles=articles, redis_url=redis.url)
        here = Visitor.arrives(first)
        there = Visitor(second, httpx.Client(base_url=second.url, headers=here.http.headers), here.token, "")
        socket = here.socket()
        there.say("Здравствуйте")
        socket.event(says("bot"))
        redis.stop()
        await_bus(first.url, "redis_away")
        here.say(QUESTIONS[0])
        socket.event(says("customer", QUESTIONS[0]))
        socket.event(says("bot"))
        there.say(QUESTIONS[1])
        redis.start()
        await_bus(first.url, "ok")
        await_bus(second.url, "ok")
        there.say(QUESTIONS[2])
        socket.event(says("customer", QUESTIONS[2]))
        socket.event(says("bot"))
        seqs = [event["seq"] for event in socket.events]
        assert seqs == sorted(set(seqs))
        authors = [event["data"]["author"] for event in socket.events if event["kind"] == "message"]
        assert authors == ["customer", "bot"] * 4
        here.leaves()
        there.leaves()
    finally:
        redis.stop()


def await_bus(url: str, state: str) -> None:
    """A server whose bus is away stays ready and says what is missing."""
    for _ in range(400):
        ready = httpx.get(f"{url}/health/ready")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        if ready.json()["components"] == {"database": "ok", "index": "ok", "bus": state}:
            return
        time.sleep(0.05)
    pytest.fail(f"the bus is not {state}: {ready.text}")
