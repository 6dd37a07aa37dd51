"""Engines that break under calls: the caller hears why, reaches a person, and nothing of the call remains."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from another import another, nothing_remains, side_by_side
from caller import RATE, Caller, World
from trouble import (
    QUESTION,
    engine_of,
    in_queue,
    until,
)

from bot.core.errors import FrontlineError
from bot.settings import ROOT, Voice
from voice.asr import SHIPPED
from voice.gateway import Gateway
from voice.ports import Manner
from voice.tts import Cached, Fallback, pieces
from voice.tts.espeak import open_espeak
from voice.tts.saying import WorkerEngine
from voice.tts.worker import Worker

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

WYOMING = """
import asyncio, sys
sys.path.insert(0, "tests/contracts")
from ears import wyoming_server

async def main():
    async with wyoming_server() as address:
        print(address, flush=True)
        await asyncio.sleep(1000)

asyncio.run(main())
"""


async def test_a_recogniser_that_breaks_is_said_and_a_person_helps(world: World) -> None:
    async with another(world) as broken:

        async def scene(caller: Caller) -> None:
            await caller.hears()
            caller.attend()
            await caller.begin(QUESTION)  # it is said while the caller speaks
            assert "не слышу" in await caller.hears()
            await in_queue(caller)
            assert await caller.events("handoff.requested")

        async def late(caller: Caller) -> None:
            await caller.hears()
            await caller.begin(" ".join([QUESTION] * 6))
            await asyncio.sleep(2.0)
            assert broken.gateway._means is not None
            await broken.gateway._means.recogniser.close()
            caller.attend()
            assert "не слышу" in await caller.hears()
            await in_queue(caller)

        await side_by_side(broken, {"within": late}, 201)
        await side_by_side(broken, {"after": scene}, 202)
        await nothing_remains(broken)


async def test_a_recogniser_that_dies_is_said_and_a_person_helps(world: World) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WYOMING, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        address = (await server.stdout.readline()).decode().strip()
        async with another(world, asr="wyoming", asr_model=address) as away:

            async def scene(caller: Caller) -> None:
                await caller.hears()
                await caller.begin("раз два три четыре пять шесть семь восемь девять десять")
                await asyncio.sleep(1.0)
                os.kill(server.pid, signal.SIGKILL)
                caller.attend()
                assert "не слышу" in await caller.hears()
                await in_queue(caller)

            await side_by_side(away, {"away": scene}, 203)
            await nothing_remains(away)
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


async def test_who_hangs_up_while_a_recogniser_thinks_leaves_no_connection(world: World) -> None:
    """The server says nothing: the call must not wait for it, nor keep its connection."""
    open_now: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        try:
            while await reader.read(65536):
                pass
        except ConnectionError:
            pass
        finally:
            open_now.discard(writer)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with another(world, asr="wyoming", asr_model=address) as slow:

        async def scene(caller: Caller) -> None:
            await caller.hears()
            await caller.say(QUESTION)
            await asyncio.sleep(1.2)  # the turn is over, the server is asked for the text
            assert len(open_now) == 1
            caller.hang_up()
            await caller.left()

        await side_by_side(slow, {"gone": scene}, 204)
        await until(lambda: not open_now)
        await nothing_remains(slow)
    server.close()


async def test_a_voice_killed_within_a_sentence_says_the_rest(world: World) -> None:
    async with another(world) as killed:

        async def scene(caller: Caller) -> None:
            await caller.hears()
            await caller.say(QUESTION)
            await caller.hears()
            worker = engine_of(killed).worker
            assert worker.pid is not None
            first = worker.pid
            os.kill(first, signal.SIGSTOP)  # so that it dies within a sentence
            await caller.say("первое")
            await until(lambda: worker._saying is not None)
            os.kill(first, signal.SIGKILL)
            mark = len(caller.line.heard)
            caller.attend()
            await caller.hears()
            heard = len(bytes(caller.line.heard[mark:]).strip(b"\0")) / 2 / RATE
            assert worker.pid not in {None, first}
            [*_, (author, text)] = await caller.said()
            assert author == "bot"
            words = killed.gateway._means.script.spoken(text, "ru")  # type: ignore[union-attr]
            whole = b"".join([piece async for piece in pieces(killed.voice, words, Manner(), RATE)])
            assert heard > 0.9 * min(len(whole) / 2 / RATE, 25.0) - 1.0
            assert not await caller.events("call.heard")
            assert not caller._call.done()

        await side_by_side(killed, {"killed": scene}, 205)


async def test_without_any_voice_the_caller_goes_to_the_queue(world: World) -> None:
    async with another(world) as mute:
        worker = engine_of(mute).worker
        await until(lambda: worker.problem is None)

        async def scene(caller: Caller) -> None:
            await caller.hears()
            worker._command = lambda: ["/bin/false"]
            assert worker.pid is not None
            os.kill(worker.pid, signal.SIGKILL)
            await caller.say(QUESTION)
            assert "оператор" in await caller.hears()  # kept on disk: no engine is needed for it
            await in_queue(caller)
            assert await caller.events("handoff.requested")

        await side_by_side(mute, {"mute": scene}, 206)
        assert "espeak" in str(mute.gateway.problem)
        assert not mute.gateway.takes_calls  # the dialplan asks a person from now on
        await nothing_remains(mute)


async def test_a_voice_in_reserve_is_enough_to_take_calls(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = WorkerEngine("dead", 22050, Worker("dead", lambda: ["/bin/false"]))
    reserve = open_espeak()
    folder = world.house.settings.data_dir / "voice" / "phrases-of-two"
    both = Cached(Fallback([dead, reserve]), dead, folder)
    monkeypatch.setattr("voice.gateway.open_synthesiser", lambda _: both)
    async with another(world) as worse:
        await until(lambda: worse.gateway.takes_calls)
        assert "dead" in str(worse.gateway.problem)

        async def scene(caller: Caller) -> None:
            assert "помо" in await caller.hears()

        await side_by_side(worse, {"reserve": scene}, 207)


@pytest.mark.parametrize("model", ["missing", "broken"])
async def test_without_a_model_no_calls_are_taken(world: World, tmp_path: Path, model: str) -> None:
    folder = tmp_path / "model"
    if model == "broken":
        shutil.copytree(SHIPPED, folder)
        (folder / "am" / "final.mdl").write_bytes(b"")
    settings = world.house.settings.model_copy(update={"voice": Voice(carriers="", asr_model=str(folder))})
    house = world.house
    gateway = Gateway(replace(house, settings=settings))
    with pytest.raises(FrontlineError) as raised:
        await gateway.start()
    assert raised.value.code == "model_broken"
    assert gateway.problem == "model_broken"
    assert not gateway.takes_calls
    pid = gateway._voice._engine._engines[0].worker.pid  # type: ignore[attr-defined]
    await gateway.stop()
    assert not gateway._thread.is_alive()
    assert pid is None or not Path(f"/proc/{pid}").exists()
    assert gateway._loop.is_closed()
