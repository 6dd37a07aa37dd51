"""The whole product on the telephone: a caller asks by voice, hears, interrupts, dials, is handed on.

The caller's sound is a WAV whose silences leave the robot time; what the telephone heard is recognised back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.settings import Settings, Voice
from tests.live.actors import Person, Server, launch
from tests.telephony import sound
from tests.telephony.conftest import CUSTOMER, MakePhone
from tests.telephony.ports import wait_until
from voice.asr import open_recogniser
from voice.audio import read_wav
from voice.ports import Manner
from voice.tts import open_engine, pieces

RATE = 8000
Speak = Callable[..., Path]


@pytest.fixture(scope="module")
def robot(gateway_ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product on the ports that the dialplan expects."""
    voice = Voice(
        carriers="asterisk_ws,audiosocket",
        asterisk_ws_port=gateway_ports["asterisk_ws"],
        audiosocket_port=gateway_ports["audiosocket"],
        record=True,
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


@pytest.fixture
def at_work(administrator: Person) -> Iterator[Person]:
    """The administrator, whose desk is open: somebody can be reached."""
    with administrator.desk():
        yield administrator


@pytest.fixture
def speech(tmp_path: Path) -> Speak:
    """`speech(8, "текст", 10, …)`: seconds of silence and texts in turn, as a WAV for a telephone."""

    async def said(parts: Sequence[float | str]) -> bytes:
        engine = open_engine("espeak", "", Settings())
        pcm = b""
        for part in parts:
            if isinstance(part, str):
                pcm += b"".join([piece async for piece in pieces(engine, part, Manner(), RATE)])
            else:
                pcm += bytes(int(part * RATE) * 2)
        await engine.close()
        return pcm

    return lambda *parts: sound.write(tmp_path / "caller.wav", asyncio.run(said(parts)), after_s=120)


def words(recording: Path) -> str:
    """What a telephone has heard, recognised."""

    async def recognised() -> str:
        recogniser = open_recogniser(Voice(), Settings().data_dir)
        pcm, rate = read_wav(recording)
        listening = recogniser.listen(rate)
        await listening.feed(pcm)
        text = (await listening.finish()).text
        await recogniser.close()
        return text

    return asyncio.run(recognised())


def dialog(administrator: Person) -> dict[str, Any]:
    """The latest conversation, as the desk shows it."""
    lines = administrator.get("/api/desk/conversations").json()["items"]
    return dict(administrator.get(f"/api/desk/conversations/{lines[0]['id']}").json())


def kinds(administrator: Person) -> list[str]:
    return [event["kind"] for event in dialog(administrator)["events"]]


def test_a_question_by_voice_is_answered(
    robot: Server, administrator: Person, carrier: str, phone: MakePhone, speech: Speak
) -> None:
    wav = speech(9.0, "как погасить займ досрочно", 16.0, "первое")
    caller = phone(user=f"7900111{100 + len(carrier)}", wav=wav)
    caller.dial("84950000000")
    assert caller.in_call(5)
    assert wait_until(lambda: len(said(administrator, "bot")) == 2, 60)
    time.sleep(12)  # the answer is being heard
    caller.hang_up()
    assert caller.over(5)
    assert wait_until(lambda: "call.ended" in kinds(administrator), 10)
    caller.close()
    heard = words(caller.heard()[0])
    print(carrier, heard)
    assert "робот" in heard
    assert "нажмите" in heard
    assert "займ" in heard
    assert said(administrator, "customer") == ["как погасить займ досрочно", "первое"]
    events = dialog(administrator)["events"]
    name = events[-1]["data"]["recording"]
    found = dialog(administrator)["conversation"]["id"]
    recording = administrator.get(f"/api/desk/conversations/{found}/recordings/{name}")
    assert recording.headers["content-type"] == "audio/wav"
    assert len(recording.content) > RATE * 2 * 2 * 30


def said(administrator: Person, author: str) -> list[str]:
    events = dialog(administrator)["events"]
    return [event["data"]["text"] for event in events if event["data"].get("author") == author]


def test_who_interrupts_is_heard_and_handed_over_with_the_context(
    at_work: Person, carrier: str, phone: MakePhone, operator: MakePhone, speech: Speak
) -> None:
    wav = speech(9.0, "какой статус моей заявки", 4.0, "соедините меня с оператором")
    caller = phone(user=f"7900111{200 + len(carrier)}", wav=wav)
    colleague = operator()
    caller.dial("84950000000")
    assert caller.in_call(5)
    assert colleague.rings(60), "the operator's telephone rings"
    shown = dialog(at_work)
    assert colleague.in_call(10)
    assert shown["handoff"]["status"] == "waiting"
    headers = colleague.headers()
    assert headers["X-Conv-Id"] == shown["conversation"]["id"]
    assert headers["X-Topic"] == "Попросил оператора"
    assert headers["X-Card-Url"].endswith(f"/desk#{shown['conversation']['id']}")
    assert "Попросил оператора" in headers["From"]
    assert [event["kind"] for event in shown["events"]].count("call.heard") >= 1
    time.sleep(5)
    caller.hang_up()
    caller.close()
    assert colleague.over(5)
    assert "робот" in words(caller.heard()[0])


def test_zero_is_the_operator(at_work: Person, carrier: str, phone: MakePhone, operator: MakePhone) -> None:
    caller, colleague = phone(user=f"7900111{300 + len(carrier)}"), operator()
    caller.dial("84950000000")
    assert caller.in_call(5)
    time.sleep(7)
    caller.press("0")
    assert colleague.rings(20)
    assert colleague.in_call(10)
    caller.hang_up()


def test_nobody_at_work_a_call_back_is_kept(
    robot: Server, administrator: Person, carrier: str, phone: MakePhone, speech: Speak
) -> None:
    wav = speech(24.0, "да", 9.0, "да", 9.0, "да")  # the first two may meet an answer that goes on
    caller = phone(user=CUSTOMER, wav=wav)
    caller.dial("84950000000")
    assert caller.in_call(5)
    time.sleep(7)
    caller.press("0")

    def asked_when() -> bool:
        task = [
            event["data"].get("task") for event in dialog(administrator)["events"] if event["kind"] == "turn"
        ]
        return bool(task and task[-1] and task[-1]["form"] == "callback_form")

    kept = wait_until(asked_when, 60)
    caller.hang_up()
    assert kept, [event["data"] for event in dialog(administrator)["events"]]
