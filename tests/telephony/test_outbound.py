"""Calls that the robot makes through a real Asterisk: a telephone rings, is told why, a score is kept."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bot.core.types import Inbound
from bot.settings import Settings, Voice
from bot.store.engine import Store
from bot.store.records import NewHandoff, Outcome
from tests.conftest import ROOT
from tests.live.actors import Person, Server, Visitor, launch
from tests.telephony.asterisk import Asterisk
from tests.telephony.conftest import MakePhone
from tests.telephony.ports import wait_until
from tests.telephony.test_robot import words

PHONE = "+7900111{:04}"


def test_a_robot_that_dies_leaves_whom_it_called_to_a_person(
    carrier: str, pbx: Asterisk, phone: MakePhone, operator: MakePhone, gateway_ports: dict[str, int]
) -> None:
    number = PHONE.format(4000 + len(carrier))
    customer, person = phone(number, answer="auto", sip_port=pbx.provider_port), operator()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.telephony.gateway", json.dumps(gateway_ports)], cwd=ROOT
    )
    try:
        assert wait_until(lambda: listens(gateway_ports["http"]), 30)
        with pbx.originate(number, f"callback:{'0' * 32}"):
            assert customer.in_call(10)
            time.sleep(2)
            process.kill()
            assert person.rings(15)
            assert person.in_call(5)
    finally:
        process.kill()
        process.wait()
    assert person.headers()["X-Topic"] == "Робот не ответил"


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def robot(
    gateway_ports: dict[str, int], _running_pbx: Asterisk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The product with a manager interface; it calls around the clock."""
    voice = Voice(
        carriers="asterisk_ws,audiosocket",
        asterisk_ws_port=gateway_ports["asterisk_ws"],
        audiosocket_port=gateway_ports["audiosocket"],
        ami_url=f"tcp://frontline@127.0.0.1:{_running_pbx.ami_port}",
        ami_secret="test",
        outbound_hours="00:00-23:59",
        survey_calls=True,
        survey_after_minutes=0,
    )
    folder = tmp_path_factory.mktemp("robot")
    running = launch(folder, Settings().articles, port=gateway_ports["http"], voice=voice)
    ready = f"{running.url}/health/ready"
    assert wait_until(lambda: httpx.get(ready).json()["components"]["voice"] == "ok", 60)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def administrator(robot: Server) -> Iterator[Person]:
    with closing(Person(robot)) as person:
        yield person.accept(robot.invite, "admin", "Анна Администратор")


def asks_to_be_called(robot: Server, phone: str) -> str:
    """In the chat, as soon as possible; the conversation."""
    visitor = Visitor.arrives(robot)
    visitor.say("кнопка", choice="/call_me_back")
    for said in (phone, "как можно скорее", "график платежей", "да"):
        assert wait_until(lambda: visitor.page()["events"][-1]["data"].get("author") == "bot", 20)
        visitor.say(said)
    visitor.leaves()
    assert visitor.conversation_id is not None
    return visitor.conversation_id


def dialog(administrator: Person, conversation_id: str) -> dict[str, Any]:
    return dict(administrator.get(f"/api/desk/conversations/{conversation_id}").json())


def becomes(administrator: Person, conversation_id: str, status: str, result: str) -> bool:
    def is_so() -> bool:
        calls = dialog(administrator, conversation_id)["calls"]
        return [(call["status"], call["result"]) for call in calls] == [(status, result)]

    return wait_until(is_so, 40)


def test_a_call_back_rings_says_why_and_puts_through(
    administrator: Person, carrier: str, pbx: Asterisk, phone: MakePhone, operator: MakePhone
) -> None:
    robot, number = administrator.server, PHONE.format(1000 + len(carrier))
    customer = phone(number, answer="auto", sip_port=pbx.provider_port)
    colleague = operator()
    with administrator.desk():
        conversation = asks_to_be_called(robot, number)
        assert customer.in_call(30)
        assert colleague.rings(40)
        assert colleague.in_call(10)
        assert colleague.headers()["X-Conv-Id"] == conversation
    assert becomes(administrator, conversation, "done", "talked")
    assert dialog(administrator, conversation)["handoff"]["status"] == "waiting"
    time.sleep(3)
    customer.hang_up()
    customer.close()
    heard = words(customer.heard()[0])
    assert "робот" in heard
    assert "перезвонить" in heard
    assert "платеж" in heard


def test_a_survey_call_brings_the_score_to_the_talk(
    robot: Server, administrator: Person, pbx: Asterisk, phone: MakePhone
) -> None:
    number = PHONE.format(2000)

    async def waiting() -> tuple[str, str]:
        """A caller who waits for an operator: conversation and handoff."""
        store = await Store.open(robot.settings.database)
        receipt = await store.conversations.receive(Inbound("phone", number, uuid4().hex, "оператора"))
        called = Outcome(handoff=NewHandoff("asked_for_person", 5))
        events = await store.conversations.commit(receipt.conversation.id, 0, called)
        await store.close()
        return receipt.conversation.id, events[-1].data["handoff_id"]

    customer = phone(number, answer="auto", sip_port=pbx.provider_port)
    conversation, handoff = asyncio.run(waiting())
    administrator.post(f"/api/desk/handoffs/{handoff}/claim")
    closed = administrator.post(
        f"/api/desk/handoffs/{handoff}/close", json={"resolution": "resolved", "survey": True}
    )
    assert closed.status_code == 200, closed.text
    assert customer.in_call(30)
    assert becomes(administrator, conversation, "done", "talked")
    time.sleep(6)  # the question is being heard
    customer.press("5")
    assert customer.over(20)
    assert wait_until(lambda: score(administrator, conversation) == 5, 20)
    customer.close()
    heard = words(customer.heard()[0])
    assert "робот" in heard
    assert "оператор" in heard


def score(administrator: Person, conversation_id: str) -> int | None:
    events = dialog(administrator, conversation_id)["events"]
    return next((event["data"]["score"] for event in events if event["kind"] == "rating"), None)


def test_who_is_busy_is_called_again_later(
    robot: Server, administrator: Person, pbx: Asterisk, phone: MakePhone
) -> None:
    number = PHONE.format(3000)
    customer = phone(number, sip_port=pbx.provider_port)
    conversation = asks_to_be_called(robot, number)
    assert wait_until(lambda: "INVITE sip:" in customer.log(), 30)
    customer.reject()
    assert becomes(administrator, conversation, "waiting", "busy")
