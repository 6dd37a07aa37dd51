"""More gateways over the house of a run, each with its settings, and scenes that are played side by side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from caller import RATE, Caller, World, calling

from bot.settings import Voice
from voice.gateway import Gateway
from voice.ports import Manner
from voice.tts import open_engine, pieces

Scene = Callable[[Caller], Awaitable[None]]


@asynccontextmanager
async def another(world: World, **voice: object) -> AsyncIterator[World]:
    """The same house on the telephone once more; what is recorded lies in the same folder."""
    settings = world.house.settings
    own = Voice.model_validate({"carriers": "", "record": True, "max_calls": 40, **voice})
    house = replace(world.house, settings=settings.model_copy(update={"voice": own}))
    gateway = Gateway(house)
    await gateway.start()
    speaker = open_engine("espeak", "", settings)
    try:
        yield replace(world, house=house, gateway=gateway, voice=speaker)
    finally:
        await gateway.on_calls(speaker.close())
        await gateway.stop()


async def side_by_side(world: World, scenes: Mapping[str, Scene], first: int) -> None:
    """Each scene with a caller of its own, numbered from `first`; raises for those that failed, by name."""

    async def played(number: int, scene: Scene) -> str:
        async with calling(world, f"+7900{number:07}") as caller:
            try:
                await scene(caller)
            except Exception as error:
                events = "\n".join(map(str, await caller.events()))
                return f"{type(error).__name__}: {error}\nheard: {await caller.words()}\n{events}"
        return ""

    async def all_played() -> list[str]:
        return await asyncio.gather(*(played(n, scene) for n, scene in enumerate(scenes.values(), first)))

    failed = {
        name: why for name, why in zip(scenes, await world.gateway.on_calls(all_played()), strict=True) if why
    }
    assert not failed, "\n\n".join(f"== {name}: {why}" for name, why in failed.items())


async def spoken(world: World, text: str) -> bytes:
    """The sound of a text in the callers' voice."""

    async def said() -> bytes:
        return b"".join([piece async for piece in pieces(world.voice, text, Manner(), RATE)])

    return await world.gateway.on_calls(said())


async def nothing_remains(world: World) -> None:
    """No call is counted, and no recording was left half made."""
    async with asyncio.timeout(20):
        while world.gateway.calls:
            await asyncio.sleep(0.05)
    folder = world.house.settings.data_dir / "recordings"
    assert [file.name for file in folder.glob("*") if file.suffix != ".wav"] == []
