"""What every engine that speaks promises, whatever the text and whatever happens to its process."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from bot.core.errors import FrontlineError
from bot.settings import Settings, Voice
from tests.voices import COQUI_VENV, coqui_voice, piper_voice
from voice.audio import loudness, samples
from voice.ports import Manner
from voice.tts import open_engine, pieces
from voice.tts.saying import WorkerEngine
from voice.tts.sentences import sentences

pytestmark = pytest.mark.asyncio(loop_scope="module")

GREETING = "Здравствуйте, это робот компании. Разговор записывается. Чем могу помочь?"
NOTHING = ["", " ", "…!?", "🙂🙂", "\x00\n", "«—»", "+"]
FOREIGN = [
    "漢字を読む。",
    "مرحبا بالعالم",
    "Please hold the line.",
    "за\u0301мок и за+мок",
    "<b>[[xyz]]</b> {}",
    "\ud800ы",
]


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=["espeak", "piper", pytest.param("coqui", marks=pytest.mark.slow)],
)
async def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[WorkerEngine]:
    folder = tmp_path_factory.mktemp("voice")
    make = {"espeak": lambda _: "", "piper": piper_voice, "coqui": coqui_voice}[request.param]
    settings = Settings(data_dir=folder, voice=Voice(coqui_venv=COQUI_VENV))
    opened = open_engine(request.param, str(make(folder / "model")), settings)
    assert isinstance(opened, WorkerEngine)
    yield opened
    await opened.close()


async def said(engine: WorkerEngine, text: str, manner: Manner = Manner()) -> bytes:
    return b"".join([piece async for piece in engine.speak(text, manner)])


async def test_speaks_whole_samples_that_can_be_heard(engine: WorkerEngine) -> None:
    pcm = await said(engine, GREETING)
    assert len(pcm) % 2 == 0
    assert len(pcm) > engine.rate  # half a second
    assert loudness(pcm) > -40
    assert engine.problem is None


async def test_speaks_at_the_rate_of_the_line(engine: WorkerEngine) -> None:
    own = len(await said(engine, GREETING)) / engine.rate
    line = len(b"".join([piece async for piece in pieces(engine, GREETING, Manner(), 8000)])) / 8000
    assert line == pytest.approx(own, rel=0.1)  # an engine may vary what it says


@pytest.mark.parametrize("text", NOTHING)
async def test_nothing_to_say_is_no_sound(engine: WorkerEngine, text: str) -> None:
    assert await said(engine, text) == b""


@pytest.mark.parametrize("text", FOREIGN)
async def test_a_text_it_cannot_say_leaves_it_able_to_speak(engine: WorkerEngine, text: str) -> None:
    outcome = await asyncio.gather(said(engine, text), return_exceptions=True)
    if isinstance(outcome[0], BaseException):
        assert isinstance(outcome[0], FrontlineError)
        assert outcome[0].code == "tts_failed"
        assert text not in outcome[0].message
    assert await said(engine, "Добрый день.")


async def test_10_000_characters_come_in_pieces(engine: WorkerEngine) -> None:
    text = "Платёж по договору вносится ежемесячно, не позднее указанного числа. " * 145
    begun, heard = 0, 0
    async for piece in engine.speak(text, Manner()):
        begun += 1
        heard += len(piece)
    assert begun >= len(sentences(text)) == 145
    assert heard > 145 * engine.rate / 10
    short = "слово" * 2000
    assert await said(engine, short)


async def test_what_is_left_early_is_not_made(engine: WorkerEngine) -> None:
    async with aclosing(engine.speak(GREETING * 50, Manner())) as speaking:
        async for _ in speaking:
            break
    assert await said(engine, "Слушаю вас.")


async def test_several_calls_speak_at_once(engine: WorkerEngine) -> None:
    alone = len(await said(engine, GREETING))
    together = await asyncio.gather(*(said(engine, GREETING) for _ in range(5)))
    assert [len(pcm) for pcm in together] == [pytest.approx(alone, rel=0.1)] * 5


async def test_manner(engine: WorkerEngine) -> None:
    plain = await said(engine, GREETING)
    slow = await said(engine, GREETING, Manner(speed=0.6))
    assert len(slow) > len(plain) * 1.2
    loud, quiet = (
        await said(engine, GREETING, Manner(volume=2)),
        await said(engine, GREETING, Manner(volume=0.25)),
    )
    assert loudness(loud) > loudness(plain) + 1 > loudness(quiet) + 7
    assert abs(samples(quiet)).max() < abs(samples(plain)).max() / 3
    assert await said(engine, "Привет, добрый день", Manner(locale="en"))


async def test_killed_in_mid_sentence_it_says_so_and_speaks_again(engine: WorkerEngine) -> None:
    await said(engine, "Да.")
    before = engine.worker.pid
    assert before is not None

    async def killed() -> None:
        async for _ in engine.speak(GREETING * 20, Manner()):
            if engine.worker.pid == before:
                os.kill(before, signal.SIGKILL)

    with pytest.raises(FrontlineError) as broken:
        await killed()
    assert broken.value.code == "tts_away"
    assert broken.value.retryable
    assert await said(engine, "Да.")
    assert engine.worker.pid not in (None, before)


async def test_killed_in_silence_it_speaks_again(engine: WorkerEngine) -> None:
    await said(engine, "Да.")
    assert engine.worker.pid is not None
    os.kill(engine.worker.pid, signal.SIGKILL)
    while engine.problem is None:
        await asyncio.sleep(0.01)
    assert await said(engine, "Да.")


async def test_one_that_hangs_is_ended(engine: WorkerEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    await said(engine, "Да.")
    assert engine.worker.pid is not None
    monkeypatch.setattr("voice.tts.worker.SENTENCE_S", 0.5)
    os.kill(engine.worker.pid, signal.SIGSTOP)
    with pytest.raises(FrontlineError, match="it hangs"):
        await said(engine, "Да.")
    monkeypatch.undo()
    assert await said(engine, "Да.")
