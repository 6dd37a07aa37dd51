"""One carrier for a test, and the promise that nothing is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.exceptions import InvalidStatus

from bot.settings import Voice
from tests.carrier_peers import TOKEN, AudioSocketPeer, TwilioPeer, WebSocketPeer
from voice.carriers import Carrier, open_carriers
from voice.carriers.announced import Announced
from voice.carriers.calls import Answer
from voice.carriers.next_steps import NextSteps
from voice.ports import Line

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
