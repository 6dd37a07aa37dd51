"""A thousand calls, hung up at moments drawn by chance: nothing of them remains."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from another import another, nothing_remains, spoken
from caller import FRAME, RATE, World
from line import MemoryLine

from bot.store.sqlite import READERS
from voice.call.call import Call
from voice.call.ear import Ear
from voice.call.mouth import Mouth
from voice.call.recording import Recording
from voice.call.senses import Senses
from voice.ports import Incoming

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]
CALLS, AT_ONCE, WARM = 1400, 25, 400  # memory of the first hundreds is what allocators keep
LONGEST_S = 2.5
OF_A_CALL = (Call, Senses, Ear, Mouth, Recording, MemoryLine)
MOST_MORE = (
    30 << 10
)  # bytes of memory per call: a tenth of a second of kept sound is 1,600, a call has 100 kB
MOST_BLOCKS = 20  # of Python per call: one kept task with its frames has as many
GENTLY_S = 60.0
PHRASES = ("как погасить займ досрочно", "какой статус моей заявки", "угу", "соедините с оператором", "да")


async def life(world: World, number: int, dice: random.Random, sounds: list[bytes]) -> None:
    """One call on a line that plays fast, so that its short life sees notice, greeting and answers."""
    line = MemoryLine(
        Incoming(f"soak-{number}", "memory", RATE, caller=f"+7900002{dice.randrange(200):04}"), pace=8.0
    )
    call = asyncio.create_task(world.gateway.answer(line))
    sound, left = b"", dice.uniform(0.0, LONGEST_S)
    for step in range(int(left / 0.1)):
        if step % 8 == 4:
            match dice.randrange(4):
                case 0:
                    line.press(dice.choice("0123456789*#"))
                case 1 | 2:
                    sound = dice.choice(sounds)
                case _:
                    sound = dice.randbytes(FRAME * dice.randrange(1, 30))
        line.say(sound[: 5 * FRAME].ljust(5 * FRAME, b"\0"))
        sound = sound[5 * FRAME :]
        await asyncio.sleep(0.1)
    await asyncio.sleep(left % 0.1)
    line.hang_up()
    await asyncio.wait_for(call, GENTLY_S)
    await line.close()


def resident() -> int:
    """Bytes of memory that the process holds, without what its allocator keeps for later (here 180 MB)."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def opened() -> Counter[str]:
    """What the open files are, by kind and name without numbers."""
    found: Counter[str] = Counter()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found[str(entry.readlink()).split(":")[0]] += 1
        except FileNotFoundError:  # of this very listing
            continue
    return found


async def open_readers(world: World) -> None:
    """Every connection to the database that reads; a rush would open the last ones later."""
    database = world.house.store._database
    await asyncio.gather(*(database.read(lambda _: time.sleep(0.2)) for _ in range(READERS)))


def kept() -> Counter[str]:
    gc.collect()
    return Counter(type(each).__name__ for each in gc.get_objects() if isinstance(each, OF_A_CALL))


async def test_a_thousand_calls_leave_nothing(world: World) -> None:
    async with another(world, max_calls=AT_ONCE) as soaked:
        sounds = [await spoken(world, phrase) for phrase in PHRASES]
        numbers = iter(range(CALLS))

        async def one_after_another(line: int, last: int) -> None:
            for number in numbers:
                await life(soaked, number, random.Random(number), sounds)
                if number >= last - AT_ONCE:
                    return

        async def calls(last: int) -> None:
            await asyncio.gather(*(one_after_another(line, last) for line in range(AT_ONCE)))

        async def running() -> Counter[str]:
            own = asyncio.current_task()
            return Counter(
                str(task.get_coro().__qualname__) for task in asyncio.all_tasks() if task is not own
            )

        async def settled(idle: Counter[str]) -> None:
            """Until no more runs than when idle, once the answers that callers left behind are given."""
            await nothing_remains(soaked)
            await (await world.house.turns()).drain()
            async with asyncio.timeout(GENTLY_S):
                while not (left := await soaked.gateway.on_calls(running())) <= idle:
                    print("still runs:", left - idle)
                    await asyncio.sleep(1.0)

        await open_readers(world)
        idle = await soaked.gateway.on_calls(running())
        await soaked.gateway.on_calls(calls(WARM))
        await settled(idle)
        files, threads, before = opened(), threading.active_count(), kept()
        memory, blocks = resident(), sys.getallocatedblocks()
        await soaked.gateway.on_calls(calls(CALLS))
        assert next(numbers, None) is None
        await settled(idle)
        assert kept() <= before
        assert opened() <= files, opened() - files
        assert threading.active_count() <= threads
        more, new = (
            (resident() - memory) / (CALLS - WARM),
            (sys.getallocatedblocks() - blocks) / (CALLS - WARM),
        )
        print(f"{memory >> 20} MB after {WARM} calls; {more:.0f} bytes and {new:.1f} blocks more per call")
        assert more < MOST_MORE
        assert new < MOST_BLOCKS
        assert soaked.gateway._calls == 0
