"""Sound that is no speech, and keys without end: the call goes on, or ends at a person."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import pytest
from another import another, nothing_remains, side_by_side, spoken
from caller import FRAME, RATE, Caller, World
from trouble import (
    QUESTION,
    in_queue,
    music,
    noise,
    plays,
)

from voice.audio import read_wav

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def test_sound_in_any_pieces_is_understood(world: World) -> None:
    sound = await spoken(world, QUESTION)

    def chopped(sizes: Callable[[], int]) -> Callable[[Caller], Awaitable[None]]:
        async def scene(caller: Caller) -> None:
            await caller.hears()
            caller._mouth.cancel()
            caller.attend()
            at, begun = 0, time.monotonic()
            while at < len(sound):
                size = sizes()
                caller.line.say(sound[at : at + size])
                at += size
                await asyncio.sleep(max(0.0, begun + at / 2 / RATE - time.monotonic()))
            for _ in range(75):
                caller.line.say(bytes(FRAME))
                await asyncio.sleep(0.02)
            assert "нажмите" in await caller.hears()
            assert (await caller.said())[0] == ("customer", QUESTION)
            caller.hang_up()
            await caller.left()
            [over] = await caller.events("call.ended")
            file = world.house.settings.data_dir / "recordings" / over.data["recording"]
            pcm, _ = read_wav(file)
            kept = world.ears.listen(RATE)
            await kept.feed(pcm)
            assert "займ" in (await kept.finish()).text

        return scene

    dice = random.Random(1)
    await side_by_side(
        world,
        {
            "half frames": chopped(lambda: FRAME // 2),
            "odd": chopped(lambda: 333),
            "any": chopped(lambda: dice.choice([2, 7, 160, 321, 640, 1999])),
        },
        210,
    )
    await nothing_remains(world)


async def test_garbage_in_sound_leaves_a_call_that_works(world: World) -> None:
    dice = random.Random(2)

    def thrown(*garbage: bytes) -> Callable[[Caller], Awaitable[None]]:
        async def scene(caller: Caller) -> None:
            await caller.hears()
            for piece in garbage:
                caller.line.say(piece)
                await asyncio.sleep(0.01)
            await asyncio.sleep(3.0)
            caller.press("0")
            assert "перезвонить" in await caller.hears()

        return scene

    await side_by_side(
        world,
        {
            "nothing": thrown(*[b""] * 100),
            "single bytes": thrown(*[b"\x7f"] * 333),
            "random": thrown(*[dice.randbytes(320) for _ in range(150)]),
            "ten seconds at once": thrown(noise(10.0, 6000, 1)),
            "twice the rate": thrown(*[music(0.04) for _ in range(100)]),
        },
        220,
    )
    await nothing_remains(world)


async def test_who_cannot_be_understood_reaches_a_person(world: World) -> None:
    """Silence, noise, music and a machine that talks on; a caller who says yes to everything."""
    async with another(world, turn_cap_s=5, call_cap_s=60) as short:
        monologue = await spoken(
            world,
            "Здравствуйте, сейчас я не могу ответить на ваш звонок. Оставьте сообщение после сигнала, "
            "я перезвоню вам позже. Спасибо за звонок и хорошего вам дня.",
        )
        yes = await spoken(world, "да") + bytes(RATE * 2 * 3)

        def heard(sound: bytes) -> Callable[[Caller], Awaitable[None]]:
            async def scene(caller: Caller) -> None:
                playing = asyncio.create_task(plays(caller, sound))
                await in_queue(caller)
                playing.cancel()
                assert await caller.events("handoff.requested")
                assert len(await caller.events("call.ended")) == 1

            return scene

        await side_by_side(
            short,
            {
                "silence": heard(bytes(RATE)),
                "white noise": heard(noise(5.0, 3000, 3)),
                "faint noise": heard(noise(5.0, 100, 4)),
                "music": heard(music(30.0)),
                "machine": heard(monologue),
                "yes to everything": heard(yes),
            },
            230,
        )
        await nothing_remains(short)


async def test_a_flood_of_keys_does_not_keep_the_call_from_what_comes_after(world: World) -> None:
    dice = random.Random(3)

    def flooded(keys: str) -> Callable[[Caller], Awaitable[None]]:
        async def scene(caller: Caller) -> None:
            await caller.hears()
            caller.press(keys)
            await asyncio.sleep(1.0)
            caller.press("0")
            assert "перезвонить" in await caller.hears()
            assert len(await caller.events("turn")) < 40

        return scene

    async def gone(caller: Caller) -> None:
        await caller.hears()
        caller.press("12" * 500)
        await asyncio.sleep(0.5)
        caller.hang_up()
        await caller.left()
        assert len(await caller.events("turn")) < 40

    keys = "".join(dice.choice("123456789*#ABCD") for _ in range(1000))
    await side_by_side(world, {"one": flooded("1" * 1000), "any": flooded(keys), "gone": gone}, 240)
    await nothing_remains(world)
