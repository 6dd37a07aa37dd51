"""What every recogniser promises: the text so far, words with their times, and nothing left behind."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from ears import bursts, quiet, t_one, tone, transducer, wyoming_server

from bot.core.errors import FrontlineError
from bot.settings import Voice
from voice.asr import SHIPPED, load, open_recogniser
from voice.audio import read_wav, resampled
from voice.ports import Heard, Recogniser

SPOKEN = Path(__file__).parent.parent / "speech"
ENGINES = ("vosk", "t_one", "transducer", "wyoming")


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Recogniser]:
    recogniser: Recogniser
    if kind == "wyoming":
        async with wyoming_server() as address:
            recogniser = open_recogniser(Voice(asr="wyoming", asr_model=address), folder)
            try:
                yield recogniser
            finally:
                await recogniser.close()
        return
    if kind == "vosk":
        recogniser = load("vosk", SHIPPED)
    else:
        recogniser = load("sherpa_onnx", {"t_one": t_one, "transducer": transducer}[kind](folder))
    try:
        yield recogniser
    finally:
        await recogniser.close()


@pytest.fixture(params=ENGINES)
async def recogniser(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Recogniser]:
    async with opened(request.param, tmp_path) as engine:
        yield engine


def speech(recogniser: Recogniser, rate: int) -> tuple[bytes, str]:
    """What this engine understands, and as what."""
    if recogniser.name.startswith("vosk"):
        pcm, given = read_wav(SPOKEN / "certificate.wav")
        return resampled(pcm, given, rate), "справка"
    return bursts(1, rate), "да"


async def heard(recogniser: Recogniser, pcm: bytes, rate: int, step: int = 1920) -> tuple[list[str], Heard]:
    listening = recogniser.listen(rate)
    texts = [await listening.feed(pcm[at : at + step]) for at in range(0, len(pcm), step)]
    return texts, await listening.finish()


@pytest.mark.parametrize("rate", [8000, 16000, 11025, 44100, 48000])
async def test_any_rate(recogniser: Recogniser, rate: int) -> None:
    pcm, word = speech(recogniser, rate)
    _, result = await heard(recogniser, pcm, rate)
    assert word in result.text.split()


async def test_words_have_times_in_order_and_confidence(recogniser: Recogniser) -> None:
    pcm, _ = speech(recogniser, 8000)
    _, result = await heard(recogniser, pcm, 8000)
    assert 0 <= result.confidence <= 1
    if recogniser.name.startswith("wyoming"):
        assert result.words == ()  # the protocol has none
        return
    assert " ".join(word.text for word in result.words) == result.text
    assert all(0 <= word.confidence <= 1 for word in result.words)
    edges = [at for word in result.words for at in (word.start, word.end)]
    assert edges == sorted(edges)
    assert 0 < edges[0] < edges[-1] <= len(pcm) / 16000 + 0.1


async def test_the_text_so_far_grows(recogniser: Recogniser) -> None:
    pcm, word = speech(recogniser, 8000)
    listening = recogniser.listen(8000)
    texts = []
    for at in range(0, len(pcm) + 32000, 1600):
        texts.append(await listening.feed(pcm[at : at + 1600] or quiet(0.1)))
        await asyncio.sleep(0)  # a server answers through the loop
    assert texts[0] == ""
    for _ in range(100):
        if word in texts[-1].split():
            break
        await asyncio.sleep(0.01)
        texts.append(await listening.feed(quiet(0.02)))
    assert word in texts[-1].split()
    assert word in (await listening.finish()).text.split()


@pytest.mark.parametrize(
    "pcm", [b"", b"\0", quiet(0.5), quiet(3.0)], ids=["nothing", "half", "short", "long"]
)
async def test_silence_is_no_text(recogniser: Recogniser, pcm: bytes) -> None:
    listening = recogniser.listen(8000)
    assert await listening.feed(pcm) == ""
    assert (await listening.finish()).text == ""


async def test_finished_without_a_sound(recogniser: Recogniser) -> None:
    assert (await recogniser.listen(8000).finish()).text == ""


async def test_halves_of_samples_are_joined(recogniser: Recogniser) -> None:
    pcm, word = speech(recogniser, 8000)
    _, result = await heard(recogniser, pcm, 8000, step=1601)
    assert word in result.text.split()


async def test_a_grammar_is_used_or_ignored(recogniser: Recogniser) -> None:
    listening = recogniser.listen(8000, grammar=["Да!", "нет", "", "…"])
    await listening.feed(speech(recogniser, 8000)[0])
    assert set((await listening.finish()).text.split()) <= {"да", "нет"}


@pytest.mark.parametrize("fed", [False, True])
async def test_abandoned_before_and_after_a_sound(recogniser: Recogniser, fed: bool) -> None:
    listening = recogniser.listen(8000)
    if fed:
        await listening.feed(speech(recogniser, 8000)[0])
    await listening.abandon()
    await listening.abandon()
    for over in (listening.feed(b"\0\0"), listening.finish()):
        with pytest.raises(FrontlineError) as caught:
            await over
        assert caught.value.code == "utterance_over"
    pcm, word = speech(recogniser, 8000)
    assert word in (await heard(recogniser, pcm, 8000))[1].text.split()


async def test_abandoned_while_it_decodes(recogniser: Recogniser) -> None:
    """The caller goes on at once; what a thread has begun disturbs nobody."""
    pcm, word = speech(recogniser, 8000)
    for begun in (0, 1, 3):
        listening = recogniser.listen(8000)
        feeding = asyncio.create_task(listening.feed(pcm * 10))
        for _ in range(begun):
            await asyncio.sleep(0)
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        await listening.abandon()
    listening = recogniser.listen(8000)
    await listening.feed(pcm)
    finishing = asyncio.create_task(listening.finish())
    await asyncio.sleep(0)
    finishing.cancel()
    await asyncio.gather(finishing, return_exceptions=True)
    await listening.abandon()
    assert word in (await heard(recogniser, pcm, 8000))[1].text.split()


async def test_a_caller_that_stopped_waiting_may_go_on(recogniser: Recogniser) -> None:
    """What was fed is in order though nobody waited for it."""
    pcm, word = speech(recogniser, 8000)
    listening = recogniser.listen(8000)
    half = len(pcm) // 4 * 2
    feeding = asyncio.create_task(listening.feed(pcm[:half]))
    await asyncio.sleep(0.05)
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)
    await listening.feed(pcm[half:])
    assert word in (await listening.finish()).text.split()


async def test_many_at_once_do_not_mix(recogniser: Recogniser) -> None:
    """More utterances than threads: each has its own text, silence among them too."""
    pcm, word = speech(recogniser, 8000)
    spoken = [heard(recogniser, pcm, 8000) for _ in range(12)]
    silent = [heard(recogniser, quiet(2.0), 8000) for _ in range(12)]
    results = [result.text.split() for _, result in await asyncio.gather(*spoken, *silent)]
    assert all(word in result for result in results[:12])
    assert results[12:] == [[]] * 12


@pytest.mark.parametrize("kind", ENGINES[:3])
async def test_the_loop_goes_on_while_it_decodes(kind: str, tmp_path: Path) -> None:
    """An engine that kept the interpreter lock would let no other task run until it is done."""
    async with opened(kind, tmp_path) as recogniser:
        listening = recogniser.listen(8000)
        feeding = asyncio.create_task(listening.feed(tone(30.0)))
        turns = 0
        while not feeding.done():
            await asyncio.sleep(0)
            turns += 1
        await listening.abandon()
        assert turns > 20


async def test_closed(recogniser: Recogniser) -> None:
    listening = recogniser.listen(8000)
    await recogniser.close()
    await recogniser.close()
    with pytest.raises(FrontlineError) as caught:
        recogniser.listen(8000)
    assert caught.value.code == "recogniser_closed"
    if not recogniser.name.startswith("wyoming"):  # an open connection lives on
        with pytest.raises(FrontlineError) as caught:
            await listening.feed(quiet(0.1))
        assert caught.value.code == "recogniser_closed"
    await listening.abandon()


@pytest.mark.parametrize("kind", ENGINES)
async def test_a_thousand_utterances_leave_nothing(kind: str, tmp_path: Path) -> None:
    """Finished, abandoned and cancelled ones; threads, open files and memory stay as they were."""

    async def utterance(engine: Recogniser, number: int) -> None:
        listening = engine.listen(8000, grammar=["да", "нет"] if number % 2 else ())
        feeding = asyncio.create_task(listening.feed(sound))
        if number % 3 == 0:
            await asyncio.sleep(0)
            feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        if number % 3 == 1:
            await listening.finish()
        await listening.abandon()

    sound = tone(0.1)
    before = threading.active_count()
    async with opened(kind, tmp_path) as engine:
        for number in range(200):
            await utterance(engine, number)
        memory, files = resident(), open_files()
        for number in range(1000):
            await utterance(engine, number)
        # An object of 100 kB leaked per utterance would be 100 MB.
        assert resident() - memory < 40_000_000
        assert open_files() <= files + 4
    for _ in range(100):
        if threading.active_count() <= before + 1:  # the loop's own executor may have a thread now
            break
        time.sleep(0.01)
    assert threading.active_count() <= before + 1


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
