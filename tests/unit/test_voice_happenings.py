"""What waits in a call: bounded, and what ends the talk comes first."""

from __future__ import annotations

import asyncio

import pytest

from voice.call.happenings import (
    OPERATOR,
    WAITING,
    Deaf,
    Gone,
    Happening,
    Happenings,
    Keyed,
    Late,
    Quiet,
    Utterance,
)
from voice.ports import Heard

SAID = Utterance(Heard("да"), 1.0, 1.6)
GONE, DEAF, LATE = Gone("hung_up"), Deaf("recogniser_failed"), Late()


async def left(happenings: Happenings) -> list[Happening]:
    found = []
    while True:
        try:
            found.append(await asyncio.wait_for(happenings.next(), 0.01))
        except TimeoutError:
            return found


@pytest.mark.parametrize(
    ("told", "waits"),
    [
        ([Keyed("1"), SAID, Keyed("2")], [Keyed("1"), SAID, Keyed("2")]),
        ([Keyed(str(n)) for n in range(1, 1001)], [Keyed(str(n)) for n in range(1001 - WAITING, 1001)]),
        ([Keyed("1"), SAID, OPERATOR], [OPERATOR]),
        ([OPERATOR, Keyed("1")], [OPERATOR, Keyed("1")]),
        ([SAID, GONE], [GONE]),
        ([SAID, DEAF, DEAF, GONE, LATE], [GONE]),
        ([SAID, DEAF, DEAF], [DEAF]),
        ([DEAF, OPERATOR], [DEAF, OPERATOR]),
        ([SAID, LATE, SAID], [LATE, SAID]),
        ([Quiet(), Quiet()], [Quiet()]),
        ([Quiet(), SAID], [SAID]),
        ([SAID, Quiet()], [SAID]),
    ],
)
async def test_what_waits(told: list[Happening], waits: list[Happening]) -> None:
    happenings = Happenings()
    for happening in told:
        happenings.tell(happening)
    assert happenings.keyed == any(isinstance(each, Keyed) for each in waits)
    assert await left(happenings) == waits


async def test_silence_before_we_spoke_is_forgotten() -> None:
    happenings = Happenings()
    happenings.tell(Quiet())
    happenings.forget_silence()
    assert await left(happenings) == []


async def test_who_waits_is_told() -> None:
    happenings = Happenings()
    waiting = asyncio.create_task(happenings.next())
    await asyncio.sleep(0)
    happenings.tell(GONE)
    assert await waiting == GONE
