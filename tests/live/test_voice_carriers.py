"""The carriers over real sockets, with peers that behave. No telephone is needed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.carrier_house import NAMES, PEERS, SPEECH, collect, house, until
from tests.carrier_peers import AudioSocketPeer, WebSocketPeer
from voice.audio import to_mulaw
from voice.ports import HANGUP, Audio, Digit, Ended, Line, NextStep


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_played_is_heard_and_the_step_is_kept(name: str) -> None:
    step = NextStep("queue", topic="где карта?", conversation_id="c1")

    async def answer(line: Line) -> None:
        await line.play(SPEECH[:1000])
        await line.play(SPEECH[1000:])
        await line.drained()
        await line.leave(step)
        await line.leave(HANGUP)

    async with house(name, answer) as opened:
        peer = await PEERS[name]().dial(opened.carrier.port)
        await asyncio.wait_for(peer.ended.wait(), 10)
        await peer.hang_up()
    expected = to_mulaw(SPEECH) if name == "twilio" else SPEECH
    assert expected in bytes(peer.heard)
    assert opened.steps.answer(opened.lines[0].incoming.id) == "queue||где карта?|c1|"


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_said_and_pressed_is_received(name: str) -> None:
    items: list[Any] = []

    async def answer(line: Line) -> None:
        await collect(line, items)

    async with house(name, answer) as opened:
        peer = await PEERS[name]().dial(opened.carrier.port)
        await peer.speak((to_mulaw(SPEECH) if name == "twilio" else SPEECH)[:4800])
        for key in "7#x":
            match name:
                case "asterisk_ws":
                    await peer.event("DTMF_END", digit=key)
                case "audiosocket":
                    peer.send(0x03, key.encode())
                case _:
                    await peer.event("dtmf", dtmf={"digit": key})
        await until(lambda: sum(isinstance(item, Digit) for item in items) == 2)
        await peer.hang_up()
        await until(lambda: items and isinstance(items[-1], Ended))
    heard = b"".join(item.pcm for item in items if isinstance(item, Audio))
    said = 9600 if name == "twilio" else 4800
    assert len(heard) == said
    assert [item.digit for item in items if isinstance(item, Digit)] == ["7", "#"]
    assert items[-1] == Ended("hung_up")


@pytest.mark.parametrize("name", NAMES)
async def test_a_flush_leaves_silence_and_tells_what_was_not_heard(name: str) -> None:
    unheard: list[float] = []
    done = asyncio.Event()

    async def answer(line: Line) -> None:
        speaking = asyncio.create_task(line.play(SPEECH * 4))
        await asyncio.sleep(1)
        unheard.append(await line.flush())
        await asyncio.wait_for(speaking, 1)
        await asyncio.wait_for(line.drained(), 1)
        assert await line.flush() == 0
        await line.play(SPEECH[:3200])
        await line.drained()
        done.set()

    async with house(name, answer) as opened:
        peer = await PEERS[name]().dial(opened.carrier.port)
        await asyncio.wait_for(done.wait(), 10)
        await asyncio.wait_for(peer.ended.wait(), 5)
        await peer.hang_up()
    after = to_mulaw(SPEECH[:3200]) if name == "twilio" else SPEECH[:3200]
    heard = bytes(peer.heard)
    assert after in heard
    assert 5 < unheard[0] < 7.9
    if name == "asterisk_ws":
        played = heard.rindex(after)
        # what the flush said and what was played make the whole, to a frame in flight and one of the tail
        assert abs(played / 16000 + unheard[0] - 8) < 0.15


async def test_no_more_than_a_second_waits_in_asterisk() -> None:
    async def answer(line: Line) -> None:
        await line.play(SPEECH * 2)
        await line.drained()

    async with house("asterisk_ws", answer) as opened:
        peer = await WebSocketPeer().dial(opened.carrier.port)
        await asyncio.wait_for(peer.ended.wait(), 15)
        await peer.hang_up()
    assert bytes(peer.heard).startswith(SPEECH * 2)
    assert peer.longest <= 50 + 5  # a second, and the silence after the speech


async def test_asterisk_that_is_full_gets_no_more() -> None:
    async def answer(line: Line) -> None:
        await asyncio.sleep(0.2)
        await line.play(SPEECH[:6400])
        await line.drained()

    async with house("asterisk_ws", answer) as opened:
        peer = await WebSocketPeer().dial(opened.carrier.port)
        await peer.event("MEDIA_XOFF")
        await asyncio.sleep(0.6)
        assert not peer.heard
        await peer.event("MEDIA_XON")
        await asyncio.wait_for(peer.ended.wait(), 5)
        await peer.hang_up()
    assert bytes(peer.heard).startswith(SPEECH[:6400])


async def test_channel_variables_say_who_calls() -> None:
    async def answer(line: Line) -> None:
        await line.leave(HANGUP)

    async with house("asterisk_ws", answer) as opened:
        told = {"FROM": "+79001112233", "TO": "88000000000", "CONVERSATION": "c7", "PURPOSE": "callback:3"}
        peer = await WebSocketPeer(form="slin16", **told).dial(opened.carrier.port)
        await asyncio.wait_for(peer.ended.wait(), 5)
        await peer.hang_up()
    incoming = opened.lines[0].incoming
    assert (incoming.caller, incoming.called, incoming.rate) == ("+79001112233", "88000000000", 16000)
    assert (incoming.conversation_id, incoming.purpose, incoming.pbx) == ("c7", "callback:3", True)


@pytest.mark.parametrize("rate", [8000, 16000])
async def test_audiosocket_knows_what_was_announced(rate: int) -> None:
    async def answer(line: Line) -> None:
        await line.play(SPEECH)
        await line.drained()
        await line.leave(HANGUP)

    async with house("audiosocket", answer) as opened:
        peer = AudioSocketPeer()
        opened.announced.announce({"id": peer.call_id, "from": "+7900", "rate": str(rate), "branch": "7"})
        await peer.dial(opened.carrier.port)
        await asyncio.wait_for(peer.ended.wait(), 5)
        await peer.hang_up()
    incoming = opened.lines[0].incoming
    assert (incoming.caller, incoming.rate, incoming.variables) == ("+7900", rate, {"branch": "7"})
    assert SPEECH in bytes(peer.heard)
    assert {length for kind, length in peer.messages if kind} == {rate // 25}


async def test_audiosocket_speaks_at_the_rate_it_hears() -> None:
    async def answer(line: Line) -> None:
        await collect(line)

    async with house("audiosocket", answer) as opened:
        peer = await AudioSocketPeer().dial(opened.carrier.port)
        await peer.speak(SPEECH[:6400], kind=0x12)
        assert opened.lines[0].incoming.rate == 16000
        peer.send(0x10, bytes(320))
        await asyncio.wait_for(peer.ended.wait(), 5)
        await peer.hang_up()
