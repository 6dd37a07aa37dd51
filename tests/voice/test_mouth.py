"""Speaking: held, resumed and dropped, and how much of it was heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from line import MemoryLine

from bot.core.errors import FrontlineError
from voice.call.mouth import AGAIN_S, Mouth
from voice.ports import Manner

RATE, SECONDS = 8000, 1.0  # of each sentence


async def speak(text: str, manner: Manner, rate: int) -> AsyncIterator[bytes]:
    """A second of a level of its own for each sentence, in pieces; one that is to fail, fails."""
    if text == "сбой":
        raise FrontlineError("synthesiser_failed", "broken")
    level = int(text.split(maxsplit=1)[0]).to_bytes(2, "little")
    for _ in range(10):
        await asyncio.sleep(0)
        yield level * int(rate * SECONDS / 10)


def levels(line: MemoryLine) -> list[int]:
    """What was heard, as the levels that followed one another."""
    found: list[int] = []
    for at in range(0, len(line.heard) - 1, 2):
        level = int.from_bytes(line.heard[at : at + 2], "little")
        if level and (not found or found[-1] != level):
            found.append(level)
    return found


class Told:
    def __init__(self) -> None:
        self.happened: list[str] = []

    def started(self, text: str) -> None:
        self.happened.append(f"started {text}")

    def finished(self) -> None:
        self.happened.append("finished")


@pytest.fixture
async def line() -> AsyncIterator[MemoryLine]:
    line = MemoryLine(pace=20)
    yield line
    await line.close()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def mouth(line: MemoryLine, told: Told) -> Mouth:
    return Mouth(line, speak, None, on_started=told.started, on_finished=told.finished)


async def until_heard(line: MemoryLine, level: int) -> None:
    async with asyncio.timeout(10):
        while level not in levels(line):
            await asyncio.sleep(0.005)


async def test_all_is_heard_in_order(mouth: Mouth, line: MemoryLine, told: Told) -> None:
    spoken = await mouth.say(["1 раз", "2 два"])
    assert (spoken.text, spoken.complete) == ("1 раз 2 два", True)
    assert levels(line) == [1, 2]
    assert told.happened == ["started 1 раз 2 два", "finished"]
    sound = [line.heard[at : at + 2] for at in range(0, len(line.heard), 2)]
    assert sum(each != b"\x00\x00" for each in sound) == 2 * RATE * SECONDS


async def test_what_was_held_goes_on_where_it_stopped(mouth: Mouth, line: MemoryLine) -> None:
    saying = asyncio.create_task(mouth.say(["1", "2", "3"]))
    await until_heard(line, 2)
    await mouth.hold()
    before = len(line.heard)
    await asyncio.sleep(0.1)
    assert not any(line.heard[before + 640 :])  # silence, but for the frame that was under way
    await mouth.resume()
    assert (await saying).complete
    assert levels(line)[-1] == 3
    sound = sum(line.heard[at : at + 2] != b"\x00\x00" for at in range(0, len(line.heard), 2)) / RATE
    assert 3 * SECONDS - 0.05 <= sound <= 3 * SECONDS + AGAIN_S + 0.05


async def test_what_was_dropped_is_known_by_words(mouth: Mouth, line: MemoryLine, told: Told) -> None:
    saying = asyncio.create_task(mouth.say(["1 раз два три", "2 четыре пять шесть", "3 семь"]))
    await until_heard(line, 2)
    await mouth.drop()
    spoken = await saying
    assert not spoken.complete
    assert spoken.text.startswith("1 раз два три")
    assert "семь" not in spoken.text
    assert "finished" not in told.happened
    assert (await mouth.say(["4"])).complete


async def test_nothing_to_say_is_said_at_once(mouth: Mouth, told: Told) -> None:
    spoken = await mouth.say([])
    assert (spoken.text, spoken.complete, spoken.first_sound) == ("", True, None)
    assert told.happened == []


async def test_a_voice_that_breaks_is_an_error_after_what_was_said(mouth: Mouth, line: MemoryLine) -> None:
    with pytest.raises(FrontlineError) as raised:
        await mouth.say(["1", "сбой", "2"])
    assert raised.value.code == "synthesiser_failed"
    assert levels(line) == [1]


async def test_a_caller_who_hangs_up_ends_the_speech(mouth: Mouth, line: MemoryLine) -> None:
    saying = asyncio.create_task(mouth.say(["1"] * 30))
    await until_heard(line, 1)
    line.hang_up()
    async with asyncio.timeout(10):
        await saying
