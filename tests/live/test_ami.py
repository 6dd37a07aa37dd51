"""The manager interface over real sockets: an Asterisk that behaves, that cuts, that lies, and that dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from bot.core.errors import FrontlineError
from tests.pbx_manager import SECRET, USER, Manager, manager, packet
from voice.outbound import ami as module
from voice.outbound.ami import Ami, Login, Packet, PbxAway

ORIGINATE = {"Channel": "Local/1@frontline-dial", "ActionID": "frontline-1-1", "Async": "true"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of a test, not of a night."""
    for name, seconds in {"FIRST_PAUSE_S": 0.02, "LONGEST_PAUSE_S": 0.05, "REPLY_S": 0.5}.items():
        monkeypatch.setattr(module, name, seconds)


class Client:
    """Our side; `heard` are the events so far."""

    def __init__(self, port: int, secret: str = SECRET) -> None:
        self.heard: list[Packet] = []
        self.ami = Ami(Login("127.0.0.1", port, USER, secret), self.heard.append)

    async def ready(self, wanted: bool = True) -> None:
        async with asyncio.timeout(20):
            while self.ami.connected != wanted:
                await asyncio.sleep(0.01)

    async def hears(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.heard) < count:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def client(peer: Manager, secret: str = SECRET) -> AsyncIterator[Client]:
    one = Client(peer.port, secret)
    running = asyncio.create_task(one.ami.run())
    try:
        yield one
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("pieces", [0, 1, 7])
async def test_a_call_is_asked_for_and_its_end_is_heard(pieces: int) -> None:
    async with manager() as peer, client(peer) as ours:
        peer.pieces = pieces
        peer.on_originate = lambda _: "5"
        await ours.ready()
        reply = await ours.ami.ask("Originate", ORIGINATE)
        assert reply["message"] == "Originate successfully queued"
        await ours.hears(1)
        assert ours.heard[0]["actionid"] == "frontline-1-1"
        assert ours.heard[0]["reason"] == "5"
        assert peer.originates[0]["Channel"] == ORIGINATE["Channel"]


async def test_many_at_once_get_their_own_replies() -> None:
    async with manager() as peer, client(peer) as ours:
        await ours.ready()
        asked = [ours.ami.ask("Originate", {**ORIGINATE, "ActionID": f"a{number}"}) for number in range(50)]
        replies = await asyncio.gather(*asked)
        assert [reply["actionid"] for reply in replies] == [f"a{number}" for number in range(50)]


async def test_what_asterisk_refuses_is_said() -> None:
    async with manager() as peer, client(peer) as ours:
        peer.says_no = "Permission denied"
        await ours.ready()
        with pytest.raises(FrontlineError, match="Permission denied") as refused:
            await ours.ami.ask("Originate", ORIGINATE)
        assert refused.value.code == "pbx_refused"
        assert ours.ami.connected


async def test_a_wrong_secret_is_no_connection() -> None:
    async with manager() as peer, client(peer, "wrong") as ours:
        await asyncio.sleep(0.3)
        assert not ours.ami.connected
        with pytest.raises(PbxAway) as away:
            await ours.ami.ask("Originate", ORIGINATE)
        assert not away.value.sent
        assert peer.originates == []
        peer.secret = "wrong"
        await ours.ready()


async def test_a_pbx_that_dies_and_comes_back() -> None:
    async with manager() as peer, client(peer) as ours:
        await ours.ready()
        await peer.stop()
        await ours.ready(False)
        with pytest.raises(PbxAway):
            await ours.ami.ask("Originate", ORIGINATE)
        await peer.start()
        await ours.ready()
        assert peer.logins == 2
        await ours.ami.ask("Originate", ORIGINATE)


@pytest.mark.parametrize("dies", [True, False])
async def test_a_connection_that_ends_over_a_request_may_have_done_it(dies: bool) -> None:
    async with manager() as peer, client(peer) as ours:
        await ours.ready()
        peer.swallows = True
        asking = asyncio.create_task(ours.ami.ask("Originate", ORIGINATE))
        await peer.until(lambda: bool(peer.originates))
        if dies:
            peer.drop()
        with pytest.raises(PbxAway) as away:
            await asking
        assert away.value.sent


GARBAGE = [
    b"\0\xff\xfe" * 100 + b"\r\n\r\n",
    b"no colon at all\r\n\r\n",
    b": nothing before\r\n: nothing\r\n\r\n",
    b"Event OriginateResponse\r\nActionID\r\n\r\n",
    b"Response: Success\r\nActionID: of nobody\r\n\r\n",
    b"\r\n\r\n\r\n",
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_between_packets_is_passed_over(garbage: bytes) -> None:
    async with manager() as peer, client(peer) as ours:
        await ours.ready()
        await peer.tell(garbage)
        await peer.tell(packet(Event="OriginateResponse", ActionID="a", Reason="4"))
        await ours.hears(1)
        assert ours.heard[-1]["actionid"] == "a"
        assert peer.logins == 1


@pytest.mark.parametrize("flood", [b"x" * 20_000, b"Key: value\r\n" * 500], ids=["line", "packet"])
async def test_a_line_or_a_packet_without_end_ends_the_connection(flood: bytes) -> None:
    async with manager() as peer, client(peer) as ours:
        await ours.ready()
        await peer.tell(flood)
        await peer.until(lambda: peer.logins == 2)
        await ours.ready()


async def test_whoever_is_no_asterisk_learns_no_secret() -> None:
    async with manager() as peer:
        peer.banner = "HTTP/1.1 400 Bad Request\r\n\r\n"
        async with client(peer) as ours:
            await asyncio.sleep(0.3)
            assert not ours.ami.connected
            assert peer.logins == 0
            peer.banner = "Asterisk Call Manager/5.0.4\r\n"
            await ours.ready()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.binary(max_size=300), max_size=8))
async def test_any_bytes_leave_us_able_to_call(pieces: list[bytes]) -> None:
    async with manager() as peer, client(peer) as ours:
        await ours.ready()
        for piece in pieces:
            if piece:
                await peer.tell(piece)
        peer.drop()
        await peer.until(lambda: peer.logins == 2)
        await ours.ready()
        await ours.ami.ask("Originate", ORIGINATE)


@pytest.mark.parametrize("value", ["a\r\nAction: Command", "a\nb", "\r"])
async def test_a_field_cannot_become_another(value: str) -> None:
    async with manager() as peer, client(peer) as ours:
        await ours.ready()
        with pytest.raises(FrontlineError) as refused:
            await ours.ami.ask("Originate", {"Channel": value})
        assert refused.value.code == "invalid_value"
        assert peer.originates == []


def test_the_address_is_whole_and_without_the_secret() -> None:
    assert Login.parse("tcp://robot@pbx:5039", "s") == Login("pbx", 5039, "robot", "s")
    assert Login.parse("tcp://robot@pbx", "s").port == 5038
    assert "s3cret" not in repr(Login.parse("tcp://robot@pbx", "s3cret"))


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("tcp://pbx:5038", "s"),
        ("http://robot@pbx", "s"),
        ("tcp://robot:secret@pbx", "s"),
        ("tcp://robot@pbx:port", "s"),
        ("robot@pbx", "s"),
        ("tcp://robot@pbx:5038/x", "s"),
        ("tcp://robot@pbx:5038", ""),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, secret: str) -> None:
    with pytest.raises(FrontlineError) as refused:
        Login.parse(url, secret)
    assert refused.value.code == "invalid_configuration"
