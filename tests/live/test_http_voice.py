"""What the PBX may ask over HTTP, and who may hear a recording."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bot.settings import ROOT, Voice
from tests.live.actors import Person, Server, example_articles, join, launch
from tests.live.conftest import StartServer
from voice.gateway import Gateway
from voice.ports import Incoming

sys.path.insert(0, str(ROOT / "tests" / "voice"))
from line import MemoryLine

pytestmark = pytest.mark.live
TOKEN = "a token that twilio knows"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes calls."""
    folder = tmp_path_factory.mktemp("exchange")
    voice = Voice(
        carriers="asterisk_ws,audiosocket,twilio",
        asterisk_ws_port=0,
        audiosocket_port=0,
        twilio_port=0,
        twilio_token=TOKEN,
        record=True,
    )
    running = launch(folder / "data", example_articles(folder / "articles", "card"), voice=voice)
    until = time.monotonic() + 60
    while httpx.get(f"{running.url}/health/ready").json()["components"]["voice"] != "ok":
        assert time.monotonic() < until
        time.sleep(0.1)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chief(exchange: Server) -> Iterator[Person]:
    with closing(Person(exchange)) as person:
        yield person.accept(exchange.invite, "admin", "Анна Администратор")


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


def test_a_call_is_announced_and_followed(exchange: Server) -> None:
    call = str(uuid4())
    with httpx.Client(base_url=exchange.url) as pbx:
        told = pbx.get("/voice/call", params={"id": call, "from": "+79000000001", "card": "7"})
        assert (told.status_code, told.text) == (200, "ok")
        assert pbx.get("/voice/next", params={"call": call}).text == ""
        assert code(pbx.get("/voice/call", params={"id": "x"})) == (422, "invalid_call_id")
        assert code(pbx.get("/voice/call", params={"id": call, "rate": "44100"})) == (422, "invalid_rate")
        assert pbx.get("/voice/next").status_code == 422


def test_only_a_known_pbx_may_ask(tmp_path: Path) -> None:
    voice = Voice(carriers="asterisk_ws", asterisk_ws_port=0, pbx="10.0.0.5")
    running = launch(tmp_path / "data", example_articles(tmp_path / "articles"), voice=voice)
    try:
        with httpx.Client(base_url=running.url, headers={"X-Forwarded-For": "10.0.0.5"}) as stranger:
            assert code(stranger.get("/voice/next", params={"call": "1"})) == (403, "forbidden")
            assert code(stranger.get("/voice/call", params={"id": str(uuid4())})) == (403, "forbidden")
    finally:
        running.stop()


def test_twilio_is_believed_by_its_signature(exchange: Server) -> None:
    url = f"{exchange.url}/voice/twilio"
    form = {"From": "+79000000001", "To": "+74950000000", "CallSid": "CA1"}
    text = url + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
    good = httpx.post(url, data=form, headers={"X-Twilio-Signature": signature})
    assert good.headers["content-type"] == "application/xml"
    assert '<Parameter name="from" value="+79000000001"/>' in good.text
    assert code(httpx.post(url, data=form)) == (403, "forbidden")
    changed = httpx.post(url, data=form | {"From": "+7"}, headers={"X-Twilio-Signature": signature})
    assert code(changed) == (403, "forbidden")
    assert code(httpx.post(url, content=b"\xff\x00", headers={"X-Twilio-Signature": "ы".encode()})) == (
        403,
        "forbidden",
    )


def test_without_a_carrier_nothing_of_it_is_there(start_server: StartServer) -> None:
    assert httpx.get(f"{start_server().url}/voice/next", params={"call": "1"}).status_code == 404


def test_a_recording_is_for_who_may_read_the_conversation(exchange: Server, chief: Person) -> None:
    gateway: Gateway = exchange.app.state.voice

    async def called() -> None:
        line = MemoryLine(Incoming(str(uuid4()), "memory", 8000, caller="+79000000077"))
        call = asyncio.create_task(gateway.answer(line))
        await asyncio.sleep(0.5)
        line.hang_up()
        await call
        await line.close()

    asyncio.run_coroutine_threadsafe(called(), gateway._loop).result(30)
    found = chief.get("/api/desk/conversations", params={"q": "+79000000077"}).json()["items"][0]["id"]
    dialog: dict[str, Any] = chief.get(f"/api/desk/conversations/{found}").json()
    [name] = [event["data"]["recording"] for event in dialog["events"] if event["kind"] == "call.ended"]
    path = f"/api/desk/conversations/{found}/recordings/{name}"
    sound = chief.get(path)
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/wav")
    assert sound.content[:4] == b"RIFF"
    assert code(httpx.get(exchange.url + path)) == (401, "not_signed_in")
    for role in ("operator", "editor"):
        with closing(join(chief, role, f"Тест {role}")) as other:
            assert code(other.get(path)) == (403, "forbidden")
    assert code(chief.get(path.replace(name, "0" * 32 + ".wav"))) == (404, "recording_not_found")
    assert chief.get(path.replace(name, "..%2f..%2ffrontline.db")).status_code in {404, 422}
    elsewhere = chief.get(path.replace(found, "0" * 32))
    assert code(elsewhere) == (404, "conversation_not_found")
