"""Clients that go away, hurry, repeat themselves, or send their messages in another order."""

from __future__ import annotations

import asyncio
import socket as plain_socket
from collections import Counter

import httpx
import orjson
import pytest

from tests.live.actors import Server, Visitor, says
from tests.live.faults.crowd import QUESTIONS, Customer

pytestmark = pytest.mark.live


def test_a_socket_that_closes_in_mid_answer_stops_nothing(server: Server, visitor: Visitor) -> None:
    socket = visitor.socket()
    socket.until(lambda message: message["type"] == "state")
    accepted = visitor.say(QUESTIONS[0])
    socket.connection.close()
    visitor.wait_for(lambda event: event["seq"] > accepted["seq"] and says("bot")(event))
    again = visitor.socket(after=accepted["seq"], conversation_id=accepted["conversation_id"])
    again.event(says("bot"))


def test_a_partner_that_hangs_up_and_asks_again_is_answered_once(
    server: Server, partner: httpx.Client
) -> None:
    body = orjson.dumps({"address": "gone", "client_id": "1", "text": QUESTIONS[0]})
    head = (
        f"POST /api/v1/messages HTTP/1.1\r\nHost: {server.settings.host}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: {partner.headers['Authorization']}\r\n\r\n"
    )
    with plain_socket.create_connection((server.settings.host, server.settings.port)) as line:
        line.sendall(head.encode() + body)
    again = partner.post("/api/v1/messages", json=orjson.loads(body)).json()
    assert again["seq"] == 1  # whether or not the first request was read before its line closed
    events = partner.get(f"/api/v1/conversations/{again['conversation_id']}/events").json()["events"]
    authors = [event["data"]["author"] for event in events if event["kind"] == "message"]
    assert authors == ["customer", "bot"]


async def test_ten_messages_at_once_are_answered_once_each_and_in_order(server: Server) -> None:
    one = await Customer.of_web_chat(server.url, "burst")
    async with one.client:
        await asyncio.gather(
            *(one.say(f"m{number}", QUESTIONS[number % len(QUESTIONS)]) for number in range(10))
        )
        await one.answered(10)
        events = await one.events()
    assert [event["seq"] for event in events] == sorted({event["seq"] for event in events})
    said = [event["data"] for event in events if event["kind"] == "message"]
    assert Counter(data["author"] for data in said) == {"customer": 10, "bot": 10}
    asked = [data["text"] for data in said if data["author"] == "customer"]
    answers: dict[str, set[str]] = {}
    replies = [data for data in said if data["author"] == "bot"]
    for text, reply in zip(asked, replies, strict=True):
        source = next((one["article_id"] for one in reply.get("sources", ())), "")
        answers.setdefault(text, set()).add(source)
    # A whole question is answered from its own article, whatever was said before, or asked back.
    for text, article in zip(QUESTIONS, ("card-block", "card-issue", "card-topup", "card-pin"), strict=False):
        assert answers[text] <= {article, ""}, (text, answers)
    assert answers[QUESTIONS[1]] == {"card-issue"}


async def test_messages_in_another_order_and_again_are_kept_once(server: Server) -> None:
    one = await Customer.of_web_chat(server.url, "shuffled")
    async with one.client:
        for number in (3, 1, 3, 2, 1, 0, 2, 3):
            await one.say(f"m{number}", QUESTIONS[number])
        await asyncio.gather(*(one.say(f"m{number}", QUESTIONS[number]) for number in (0, 0, 4, 4, 4, 1)))
        await one.answered(5)
        kept = [data["client_id"].rpartition("|")[2] for data in await one.messages("customer")]
        assert kept == ["m3", "m1", "m2", "m0", "m4"]
        assert len(await one.messages("bot")) == 5
