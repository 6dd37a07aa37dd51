"""The carriers over real sockets, with peers that do not behave, and stops in mid-call."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.core.errors import FrontlineError
from tests.carrier_house import NAMES, PEERS, SPEECH, House, collect, house, turned_away, until
from tests.carrier_peers import AudioSocketPeer, TwilioPeer, WebSocketPeer
from voice.audio import to_mulaw
from voice.ports import HANGUP, Audio, Digit, Ended, Line


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
