"""Real calls that go on to a person, whatever becomes of the robot; a few lines stand for the dialogue."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.telephony import sound
from tests.telephony.asterisk import Asterisk
from tests.telephony.conftest import GREETING, MakePhone
from tests.telephony.gateway import Gateway, Heard
from tests.telephony.ports import wait_until
from voice.ports import HANGUP, Line, NextStep

ROOT = Path(__file__).resolve().parents[2]
QUESTION = sound.babble(1, 4)
TOPIC = "Заказ 42507: где он?"
CARD = "https://desk.example/c/42507?k=1"


@pytest.mark.parametrize("kind", ["queue", "person"])
def test_an_operator_gets_caller_and_context(
    carrier: str,
    kind: str,
    *,
    phone: MakePhone,
    operator: MakePhone,
    gateway_ports: dict[str, int],
    tmp_path: Path,
) -> None:
    step = NextStep(
        kind,
        target="1001" if kind == "person" else "",
        topic=TOPIC,
        conversation_id="0190-conv",
        url=CARD,
    )

    async def answer(line: Line) -> None:
        await asyncio.sleep(1)
        await line.leave(step)

    wav = sound.write(tmp_path / "question.wav", QUESTION, before_s=3, after_s=60)
    person = operator()
    with Gateway(gateway_ports, answer):
        caller = phone(wav=wav)
        caller.dial("84950000000")
        assert person.rings(10)
        assert person.in_call(5)
        wait_until(lambda: False, 7)  # they talk
        caller.hang_up()
        assert person.over(5)
        person.close()
        caller.close()
    headers = person.headers()
    assert headers["X-Conv-Id"] == "0190-conv"
    assert headers["X-Topic"] == TOPIC
    assert headers["X-Card-Url"] == CARD
    assert TOPIC in headers["From"]
    to_operator = sound.match_file(QUESTION, person.heard()[0])
    to_caller = sound.match_file(GREETING, caller.heard()[0])
    assert to_operator.intact, to_operator
    assert to_caller.intact, to_caller


def test_a_person_who_rejects_does_not_lose_the_caller(
    carrier: str, phone: MakePhone, operator: MakePhone, gateway_ports: dict[str, int]
) -> None:
    async def answer(line: Line) -> None:
        await line.leave(NextStep("person", target="1002", topic="к Ивановой"))

    busy, free = operator("1002", answer="manual"), operator("1001")
    with Gateway(gateway_ports, answer):
        caller = phone()
        caller.dial("84950000000")
        assert busy.rings(10)
        busy.reject()
        assert free.in_call(40), "the queue finds the other, after the first has been asked again"
        assert free.headers()["X-Topic"] == "к Ивановой"


def test_with_nobody_free_the_robot_offers_to_call_back(
    carrier: str, pbx: Asterisk, phone: MakePhone, gateway_ports: dict[str, int]
) -> None:
    pbx.set(CARRIER=carrier, QUEUE_S="3")

    async def answer(line: Line) -> None:
        again = line.incoming.purpose == "nobody"
        await line.leave(HANGUP if again else NextStep("queue", topic=TOPIC, conversation_id="c-1"))

    with Gateway(gateway_ports, answer) as gateway:
        caller = phone()
        caller.dial("84950000000")
        assert caller.over(20)
    first, second = (line.incoming for line in gateway.calls)
    assert first.purpose == ""
    assert second.conversation_id == "c-1"
    assert second.id != first.id


def test_who_waits_again_stands_before_who_comes_now(
    pbx: Asterisk, phone: MakePhone, gateway_ports: dict[str, int]
) -> None:
    pbx.set(QUEUE_S="3")
    other_waits = threading.Event()

    async def answer(line: Line) -> None:
        if line.incoming.purpose == "nobody":
            await asyncio.to_thread(other_waits.wait, 30)
        await line.leave(NextStep("queue", topic=TOPIC, conversation_id="c-1"))

    def waiting() -> list[str]:
        return re.findall(r"PJSIP/\S+", pbx.cli("queue show frontline-operators").partition("Callers:")[2])

    with Gateway(gateway_ports, answer) as gateway:
        phone().dial("84950000000")
        assert wait_until(lambda: len(waiting()) == 1, 10)
        (first,) = waiting()
        assert wait_until(lambda: len(gateway.calls) == 2, 10), "the robot has him again"
        pbx.set(QUEUE_S="60")
        phone("79001112244").dial("84950000000")
        assert wait_until(lambda: len(waiting()) == 1, 10)
        (second,) = waiting()
        other_waits.set()
        assert wait_until(lambda: len(waiting()) == 2, 10)
        assert waiting() == [first, second]


def test_a_gateway_that_dies_leaves_the_caller_to_a_person(
    carrier: str, phone: MakePhone, operator: MakePhone, gateway_ports: dict[str, int]
) -> None:
    person = operator()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.telephony.gateway", json.dumps(gateway_ports)], cwd=ROOT
    )
    try:
        assert wait_until(lambda: _listens(gateway_ports["http"]), 20)
        caller = phone()
        caller.dial("84950000000")
        assert caller.in_call(5)
        wait_until(lambda: False, 1)
        process.kill()
        assert person.in_call(10)
        assert person.headers()["X-Topic"] == "Робот не ответил"
    finally:
        process.kill()
        process.wait()


def test_without_a_gateway_a_person_answers(carrier: str, phone: MakePhone, operator: MakePhone) -> None:
    person = operator()
    caller = phone()
    caller.dial("84950000000")
    assert person.in_call(10)
    assert person.headers()["X-Topic"] == "Робот не ответил"


def test_a_gateway_that_hangs_is_given_up(
    carrier: str, pbx: Asterisk, phone: MakePhone, operator: MakePhone, gateway_ports: dict[str, int]
) -> None:
    pbx.set(CARRIER=carrier, CALL_S="3")

    async def answer(line: Line) -> None:
        await Heard().listen(line)

    person = operator()
    with Gateway(gateway_ports, answer):
        caller = phone()
        caller.dial("84950000000")
        assert person.in_call(15)


def test_a_dialogue_that_breaks_leaves_the_caller_to_a_person(
    carrier: str, phone: MakePhone, operator: MakePhone, gateway_ports: dict[str, int]
) -> None:
    async def answer(line: Line) -> None:
        raise RuntimeError("a bug")

    person = operator()
    gateway = Gateway(gateway_ports, answer)
    caller = phone()

    def call() -> None:
        with gateway:
            caller.dial("84950000000")
            assert person.in_call(10)

    with pytest.raises(RuntimeError, match="a bug"):
        call()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
