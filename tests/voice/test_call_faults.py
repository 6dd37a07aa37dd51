"""What goes wrong in calls: the caller hears why, reaches a person, and nothing of the call remains."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from another import another, nothing_remains, side_by_side, spoken
from caller import FRAME, PATIENCE_S, RATE, Caller, World, calling
from line import MemoryLine

from bot.core.errors import FrontlineError
from bot.settings import ROOT, Settings, Voice
from bot.web.metrics import Metrics
from bot.wiring import close_house, open_house
from tests.services import Postgres
from voice.asr import SHIPPED
from voice.audio import read_wav
from voice.call.recording import Recording
from voice.gateway import Gateway
from voice.ports import Incoming, Manner
from voice.tts import Cached, Fallback, pieces
from voice.tts.espeak import open_espeak
from voice.tts.saying import WorkerEngine
from voice.tts.worker import Worker

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]
QUESTION = "как погасить займ досрочно"
LONG_S = 150.0  # in which a call ends that is left to itself

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


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.02)


async def until_speaking(caller: Caller) -> None:
    """Until the other side says the next thing."""
    mark = len(caller.line.heard)
    await until(lambda: any(caller.line.heard[mark:]))


async def in_queue(caller: Caller) -> None:
    await asyncio.wait_for(asyncio.shield(caller._call), LONG_S)
    assert caller.line.left is not None
    assert caller.line.left.kind == "queue"


def engine_of(world: World) -> WorkerEngine:
    """What speaks in the calls of this world."""
    fallback = world.gateway._voice._engine
    assert isinstance(fallback, Fallback)
    engine = fallback._engines[0]
    assert isinstance(engine, WorkerEngine)
    return engine


def noise(seconds: float, level: int, seed: int) -> bytes:
    made = np.random.default_rng(seed).normal(0, level, int(seconds * RATE))
    return np.clip(made, -32768, 32767).astype("<i2").tobytes()


def music(seconds: float) -> bytes:
    """Chords of three notes with their overtones, two a second."""
    at = np.arange(int(seconds * RATE)) / RATE
    root = 220 * 2 ** (np.array([0, 5, 7, 3, 8, 10, 5, 0])[(at * 2).astype(int) % 8] / 12)
    sound = sum(
        np.sin(2 * np.pi * np.cumsum(root * step * over) / RATE) / over
        for step in (1, 1.26, 1.5)
        for over in (1, 2, 3)
    )
    return (sound * 3000 * (0.6 + 0.4 * np.exp(-6 * (at * 2 % 1)))).astype("<i2").tobytes()


async def plays(caller: Caller, sound: bytes) -> None:
    """Plays it again and again until the call is over."""
    while not caller._call.done():
        if len(caller._outgoing) < len(sound):
            caller._outgoing += sound
        await asyncio.sleep(0.5)


@asynccontextmanager
async def slow_turns(caller: Caller) -> AsyncIterator[None]:
    """Another turn of this caller's conversation is under way and does not end."""
    turns = await caller.world.house.turns()
    order = turns._order("phone", caller.line.incoming.caller)
    await caller.world.across(order.acquire())
    try:
        yield
    finally:
        caller.world.across._loop.call_soon_threadsafe(order.release)


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


async def ringing(_: Caller) -> None:
    pass


async def in_the_notice(caller: Caller) -> None:
    await until_speaking(caller)


async def in_the_greeting(caller: Caller) -> None:
    await until(lambda: len(caller.line.heard) > 5.5 * RATE * 2)


async def saying_something(caller: Caller) -> None:
    await caller.hears()
    await caller.begin(QUESTION)
    await asyncio.sleep(1.0)


async def while_it_is_recognised(caller: Caller) -> None:
    await caller.hears()
    await caller.say(QUESTION)
    await asyncio.sleep(0.55)


async def thinking(caller: Caller) -> None:
    await caller.hears()
    async with slow_turns(caller):
        await caller.say(QUESTION)
        await asyncio.sleep(0.9)
        caller.hang_up()
        await asyncio.sleep(0.5)


async def being_told_to_wait(caller: Caller) -> None:
    await caller.hears()
    async with slow_turns(caller):
        await caller.say(QUESTION)
        await until_speaking(caller)
        caller.hang_up()
        await asyncio.sleep(0.5)


async def in_an_answer(caller: Caller) -> None:
    await caller.hears()
    await caller.say("какой статус моей заявки")
    await until_speaking(caller)
    await asyncio.sleep(0.5)


async def interrupting(caller: Caller) -> None:
    """Our speech is held, and it is not yet known what for."""
    await caller.hears()
    await caller.say(QUESTION)
    await until_speaking(caller)
    await asyncio.sleep(1.0)
    await caller.begin("угу")
    mark = len(caller.line.heard)
    await until(
        lambda: len(caller.line.heard) > mark + 3 * FRAME and not any(caller.line.heard[-3 * FRAME :])
    )


async def asked_by_us(caller: Caller) -> None:
    await caller.hears()
    caller.press("0")
    assert "перезвонить" in await caller.hears()


async def keying(caller: Caller) -> None:
    await caller.hears()
    await caller.say("какой статус моей заявки")
    await until_speaking(caller)
    caller.press("12")
    await asyncio.sleep(0.3)


STATES = (
    ringing,
    in_the_notice,
    in_the_greeting,
    saying_something,
    while_it_is_recognised,
    thinking,
    being_told_to_wait,
    in_an_answer,
    interrupting,
    asked_by_us,
    keying,
)


async def test_who_hangs_up_in_any_state_leaves_a_call_that_ends(world: World) -> None:
    def gone_in(state: Callable[[Caller], Awaitable[None]]) -> Callable[[Caller], Awaitable[None]]:
        async def scene(caller: Caller) -> None:
            await state(caller)
            caller.hang_up()
            await caller.left()
            [over] = await caller.events("call.ended")
            assert over.data["step"] == "hangup"
            recording = world.house.settings.data_dir / "recordings" / over.data["recording"]
            assert recording.is_file()
            if state in {in_an_answer, interrupting}:  # the conversation knows that not all was heard
                assert await caller.events("call.heard")

        return scene

    before = await tasks(world)
    await side_by_side(world, {state.__name__: gone_in(state) for state in STATES}, 250)
    await nothing_remains(world)
    await until_same_tasks(world, before)


async def tasks(world: World) -> int:
    async def count() -> int:
        return len(asyncio.all_tasks())

    return await world.gateway.on_calls(count())


async def until_same_tasks(world: World, before: int) -> None:
    async with asyncio.timeout(20):
        while await tasks(world) > before:
            await asyncio.sleep(0.1)


async def test_two_calls_of_one_number_are_two_talks_of_one_conversation(world: World) -> None:
    async def played() -> None:
        async with calling(world, "+79000000270") as one, calling(world, "+79000000270") as other:
            await asyncio.gather(one.hears(), other.hears())

            async def asks(caller: Caller, text: str) -> str:
                await caller.say(text)
                return await caller.hears()

            heard = await asyncio.gather(asks(one, QUESTION), asks(other, "какой статус моей заявки"))
            assert all(heard)
            said = await one.said()
            assert [author for author, _ in said].count("bot") == 2
            assert {text for author, text in said if author == "customer"} == {
                QUESTION,
                "какой статус моей заявки",
            }
            one.hang_up()
            other.hang_up()
            await asyncio.gather(one.left(), other.left())
            assert len(await one.events("call.ended")) == 2

    await world.gateway.on_calls(played())
    await nothing_remains(world)


async def test_a_slow_answer_is_filled_and_one_that_never_comes_is_a_persons(world: World) -> None:
    async def slow(caller: Caller) -> None:
        await caller.hears()
        async with slow_turns(caller):
            await caller.say(QUESTION)
            assert "секунду" in await caller.hears()
        caller.attend()
        assert "нажмите" in await caller.hears()

    async def never(caller: Caller) -> None:
        await caller.hears()
        async with slow_turns(caller):
            await caller.say(QUESTION)
            await in_queue(caller)

    await side_by_side(world, {"slow": slow, "never": never}, 280)
    await nothing_remains(world)


async def test_a_recording_that_cannot_be_written_does_not_end_the_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full from the first byte on."""
    begin = Recording.__init__

    def on_a_full_disk(self: Recording, folder: Path, call: str, rate: int, begun: float) -> None:
        begin(self, folder, call, rate, begun)
        for side in self._sides:
            side._file.close()
            side._file = Path("/dev/full").open("r+b", buffering=0)  # noqa: SIM115 - the side closes it

    monkeypatch.setattr(Recording, "__init__", on_a_full_disk)

    async def scene(caller: Caller) -> None:
        assert "помо" in await caller.hears()
        await caller.say(QUESTION)
        assert "нажмите" in await caller.hears()
        caller.hang_up()
        await caller.left()
        [over] = await caller.events("call.ended")
        assert "recording" not in over.data

    await side_by_side(world, {"full": scene}, 290)
    monkeypatch.undo()
    await nothing_remains(world)


async def test_a_hundred_calls_on_a_limit_of_twenty(world: World) -> None:
    """Each is talked to by the robot, or is told that all are busy and goes to the queue."""
    async with another(world, max_calls=20) as full:

        async def call(number: int) -> tuple[bool, MemoryLine]:
            line = MemoryLine(Incoming(f"hundred-{number}", "memory", RATE, caller=f"+7900001{number:04}"))
            answered = asyncio.create_task(full.gateway.answer(line))
            await until(lambda: any(line.heard) or answered.done())
            await asyncio.wait([answered], timeout=20)
            talks = not answered.done()
            line.hang_up()
            await asyncio.wait_for(answered, LONG_S)
            await line.close()
            return talks, line

        async def all_at_once() -> list[tuple[bool, MemoryLine]]:
            return await asyncio.gather(*map(call, range(100)))

        outcomes = await full.gateway.on_calls(all_at_once())
        talked = [line for talks, line in outcomes if talks]
        busy = [line for talks, line in outcomes if not talks]
        assert len(talked) == 20
        assert len(busy) == 80
        assert all(any(line.heard) for line in (*talked, *busy))
        assert {(line.left.kind, line.left.topic) for line in busy if line.left} == {("queue", "busy")}
        assert all(line.left for line in busy)
        listening = world.ears.listen(RATE)
        await listening.feed(bytes(busy[-1].heard))
        assert "оставайтесь на линии" in (await listening.finish()).text
        await nothing_remains(full)


async def test_without_the_database_the_caller_hears_of_it_and_goes_to_the_queue(
    postgres: Postgres, postgres_url: str, tmp_path: Path, world: World
) -> None:
    articles = tmp_path / "articles"
    shutil.copytree(ROOT / "knowledge_base" / "articles" / "card", articles / "card")
    settings = Settings(
        data_dir=tmp_path / "house", articles=articles, database_url=postgres_url, voice=Voice(carriers="")
    )
    running = await open_house(settings, Metrics())
    try:
        await running.house.opened.wait()
        async with another(replace(world, house=running.house)) as away:

            async def within(caller: Caller) -> None:
                await caller.hears()
                await asyncio.to_thread(postgres.stop)
                try:
                    await caller.say(QUESTION)
                    assert "оператор" in await caller.hears()
                    await in_queue(caller)
                    await away.gateway.on_calls(asyncio.sleep(0))
                finally:
                    caller.hang_up()

            async def before(caller: Caller) -> None:
                assert "оператор" in await caller.hears()
                await in_queue(caller)
                assert caller.line.left is not None
                assert caller.line.left.conversation_id == ""

            async def scenes() -> None:
                async with calling(away, "+79000000300") as caller:
                    await within(caller)
                async with calling(away, "+79000000301") as caller:
                    await before(caller)

            try:
                await away.gateway.on_calls(scenes())
            finally:
                await asyncio.to_thread(postgres.start)
            await nothing_remains(away)
    finally:
        await close_house(running)
