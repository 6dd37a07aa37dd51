"""Real calls through both of Asterisk's ways, answered by a few lines instead of the dialogue."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.telephony import sound
from tests.telephony.asterisk import Asterisk
from tests.telephony.conftest import CUSTOMER, GREETING, MakePhone
from tests.telephony.gateway import Gateway, Heard
from tests.telephony.ports import wait_until
from voice.ports import HANGUP, Line, NextStep

QUESTION = sound.babble(1, 4)
ANSWER = sound.babble(2, 4)
PICK_UP_S = 0.5  # until a telephone that has just answered plays what comes


def test_both_sides_hear_each_other(
    carrier: str, pbx: Asterisk, phone: MakePhone, gateway_ports: dict[str, int], tmp_path: Path
) -> None:
    heard = Heard()

    async def answer(line: Line) -> None:
        listening = asyncio.create_task(heard.listen(line))
        await asyncio.sleep(PICK_UP_S)
        await line.play(ANSWER)
        await line.drained()
        await asyncio.sleep(2)
        await line.leave(HANGUP)
        await listening

    wav = sound.write(tmp_path / "question.wav", QUESTION, before_s=0.5, after_s=30)
    with Gateway(gateway_ports, answer) as gateway:
        caller = phone(wav=wav)
        caller.dial("84950000000")
        assert caller.in_call(5)
        assert caller.over(15), "the robot hangs up"
        caller.close()
    (line,) = gateway.calls
    assert line.incoming.caller == CUSTOMER
    assert line.incoming.called == "84950000000"
    assert line.incoming.rate == 8000
    assert heard.ended == "hung_up"
    to_robot = sound.match(QUESTION, bytes(heard.audio))
    to_caller = sound.match_file(ANSWER, caller.heard()[0])
    print(carrier, "to the robot:", to_robot, "to the caller:", to_caller)
    assert to_robot.intact, to_robot
    assert to_caller.intact, to_caller


def test_wideband(
    carrier: str, pbx: Asterisk, phone: MakePhone, gateway_ports: dict[str, int], tmp_path: Path
) -> None:
    pbx.set(CARRIER=carrier, RATE="16000")
    question, said = sound.babble(3, 4, 16000), sound.babble(4, 4, 16000)
    heard = Heard()

    async def answer(line: Line) -> None:
        listening = asyncio.create_task(heard.listen(line))
        await asyncio.sleep(PICK_UP_S)
        await line.play(said)
        await line.drained()
        await asyncio.sleep(2)
        await line.leave(HANGUP)
        await listening

    wav = sound.write(tmp_path / "question.wav", question, 16000, before_s=0.5, after_s=30)
    with Gateway(gateway_ports, answer) as gateway:
        caller = phone(wav=wav, codec="G722")
        caller.dial("84950000000")
        assert caller.over(20)
        caller.close()
    assert gateway.calls[0].incoming.rate == 16000
    to_robot = sound.match(question, bytes(heard.audio), 16000)
    to_caller = sound.match_file(said, caller.heard()[0], 16000)
    print(carrier, "to the robot:", to_robot, "to the caller:", to_caller)
    assert to_robot.correlation > 0.98, to_robot
    assert to_caller.correlation > 0.98, to_caller


def test_keys(carrier: str, phone: MakePhone, gateway_ports: dict[str, int]) -> None:
    heard = Heard()

    async def answer(line: Line) -> None:
        await heard.listen(line, until=lambda heard: len(heard.digits) == 4)
        await line.leave(HANGUP)

    with Gateway(gateway_ports, answer):
        caller = phone()
        caller.dial("84950000000")
        assert caller.in_call(5)
        for digit in "15#0":
            caller.press(digit)
        assert caller.over(10)
    assert heard.digits == list("15#0")


def test_what_is_flushed_is_not_heard(carrier: str, phone: MakePhone, gateway_ports: dict[str, int]) -> None:
    said = sound.babble(5, 8)
    unheard: list[float] = []

    async def answer(line: Line) -> None:
        listening = asyncio.create_task(Heard().listen(line))
        await asyncio.sleep(PICK_UP_S)
        speaking = asyncio.create_task(line.play(said))
        await asyncio.sleep(3)
        unheard.append(await line.flush())
        await line.drained()
        await asyncio.wait_for(speaking, 1)
        await asyncio.sleep(1.5)
        await line.leave(HANGUP)
        await listening

    with Gateway(gateway_ports, answer):
        caller = phone()
        caller.dial("84950000000")
        assert caller.over(15)
        caller.close()
    result = sound.match_file(said, caller.heard()[0])
    claimed = 8 - unheard[0]
    print(carrier, f"heard {result.heard_s} s, claimed {claimed:.2f} s of 8 s")
    # jitter buffers and frames on their way; a telephone has nothing to recall them with
    assert abs(result.heard_s - claimed) < 0.2


def test_the_caller_hangs_up(
    carrier: str, phone: MakePhone, operator: MakePhone, gateway_ports: dict[str, int], pbx: Asterisk
) -> None:
    heard = Heard()

    async def answer(line: Line) -> None:
        listening = asyncio.create_task(heard.listen(line))
        await line.play(sound.babble(6, 8))
        await line.drained()  # returns, as the line has ended
        await line.play(ANSWER)
        await listening
        await line.leave(NextStep("queue", topic="nobody should see this"))

    person = operator()
    with Gateway(gateway_ports, answer):
        caller = phone()
        caller.dial("84950000000")
        assert caller.in_call(5)
        caller.hang_up()
        assert wait_until(lambda: heard.ended, 5)
        assert wait_until(lambda: pbx.channels() == 0, 5)
    assert heard.ended == "hung_up"
    assert not person.rings(1), "no ghost call"


def test_an_address_that_is_not_the_pbx_is_refused(
    carrier: str, phone: MakePhone, operator: MakePhone, gateway_ports: dict[str, int]
) -> None:
    person = operator()
    with Gateway(gateway_ports, pbx="192.0.2.1") as gateway:
        caller = phone()
        caller.dial("84950000000")
        assert person.in_call(10)
    assert not gateway.calls


def test_the_robot_calls(
    carrier: str, pbx: Asterisk, phone: MakePhone, gateway_ports: dict[str, int]
) -> None:
    said = sound.babble(7, 3)

    async def answer(line: Line) -> None:
        await asyncio.sleep(PICK_UP_S)
        await line.play(said)
        await line.drained()
        await line.leave(HANGUP)

    customer = phone(CUSTOMER, answer="auto", sip_port=pbx.provider_port)
    with Gateway(gateway_ports, answer) as gateway, pbx.originate(CUSTOMER, "callback:17"):
        assert customer.in_call(10)
        assert customer.over(15)
        customer.close()
    assert gateway.calls[0].incoming.purpose == "callback:17"
    assert gateway.calls[0].incoming.caller == CUSTOMER
    result = sound.match_file(said, customer.heard()[0])
    assert result.intact, result


def test_who_is_busy_is_told_apart(pbx: Asterisk, phone: MakePhone, gateway_ports: dict[str, int]) -> None:
    customer = phone(CUSTOMER, sip_port=pbx.provider_port)
    with Gateway(gateway_ports) as gateway, pbx.originate(CUSTOMER, "callback:18") as session:
        assert wait_until(lambda: "INVITE sip:" in customer.log(), 10)
        customer.reject()
        session.settimeout(10)
        told = b""
        while b"OriginateResponse" not in told or not told.endswith(b"\r\n\r\n"):
            told += session.recv(4000)
    assert b"Reason: 5" in told.partition(b"OriginateResponse")[2], told
    assert not gateway.calls


def test_speech_after_silence_is_whole(carrier: str, phone: MakePhone, gateway_ports: dict[str, int]) -> None:
    parts = (ANSWER, GREETING, QUESTION)

    async def answer(line: Line) -> None:
        listening = asyncio.create_task(Heard().listen(line))
        for part in parts:
            await asyncio.sleep(1.5)
            await line.play(part)
            await line.drained()
        await line.leave(HANGUP)
        await listening

    with Gateway(gateway_ports, answer):
        caller = phone()
        caller.dial("84950000000")
        assert caller.over(40)
        caller.close()
    for part in parts:
        result = sound.match_file(part, caller.heard()[0])
        assert result.intact, result
