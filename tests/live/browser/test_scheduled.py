"""The desk shows calls that the robot is to make and takes them back; on closing, a survey is agreed to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from bot.core import clock
from bot.core.outbound import CallKind, NewCall
from bot.core.types import Inbound
from bot.settings import Voice
from bot.store.engine import Store
from bot.store.records import NewHandoff, Outcome
from tests.live.actors import Server, example_articles, launch
from tests.live.browser.people import Crowd

pytestmark = pytest.mark.live
PHONE = "+79000000001"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Server]:
    voice = Voice(carriers="", ami_url="tcp://robot@127.0.0.1:1", ami_secret="s", survey_calls=True)
    running = launch(tmp_path / "data", example_articles(tmp_path / "articles"), voice=voice)
    yield running
    running.stop()


@pytest.fixture
def crowd(browser: Browser, site: Server) -> Iterator[Crowd]:
    everyone = Crowd(browser, site)
    yield everyone
    for context in everyone.contexts:
        context.close()
    assert everyone.complaints == []


def waits_and_is_promised_a_call(site: Server) -> str:
    """A caller whom nobody could answer; the conversation."""

    async def called() -> str:
        store = await Store.open(site.settings.database)
        receipt = await store.conversations.receive(Inbound("phone", PHONE, uuid4().hex, "оператора"))
        promised = Outcome(
            handoff=NewHandoff("asked_for_person", 5),
            calls=(NewCall(CallKind.CALLBACK, PHONE, clock.now(), "график платежей"),),
        )
        await store.conversations.commit(receipt.conversation.id, 0, promised)
        await store.close()
        return receipt.conversation.id

    found: list[str] = []  # in a thread: Playwright keeps a loop running in this one
    thread = threading.Thread(target=lambda: found.append(asyncio.run(called())))
    thread.start()
    thread.join()
    return found[0]


def test_a_call_is_taken_back_and_a_survey_agreed_to(crowd: Crowd, site: Server) -> None:
    conversation = waits_and_is_promised_a_call(site)
    desk = crowd.clerk().page
    desk.goto(f"/desk#{conversation}")
    calls = desk.locator("#calls")
    expect(calls).to_contain_text("Перезвон")
    expect(calls).to_contain_text("график платежей")
    calls.get_by_role("button", name="Отменить звонок").click()
    expect(calls).to_contain_text("отменён")
    expect(calls.get_by_role("button")).to_have_count(0)
    expect(desk.locator(".timeline")).to_contain_text("Звонок отменён: Анна Петрова")
    desk.locator("#claim").click()
    desk.locator("#close").click()
    desk.get_by_label("Клиент согласен, чтобы робот позвонил").check()
    desk.get_by_role("dialog").get_by_role("button", name="Закрыть вопрос").click()
    expect(calls).to_contain_text("Опрос")
    expect(calls).to_contain_text("ждёт")
