"""Calls placed through a manager interface, on both databases: hours, limits, retries, and who dies when."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from held_clock import HeldClock

from bot.bus.memory import MemoryBus
from bot.core.outbound import CallKind, CallStatus, NewCall, OutboundCall
from bot.core.types import Inbound
from bot.settings import Settings, Voice
from bot.store.engine import Store
from bot.store.records import Outcome
from tests.pbx_manager import SECRET, USER, Manager, manager
from voice.outbound import ami
from voice.outbound.ami import Login
from voice.outbound.dialer import Dialer
from voice.outbound.outcomes import Outcomes
from voice.outbound.schedule import Result, Rules

ROOT = Path(__file__).resolve().parents[2]
PHONE = "+79000000001"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"FIRST_PAUSE_S": 0.02, "LONGEST_PAUSE_S": 0.05, "REPLY_S": 1.0}.items():
        monkeypatch.setattr(ami, name, seconds)


class House:
    """A process that dials: its task looks at the calls whenever a test says so."""

    def __init__(self, store: Store, clock: HeldClock, peer: Manager, voice: Voice) -> None:
        self.store, self.clock, self.peer = store, clock, peer
        self.counted: list[tuple[str, str]] = []
        self.outcomes = Outcomes(
            store,
            MemoryBus(),
            Rules.of(Settings(voice=voice)),
            HOUR,
            lambda kind, result: self.counted.append((kind, result)),
            clock,
        )
        self.dialer = Dialer(
            self.outcomes,
            Login("127.0.0.1", peer.port, USER, SECRET),
            at_once=voice.outbound_at_once,
            clock=clock,
            idle=0.02,
        )

    async def settled(self, call: OutboundCall, result: str, attempt: int = 1) -> OutboundCall:
        """The call, once that much is known about it."""
        async with asyncio.timeout(20):
            while True:
                now = await self.store.outbound.get(call.id)
                if now.result == result and now.attempts == attempt:
                    return now
                await asyncio.sleep(0.01)

    async def counts(self, *expected: tuple[str, str]) -> None:
        """An outcome is counted after it has been written."""
        async with asyncio.timeout(20):
            while len(self.counted) < len(expected):
                await asyncio.sleep(0.01)
        assert self.counted == list(expected)


@asynccontextmanager
async def dialing(store: Store, clock: HeldClock, peer: Manager, **voice: int | str) -> AsyncIterator[House]:
    house = House(store, clock, peer, Voice.model_validate(voice))
    running = asyncio.create_task(house.dialer.run())
    try:
        yield house
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def promise(
    store: Store,
    clock: HeldClock,
    phone: str = PHONE,
    kind: CallKind = CallKind.CALLBACK,
    later: timedelta = timedelta(0),
) -> OutboundCall:
    receipt = await store.conversations.receive(Inbound("web_chat", phone + kind, f"{phone}{kind}", "?"))
    outcome = Outcome(calls=(NewCall(kind, phone, clock() + later, "график"),), answers_seq=1)
    [event] = await store.conversations.commit(receipt.conversation.id, 0, outcome)
    return await store.outbound.get(event.data["call_id"])


async def test_a_call_is_placed_with_what_the_dialplan_needs(store: Store, clock: HeldClock) -> None:
    call = await promise(store, clock)
    async with manager() as peer, dialing(store, clock, peer) as house:
        peer.on_originate = lambda _: "4"
        await peer.until(lambda: bool(peer.originates))
        [asked] = peer.originates
        assert asked["Channel"] == f"Local/{PHONE}@frontline-dial/n"
        assert (asked["Context"], asked["Exten"], asked["Async"]) == ("frontline-out", "s", "true")
        assert asked["Variable"].split(",") == [
            f"__FRONTLINE_PURPOSE=callback:{call.id}",
            f"__FRONTLINE_FROM={PHONE}",
            f"__FRONTLINE_CONVERSATION={call.conversation_id}",
        ]
        async with asyncio.timeout(20):
            while (now := await store.outbound.get(call.id)).answered_at is None:
                await asyncio.sleep(0.01)
        await house.outcomes.ended(now, Result.TALKED)
        assert (await house.settled(call, "talked")).status is CallStatus.DONE
        assert house.counted == [("callback", "talked")]
        assert len(peer.originates) == 1


@pytest.mark.parametrize(
    ("reason", "result", "pause"),
    [
        ("5", "busy", 10 * MINUTE),
        ("3", "no_answer", 30 * MINUTE),
        ("1", "no_answer", 30 * MINUTE),
        ("8", "unreachable", 15 * MINUTE),
        ("0", "unreachable", 15 * MINUTE),
    ],
)
async def test_who_is_not_reached_is_called_again(
    store: Store, clock: HeldClock, reason: str, result: str, pause: timedelta
) -> None:
    call = await promise(store, clock)
    async with manager() as peer, dialing(store, clock, peer) as house:
        peer.on_originate = lambda _: reason
        first = await house.settled(call, result)
        assert first.status is CallStatus.WAITING
        assert first.due_at - call.due_at >= pause
        assert len(peer.originates) == 1
        clock.advance(pause)
        await house.settled(call, result, attempt=2)
        clock.advance(24 * HOUR)
        last = await house.settled(call, "expired", attempt=2)
        assert last.status is CallStatus.GAVE_UP
        await house.counts(("callback", result), ("callback", result), ("callback", "expired"))


async def test_so_many_attempts_and_no_more(store: Store, clock: HeldClock) -> None:
    call = await promise(store, clock)
    async with manager() as peer, dialing(store, clock, peer, outbound_per_day=20) as house:
        peer.on_originate = lambda _: "5"
        for attempt in range(1, 4):
            left = await house.settled(call, "busy", attempt)
            clock.advance(HOUR)
        assert left.status is CallStatus.GAVE_UP
        assert len(peer.originates) == 3


async def test_at_night_nobody_is_called(store: Store, clock: HeldClock) -> None:
    clock.advance(13 * HOUR)  # 22:00 UTC, 01:00 in Moscow
    call = await promise(store, clock)
    async with manager() as peer, dialing(store, clock, peer) as house:
        async with asyncio.timeout(20):
            while (now := await store.outbound.get(call.id)).due_at == call.due_at:
                await asyncio.sleep(0.01)
        assert now.due_at - call.due_at > 7 * HOUR
        assert peer.originates == []
        clock.advance(8 * HOUR)
        await peer.until(lambda: len(peer.originates) == 1)
        assert house.counted == []


async def test_a_number_is_not_rung_more_often_than_a_day_allows(store: Store, clock: HeldClock) -> None:
    calls = [await promise(store, clock, kind=kind) for kind in CallKind]
    async with manager() as peer, dialing(store, clock, peer, outbound_per_day=2) as house:
        peer.on_originate = lambda _: "5"
        await asyncio.gather(*(house.settled(call, "busy") for call in calls))
        clock.advance(HOUR)
        for _ in range(3):
            await house.dialer.dial_due()
        assert len(peer.originates) == 2
        tomorrow = [await store.outbound.get(call.id) for call in calls]
        assert all(one.due_at > clock() + 8 * HOUR for one in tomorrow)


async def test_so_many_calls_at_once(store: Store, clock: HeldClock) -> None:
    calls = [await promise(store, clock, phone=f"+7900000001{number}") for number in range(5)]
    async with manager() as peer, dialing(store, clock, peer, outbound_at_once=2) as house:
        await peer.until(lambda: len(peer.originates) == 2)
        for _ in range(3):
            await house.dialer.dial_due()
        assert len(peer.originates) == 2
        by_action = peer.originates[0]["ActionID"]
        await peer.respond(by_action, "5")
        await peer.until(lambda: len(peer.originates) == 3)
        assert len({one["Channel"] for one in peer.originates}) == 3
        assert len(calls) == 5


async def test_two_processes_never_place_one_call_twice(
    store: Store, clock: HeldClock, database_url: str
) -> None:
    for number in range(20):
        await promise(store, clock, phone=f"+790000001{number:02}")
    other = await Store.open(database_url, clock=clock)
    async with (
        manager() as peer,
        dialing(store, clock, peer, outbound_at_once=100),
        dialing(other, clock, peer, outbound_at_once=100),
    ):
        await peer.until(lambda: len(peer.originates) == 20)
        await asyncio.sleep(0.1)
        assert len({one["Channel"] for one in peer.originates}) == len(peer.originates) == 20
    await other.close()


async def test_both_hear_of_a_busy_number_and_one_counts_it(
    store: Store, clock: HeldClock, database_url: str
) -> None:
    call = await promise(store, clock)
    other = await Store.open(database_url, clock=clock)
    async with (
        manager() as peer,
        dialing(store, clock, peer) as one,
        dialing(other, clock, peer) as two,
    ):
        await peer.until(lambda: peer.logins == 2 and len(peer.originates) == 1)
        await peer.respond(peer.originates[0]["ActionID"], "5")
        await one.settled(call, "busy")
        await asyncio.sleep(0.1)
        assert one.counted + two.counted == [("callback", "busy")]
    await other.close()


@pytest.mark.parametrize(
    "says",
    [
        {"ActionID": "somebody-else"},
        {"ActionID": f"frontline-{'0' * 32}-1"},
        {"ActionID": f"frontline-{'0' * 32}-9999999999"},
        {},
    ],
    ids=range(4),
)
async def test_responses_to_others_change_nothing(
    store: Store, clock: HeldClock, says: dict[str, str]
) -> None:
    call = await promise(store, clock)
    async with manager() as peer, dialing(store, clock, peer) as house:
        await peer.until(lambda: bool(peer.originates))
        await peer.respond(says.get("ActionID", ""), "5")
        await peer.respond(f"frontline-{call.id}-7", "5")  # of an attempt that never was
        await peer.respond(f"frontline-{call.id}-1", "3")
        assert (await house.settled(call, "no_answer")).attempts == 1
        await house.counts(("callback", "no_answer"))


async def test_a_pbx_that_refuses_is_asked_again_later(store: Store, clock: HeldClock) -> None:
    call = await promise(store, clock)
    async with manager() as peer, dialing(store, clock, peer) as house:
        peer.says_no = "Permission denied"
        left = await house.settled(call, "failed")
        assert left.status is CallStatus.WAITING
        assert left.due_at > call.due_at + 4 * MINUTE


async def test_without_a_pbx_calls_wait(store: Store, clock: HeldClock) -> None:
    call = await promise(store, clock)
    async with manager() as peer:
        await peer.stop()
        async with dialing(store, clock, peer) as house:
            for _ in range(3):
                await house.dialer.dial_due()
            assert (await store.outbound.get(call.id)).attempts == 0
            await peer.start()
            await peer.until(lambda: bool(peer.originates))
            assert (await store.outbound.get(call.id)).attempts == 1


async def test_a_refusal_calls_off_the_next_attempt(store: Store, clock: HeldClock) -> None:
    call = await promise(store, clock)
    async with manager() as peer, dialing(store, clock, peer) as house:
        await peer.until(lambda: bool(peer.originates))
        await store.outbound.refuse(call.conversation_id, PHONE)
        await peer.respond(peer.originates[0]["ActionID"], "5")
        assert (await house.settled(call, "busy")).status is CallStatus.REFUSED
        clock.advance(2 * HOUR)
        await house.dialer.dial_due()
        assert len(peer.originates) == 1


# Places what is due through the peer on a port, and says so, until it is killed.
PROCESS = """
import asyncio, sys
from datetime import datetime, timedelta
from bot.bus.memory import MemoryBus
from bot.settings import Settings
from bot.store.engine import Store
from voice.outbound.ami import Login
from voice.outbound.dialer import Dialer
from voice.outbound.outcomes import Outcomes
from voice.outbound.schedule import Rules

async def main(url, port, user, secret, at):
    clock = lambda: datetime.fromisoformat(at)
    store = await Store.open(url, clock=clock)
    outcomes = Outcomes(store, MemoryBus(), Rules.of(Settings()), timedelta(hours=1), clock=clock)
    login = Login("127.0.0.1", int(port), user, secret)
    await Dialer(outcomes, login, at_once=9, clock=clock, idle=0.05).run()

asyncio.run(main(*sys.argv[1:]))
"""


async def killed_in_mid_call(clock: HeldClock, database_url: str, peer: Manager) -> None:
    """A process places the call that is due and is killed while it rings."""
    before = len(peer.originates)
    arguments = (database_url, str(peer.port), USER, SECRET, clock().isoformat())
    process = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-c", PROCESS, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    await peer.until(lambda: len(peer.originates) == before + 1)
    process.kill()
    await asyncio.to_thread(process.wait)


async def test_who_comes_back_hears_how_the_call_ended(
    store: Store, clock: HeldClock, database_url: str
) -> None:
    call = await promise(store, clock)
    async with manager() as peer:
        await killed_in_mid_call(clock, database_url, peer)
        async with dialing(store, clock, peer) as house:
            await peer.until(lambda: peer.logins == 2)
            for _ in range(3):
                await house.dialer.dial_due()
            assert len(peer.originates) == 1, "it may still be ringing"
            await peer.respond(peer.originates[0]["ActionID"], "5")
            assert (await house.settled(call, "busy")).status is CallStatus.WAITING


async def test_a_call_answered_while_we_were_dead_is_not_made_twice(
    store: Store, clock: HeldClock, database_url: str
) -> None:
    call = await promise(store, clock)
    async with manager() as peer:
        await killed_in_mid_call(clock, database_url, peer)
        async with dialing(store, clock, peer) as house:
            await peer.until(lambda: peer.logins == 2)
            await peer.respond(peer.originates[0]["ActionID"], "4")
            async with asyncio.timeout(20):
                while (await store.outbound.get(call.id)).answered_at is None:
                    await asyncio.sleep(0.01)
            clock.advance(2 * HOUR)
            assert (await house.settled(call, "answered")).status is CallStatus.DONE
            assert len(peer.originates) == 1


async def test_a_call_of_which_nothing_is_heard_is_made_again(
    store: Store, clock: HeldClock, database_url: str
) -> None:
    call = await promise(store, clock)
    async with manager() as peer:
        await killed_in_mid_call(clock, database_url, peer)
        async with dialing(store, clock, peer) as house:
            clock.advance(2 * HOUR)
            await peer.until(lambda: len(peer.originates) == 2)
            assert house.counted == [("callback", "lost")]
            assert (await store.outbound.get(call.id)).attempts == 2
