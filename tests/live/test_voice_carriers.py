"""The carriers over real sockets, with peers that behave and peers that do not. No telephone is needed."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.core.errors import FrontlineError
from bot.settings import Voice
from tests.carrier_peers import TOKEN, AudioSocketPeer, TwilioPeer, WebSocketPeer
from voice.audio import to_mulaw
from voice.carriers import Carrier, open_carriers
from voice.carriers.announced import Announced
from voice.carriers.calls import Answer
from voice.carriers.next_steps import NextSteps
from voice.ports import HANGUP, Audio, Digit, Ended, Line, NextStep

SPEECH = bytes(range(256)) * 125  # 2 s at 8 kHz
NAMES = ("asterisk_ws", "audiosocket", "twilio")
PEERS: dict[str, Callable[..., Any]] = {
    "asterisk_ws": WebSocketPeer,
    "audiosocket": AudioSocketPeer,
    "twilio": TwilioPeer,
}


class House:
    """One carrier, what it keeps, and the lines it answered."""

    def __init__(self, name: str, answer: Answer, **changes: Any) -> None:
        self.steps, self.announced = NextSteps(), Announced()
        self.lines: list[Line] = []
        self._answer = answer
        ports = {f"{carrier}_port": 0 for carrier in NAMES}
        voice = Voice.model_validate({"carriers": name, "twilio_token": TOKEN, **ports, **changes})
        self.carrier: Carrier = open_carriers(
            voice, self._answered, steps=self.steps, announced=self.announced
        )[name]

    async def _answered(self, line: Line) -> None:
        self.lines.append(line)
        await self._answer(line)


@asynccontextmanager
async def house(name: str, answer: Answer, **changes: Any) -> AsyncIterator[House]:
    """Afterwards no call, no task and no connection may be left."""
    before = asyncio.all_tasks()
    opened = House(name, answer, **changes)
    await opened.carrier.start()
    try:
        yield opened
    finally:
        await asyncio.wait_for(opened.carrier.stop(), 15)
    for _patience in range(100):
        if not (left := asyncio.all_tasks() - before):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"tasks are left: {left}")


async def collect(line: Line, items: list[Any] | None = None) -> list[Any]:
    items = [] if items is None else items
    async for item in line.received():
        items.append(item)
    return items


async def until(condition: Callable[[], object], limit: float = 10) -> None:
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.01)


async def turned_away(name: str, peer: Any, port: int) -> int | None:
    """The status with which the handshake was refused; None for a connection that was closed."""
    if name == "audiosocket":
        await peer.dial(port)
    else:
        try:
            await peer.dial(port)
        except InvalidStatus as refusal:
            return refusal.response.status_code
    await asyncio.wait_for(peer.ended.wait(), 10)
    await peer.hang_up()
    return None


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


@pytest.mark.parametrize("name", NAMES)
async def test_the_second_call_with_one_id_is_refused(name: str) -> None:
    async def answer(line: Line) -> None:
        await collect(line)

    async with house(name, answer) as opened:
        call_id = str(uuid.uuid4())
        first = await PEERS[name](call_id).dial(opened.carrier.port)
        await until(lambda: opened.lines or name == "audiosocket")
        assert await turned_away(name, PEERS[name](call_id), opened.carrier.port) in (409, None)
        assert len(opened.lines) == 1
        assert not first.ended.is_set()
        await first.hang_up()


@pytest.mark.parametrize("name", ["asterisk_ws", "audiosocket"])
async def test_only_the_pbx_may_connect(name: str) -> None:
    async def answer(line: Line) -> None:
        await collect(line)

    async with house(name, answer, pbx="192.0.2.0/24,::2") as opened:
        assert await turned_away(name, PEERS[name](), opened.carrier.port) in (403, None)
        assert not opened.lines


async def test_a_wrong_signature_is_refused() -> None:
    async def answer(line: Line) -> None:
        await collect(line)

    async with house("twilio", answer) as opened:
        with pytest.raises(InvalidStatus) as refusal:
            await TwilioPeer().dial(opened.carrier.port, token="another")
        assert refusal.value.response.status_code == 403


def test_twilio_without_a_token_does_not_open() -> None:
    with pytest.raises(FrontlineError, match="TWILIO_TOKEN"):
        House("twilio", collect, twilio_token="")  # type: ignore[arg-type]  # never called


@pytest.mark.parametrize("name", NAMES)
async def test_a_reader_that_sleeps_loses_the_oldest_audio(name: str) -> None:
    items: list[Any] = []
    slept = asyncio.Event()

    async def answer(line: Line) -> None:
        await slept.wait()
        await collect(line, items)

    async with house(name, answer) as opened:
        peer = await PEERS[name]().dial(opened.carrier.port)
        for number in range(400):
            pcm = number.to_bytes(2, "little") * 160
            match name:
                case "asterisk_ws":
                    await peer.socket.send(pcm)
                    await peer.event("DTMF_END", digit="1")
                case "audiosocket":
                    peer.send(0x10, pcm)
                    peer.send(0x03, b"1")
                case _:
                    await peer.speak(to_mulaw(pcm)) if number % 40 == 0 else None
                    await peer.event("media", media={"payload": "/w=="})
                    await peer.event("dtmf", dtmf={"digit": "1"})
        await asyncio.sleep(0.3)
        slept.set()
        await peer.hang_up()
        await until(lambda: items and isinstance(items[-1], Ended))
    audio = [item for item in items if isinstance(item, Audio)]
    assert len(audio) == 250
    assert sum(isinstance(item, Digit) for item in items) == 64
    if name != "twilio":
        assert audio[-1].pcm == (399).to_bytes(2, "little") * 160


@pytest.mark.parametrize("name", NAMES)
async def test_a_dialogue_that_breaks_keeps_no_step(name: str) -> None:
    async def answer(line: Line) -> None:
        raise RuntimeError("a bug")

    async with house(name, answer) as opened:
        peer = await PEERS[name]().dial(opened.carrier.port)
        await asyncio.wait_for(peer.ended.wait(), 5)
        await peer.hang_up()
    assert opened.steps.answer(opened.lines[0].incoming.id) == ""


@pytest.mark.parametrize("name", NAMES)
async def test_stopping_lets_a_call_end(name: str) -> None:
    async def answer(line: Line) -> None:
        await line.play(SPEECH)
        await line.drained()
        await line.leave(HANGUP)

    opened = House(name, answer)
    await opened.carrier.start()
    peer = await PEERS[name]().dial(opened.carrier.port)
    await until(lambda: opened.lines)
    await asyncio.wait_for(opened.carrier.stop(), 10)
    await asyncio.wait_for(peer.ended.wait(), 5)
    await peer.hang_up()
    assert (to_mulaw(SPEECH) if name == "twilio" else SPEECH) in bytes(peer.heard)


@pytest.mark.parametrize("name", NAMES)
async def test_a_stop_that_is_cancelled_ends_the_calls(name: str) -> None:
    async def answer(line: Line) -> None:
        await asyncio.Event().wait()

    opened = House(name, answer)
    await opened.carrier.start()
    peer = await PEERS[name]().dial(opened.carrier.port)
    await until(lambda: opened.lines)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(opened.carrier.stop(), 0.2)
    await asyncio.wait_for(peer.ended.wait(), 5)
    await peer.hang_up()


async def test_asterisk_that_reads_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice.carriers.ahead.STALL_S", 0.5)

    async def answer(line: Line) -> None:
        reading = asyncio.create_task(collect(line))
        await line.play(SPEECH * 4)
        await line.drained()
        assert (await reading)[-1] == Ended("lost")

    async with house("asterisk_ws", answer) as opened:
        peer = await WebSocketPeer().dial(opened.carrier.port)
        peer.reads.clear()
        await until(lambda: opened.lines)
        line: Any = opened.lines[0]
        await until(lambda: line.inbox.ended)
        peer.reads.set()
        await peer.hang_up()
    assert line.inbox.ended == Ended("lost")


@pytest.mark.parametrize("raw", [b"\x10\x01\x40half", b"\x10"])
async def test_audiosocket_that_stops_within_a_message_is_given_up(
    raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice.carriers.audiosocket.UNREAD_S", 0.3)
    items: list[Any] = []

    async def answer(line: Line) -> None:
        await collect(line, items)

    async with house("audiosocket", answer) as opened:
        peer = await AudioSocketPeer().dial(opened.carrier.port)
        peer.send(0x10, bytes(320))
        peer.raw(raw)
        await asyncio.wait_for(peer.ended.wait(), 5)
        await peer.hang_up()
    assert items[-1] == Ended("lost")


async def test_audiosocket_that_reads_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice.carriers.audiosocket.UNREAD_S", 0.3)
    items: list[Any] = []

    async def answer(line: Line) -> None:
        await collect(line, items)

    async with house("audiosocket", answer) as opened:
        peer = AudioSocketPeer()
        opened.announced.announce({"id": peer.call_id, "rate": "8000"})
        await peer.dial(opened.carrier.port)
        await until(lambda: opened.lines)
        line: Any = opened.lines[0]
        line._connection.pause_writing()  # as the transport does when its buffer is full
        await asyncio.wait_for(peer.ended.wait(), 5)
        await peer.hang_up()
    assert items[-1] == Ended("lost")


@pytest.mark.parametrize("name", NAMES)
async def test_a_peer_that_never_says_which_call_it_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"voice.carriers.{name}.START_S", 0.2)

    async def answer(line: Line) -> None:
        raise AssertionError("no call")

    async with house(name, answer) as opened:
        peer = PEERS[name]()
        await peer.dial(
            opened.carrier.port, **({"named": False} if name == "audiosocket" else {"start": False})
        )
        await asyncio.wait_for(peer.ended.wait(), 5)
        await peer.hang_up()
    assert not opened.lines


async def echo(line: Line) -> None:
    async for item in line.received():
        if isinstance(item, Audio):
            await line.play(item.pcm)
            if len(item.pcm) % 3 == 0:
                await line.flush()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
EVENTS = {
    "asterisk_ws": ("MEDIA_START", "DTMF_END", "MEDIA_MARK_PROCESSED", "MEDIA_XOFF", "MEDIA_XON", "STATUS"),
    "twilio": ("connected", "start", "media", "dtmf", "mark", "stop"),
}
FIELDS = st.sampled_from(
    (
        "digit",
        "correlation_id",
        "queue_length",
        "format",
        "channel_variables",
        "media",
        "dtmf",
        "mark",
        "start",
    )
)


def messages(name: str) -> st.SearchStrategy[str | bytes]:
    events = st.builds(
        lambda event, fields: json.dumps({"event": event, **fields}),
        st.sampled_from(EVENTS[name]),
        st.dictionaries(FIELDS, json_values, max_size=3),
    )
    return st.binary(max_size=700) | st.text(max_size=60) | events | json_values.map(json.dumps)


async def bombard(name: str, pieces: list[str | bytes], start: bool) -> None:
    """Sends the pieces; whatever they are, the carrier ends up without a call and takes the next."""
    async with house(name, echo) as opened:
        peer = await PEERS[name]().dial(opened.carrier.port, start=start)
        try:
            for piece in pieces:
                await peer.socket.send(piece)
        except ConnectionClosed:
            pass
        await peer.hang_up()
        again = await PEERS[name]().dial(opened.carrier.port)
        await until(lambda: opened.lines and opened.lines[-1].incoming.id == again.call_id)
        await again.hang_up()


@settings(max_examples=60, deadline=None)
@given(pieces=st.lists(messages("asterisk_ws"), max_size=8), start=st.booleans())
def test_fuzz_asterisk_ws(pieces: list[str | bytes], start: bool) -> None:
    asyncio.run(bombard("asterisk_ws", pieces, start))


@settings(max_examples=60, deadline=None)
@given(pieces=st.lists(messages("twilio"), max_size=8), start=st.booleans())
def test_fuzz_twilio(pieces: list[str | bytes], start: bool) -> None:
    asyncio.run(bombard("twilio", pieces, start))


framed = st.builds(
    lambda kind, payload: bytes([kind]) + len(payload).to_bytes(2, "big") + payload,
    st.sampled_from((0x00, 0x01, 0x03, 0x10, 0x12, 0x16, 0xFF, 0x42)),
    st.binary(max_size=700),
)


@settings(max_examples=80, deadline=None)
@given(pieces=st.lists(framed | st.binary(max_size=400), max_size=8), named=st.booleans())
def test_fuzz_audiosocket(pieces: list[bytes], named: bool) -> None:
    async def bombard_tcp() -> None:
        async with house("audiosocket", echo) as opened:
            peer = await AudioSocketPeer().dial(opened.carrier.port, named=named)
            for piece in pieces:
                peer.raw(piece)
                await asyncio.sleep(0)
            await asyncio.sleep(0.01)
            await peer.hang_up()
            again = AudioSocketPeer()
            opened.announced.announce({"id": again.call_id, "rate": "8000"})
            await again.dial(opened.carrier.port)
            await until(lambda: opened.lines and opened.lines[-1].incoming.id == again.call_id)
            await again.hang_up()

    asyncio.run(bombard_tcp())


@pytest.mark.parametrize("name", ["asterisk_ws", "twilio"])
async def test_what_is_no_websocket_is_turned_away(name: str) -> None:
    async with house(name, echo) as opened:
        reader, writer = await asyncio.open_connection("127.0.0.1", opened.carrier.port)
        writer.write(b"\x00\xffnot http at all\r\n\r\n")
        await reader.read()
        writer.close()
        peer = await PEERS[name]().dial(opened.carrier.port)
        await peer.socket.send(b"x" * 100_000)
        await asyncio.wait_for(peer.ended.wait(), 5)
        assert peer.socket.close_code == 1009
        await peer.hang_up()


async def test_a_call_without_an_id_is_turned_away() -> None:
    async with house("asterisk_ws", echo) as opened:
        for query in ("", "?id=", "?id=a%0d%0ab", "?id=a&id=b", "?id=" + "a" * 65):
            with pytest.raises(InvalidStatus):
                await connect(f"ws://127.0.0.1:{opened.carrier.port}/media{query}", subprotocols=["media"])
