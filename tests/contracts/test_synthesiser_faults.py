"""The voice as a call has it: heard, broken voices, fallback, what is kept, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
import vosk

from bot.core.errors import FrontlineError
from bot.settings import Settings, Voice
from tests.conftest import ROOT
from tests.voices import COQUI_VENV, coqui_voice, piper_voice
from voice.ports import Manner
from voice.tts import Cached, open_engine, open_synthesiser, pieces
from voice.tts.saying import WorkerEngine
from voice.tts.worker import SCRIPTS, _end

MODEL = ROOT / "voice" / "models" / "vosk-model-tiny-ru"
SAID = [
    "какая процентная ставка по займу",
    "соедините меня с оператором",
    "ежемесячный платёж составит двенадцать тысяч четыреста рублей",
    "до двадцати трёх часов пятидесяти девяти минут",
    "двадцать третьего ноября",
    "деньги поступят на счёт в течение двух дней",
    "вы можете оплатить картой или через кассу банка",
    "спасибо до свидания",
]
Hear = Callable[[bytes], str]


@pytest.fixture(scope="module")
def hear() -> Hear:
    """What the shipped recogniser makes of a telephone's sound."""
    vosk.SetLogLevel(-1)
    model = vosk.Model(str(MODEL))

    def heard(pcm: bytes) -> str:
        recogniser = vosk.KaldiRecognizer(model, 8000)
        recogniser.AcceptWaveform(bytes(3200) + pcm + bytes(8000))
        return str(json.loads(recogniser.FinalResult())["text"])

    return heard


def settings(folder: Path, **voice: object) -> Settings:
    return Settings(data_dir=folder, voice=Voice(**{"coqui_venv": COQUI_VENV, **voice}))


@pytest.fixture
async def synthesiser(tmp_path: Path) -> AsyncIterator[Cached]:
    opened = open_synthesiser(settings(tmp_path))
    yield opened
    await opened.close()


@pytest.fixture
async def espeak(tmp_path: Path) -> AsyncIterator[WorkerEngine]:
    opened = open_engine("espeak", "", settings(tmp_path))
    assert isinstance(opened, WorkerEngine)
    yield opened
    await opened.close()


async def telephone(synthesiser: Cached | WorkerEngine, text: str, manner: Manner = Manner()) -> bytes:
    return b"".join([piece async for piece in pieces(synthesiser, text, manner, 8000)])


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.2])
async def test_espeak_is_understood(synthesiser: Cached, hear: Hear, speed: float) -> None:
    """Nine words of ten, with the words of others spoken at the same time."""
    sounds = await asyncio.gather(*(telephone(synthesiser, f"{text}.", Manner(speed=speed)) for text in SAID))
    wrong = total = 0
    for text, pcm in zip(SAID, sounds, strict=True):
        wanted = text.split()
        total += len(wanted)
        wrong += len(set(wanted) - set(hear(pcm).split()))
    assert wrong / total <= 0.1


def test_espeak_puts_the_stress_where_it_is_marked() -> None:
    """Each pair is two words to espeak; where it has the stress already, the mark changes nothing."""
    code = (
        "from espeak_worker import Espeak\n"
        "espeak = Espeak('ru+f5', 'en-us+f5', 160)\n"
        "for word in ('за\u0301мок', 'зам+ок', 'м+ука', 'мук+а', 'пл+ачу', 'плач+у', 'ст+оит', 'сто+ит'):\n"
        "    plain = word.replace('+', '').replace('\\u0301', '')\n"
        "    print(espeak.stressed(word), '_'.join(espeak.phonemes(plain)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True, timeout=60
    )
    lines = [line.split() for line in ran.stdout.splitlines()]
    for one, other in zip(lines[::2], lines[1::2], strict=True):
        marked = [said for said, _ in (one, other) if said.startswith("[[")]
        assert len(marked) == 1, (one, other)
        assert marked[0].count("'") == 1
        assert marked[0].strip("[]") != one[1]


def broken_voices(folder: Path) -> dict[str, str]:
    voice = piper_voice(folder / "garbage")
    voice.write_bytes(b"no network at all")
    untold = piper_voice(folder / "untold")
    untold.with_name(f"{untold.name}.json").write_text("{}")
    (folder / "empty").mkdir()
    return {name: str(folder / name) for name in ("garbage", "untold", "empty", "nowhere")}


@pytest.mark.parametrize("name", ["untold", "empty", "nowhere"])
def test_a_voice_that_cannot_be_piper_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(FrontlineError) as refused:
        open_engine("piper", broken_voices(tmp_path)[name], settings(tmp_path))
    assert refused.value.code == "tts_model_broken"


async def test_a_voice_that_does_not_load_is_told_and_tried_again(tmp_path: Path) -> None:
    engine = open_engine("piper", broken_voices(tmp_path)["garbage"], settings(tmp_path))
    for _ in range(2):
        with pytest.raises(FrontlineError) as broken:
            await telephone(engine, "Да.")  # type: ignore[arg-type]
        assert broken.value.code == "tts_away"
        assert engine.problem is not None
    voice = piper_voice(tmp_path / "garbage")
    assert voice.is_file()
    while engine.problem is not None:
        await asyncio.sleep(0.05)
    assert await telephone(engine, "Да.")  # type: ignore[arg-type]
    await engine.close()


@pytest.mark.parametrize(
    ("voice", "code"),
    [
        ({"tts": ""}, "invalid_configuration"),
        ({"tts": "siri"}, "invalid_configuration"),
        ({"tts": "espeak,piper"}, "invalid_configuration"),
        ({"tts": "piper", "tts_model": "/nowhere"}, "tts_model_broken"),
        ({"tts": "coqui", "tts_model": "/nowhere"}, "tts_model_broken"),
        (
            {"tts": "coqui", "tts_model": "tts_models/ru/x/y", "coqui_venv": Path("/nowhere")},
            "tts_not_installed",
        ),
    ],
)
def test_a_wrong_configuration_is_refused(tmp_path: Path, voice: dict[str, object], code: str) -> None:
    with pytest.raises(FrontlineError) as refused:
        open_synthesiser(settings(tmp_path, **voice))
    assert refused.value.code == code


async def test_the_reserve_speaks_while_the_first_cannot(tmp_path: Path, hear: Hear) -> None:
    garbage = broken_voices(tmp_path)["garbage"]
    opened = open_synthesiser(settings(tmp_path, tts="piper,espeak", tts_model=garbage))
    assert hear(await telephone(opened, "Соедините меня с оператором.")) == "соедините меня с оператором"
    assert opened.problem is not None
    assert "piper" in opened.problem
    await opened.close()


async def test_two_voices_with_models_and_a_reserve(tmp_path: Path) -> None:
    models = ", ".join(str(piper_voice(tmp_path / name)) for name in "a")
    opened = open_synthesiser(settings(tmp_path, tts="piper, espeak", tts_model=models))
    assert opened.name.startswith("piper-")
    assert opened.rate == 16000
    assert await opened.remember(["Здравствуйте. Чем помочь?"]) == 2
    await opened.close()


async def test_killed_under_a_call_the_rest_is_still_said(
    espeak: WorkerEngine, tmp_path: Path, hear: Hear
) -> None:
    """The only engine: it is started anew and says the sentence again."""
    from voice.tts import Fallback

    fallback = Fallback([espeak])
    text = "Деньги поступят на счёт в течение двух дней. Соедините меня с оператором."
    sound = bytearray()
    killed = False
    async for piece in pieces(fallback, text, Manner(), 8000):
        sound += piece
        if not killed and espeak.worker.pid is not None:
            os.kill(espeak.worker.pid, signal.SIGKILL)
            killed = True
    assert hear(bytes(sound)).endswith("соедините меня с оператором")


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["no config", "garbage config", "no checkpoint", "garbage checkpoint"])
async def test_a_broken_coqui_model_is_told(tmp_path: Path, harm: str) -> None:
    folder = coqui_voice(tmp_path / "model")
    match harm:
        case "no config":
            (folder / "config.json").unlink()
        case "garbage config":
            (folder / "config.json").write_text("{")
        case "no checkpoint":
            (folder / "model.pth").unlink()
        case "garbage checkpoint":
            (folder / "model.pth").write_bytes(b"x")
    engine = open_engine("coqui", str(folder), settings(tmp_path))
    with pytest.raises(FrontlineError) as broken:
        await telephone(engine, "Да.")  # type: ignore[arg-type]
    assert broken.value.code == "tts_away"
    assert len(engine.problem or "") > 10
    await engine.close()


@pytest.mark.slow
async def test_coqui_with_espeak_in_reserve(tmp_path: Path, hear: Hear) -> None:
    """espeak speaks until coqui has read its model, coqui after that."""
    model = str(coqui_voice(tmp_path / "model"))
    opened = open_synthesiser(settings(tmp_path, tts="coqui,espeak", tts_model=model))
    assert hear(await telephone(opened, "Спасибо до свидания.")) == "спасибо до свидания"
    while opened.problem is not None:
        await asyncio.sleep(0.1)
    assert (
        hear(await telephone(opened, "Спасибо до свидания.")) != "спасибо до свидания"
    )  # noise of its weights
    await opened.close()


async def test_a_process_knows_no_secrets_and_no_logs_tell_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FRONTLINE_IDENTITY_SECRET", "s" * 32)
    engine = open_engine("espeak", "", settings(tmp_path))
    assert isinstance(engine, WorkerEngine)
    await telephone(engine, "Пётр Петрович, ваш долг погашен.")
    environment = Path(f"/proc/{engine.worker.pid}/environ").read_bytes()
    assert b"FRONTLINE" not in environment
    assert engine.worker.pid is not None
    os.kill(engine.worker.pid, signal.SIGKILL)
    await telephone(engine, "Пётр Петрович, ваш долг погашен.") if engine.problem else None
    await engine.close()
    assert "Петрович" not in "".join(capfd.readouterr())


async def test_a_process_whose_sound_nobody_reads_is_ended() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import sys, time; sys.stdout.write('x' * 9999999); time.sleep(99)"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    await asyncio.sleep(0.5)  # asyncio has stopped reading by then
    async with asyncio.timeout(20):
        await _end(process)
    assert process.returncode == -signal.SIGKILL


def test_it_ends_with_the_product(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, signal\n"
        "from voice.ports import Manner\n"
        "from voice.tts.espeak import open_espeak\n"
        "async def main():\n"
        "    engine = open_espeak()\n"
        "    async for _ in engine.speak('Да.', Manner()):\n"
        "        pass\n"
        "    print(engine.worker.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    worker = int(ran.stdout.splitlines()[-1])
    for _ in range(500):
        if not Path(f"/proc/{worker}").exists():
            return
        threading.Event().wait(0.01)
    pytest.fail("it still runs")


@pytest.mark.slow
async def test_1000_utterances_leave_nothing(tmp_path: Path) -> None:
    """A third is left early, a fiftieth ends with the engine's death."""
    opened = open_synthesiser(settings(tmp_path))
    await opened.remember(["Секунду, смотрю."])
    chance = random.Random(7)
    worker = opened._engine._engines[0].worker  # type: ignore[attr-defined]

    failures: list[str] = []
    killed: list[int] = []

    async def utter(number: int) -> None:
        texts = ("Секунду, смотрю.", f"Платёж номер {number}. Он поступит завтра. Спасибо, до свидания.")
        speaking = pieces(opened, chance.choice(texts), Manner(), 8000)
        leaves = chance.random() < 1 / 3
        try:
            async for _ in speaking:
                if leaves:
                    break
        except FrontlineError as error:  # its sentence was killed twice
            failures.append(error.code)
        await speaking.aclose()
        if chance.random() < 1 / 50 and worker.pid is not None:
            killed.append(worker.pid)
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)

    async def spoken(count: int) -> tuple[int, int, int]:
        for number in range(0, count, 5):
            await asyncio.gather(*(utter(number + one) for one in range(5)))
        while worker.problem is not None:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
        gc.collect()
        files = len(list(Path("/proc/self/fd").iterdir()))
        return len(asyncio.all_tasks()), files, threading.active_count()

    await spoken(50)
    before, memory = await spoken(50), _resident()
    after = await spoken(1000)
    assert after[0] <= before[0]
    assert after[1] <= before[1] + 1
    assert after[2] <= before[2] + 2  # threads that read files are made up to a limit
    assert _resident() < memory + (8 << 20)
    assert set(failures) <= {"tts_away"}
    assert len(failures) <= 4 * len(killed)  # of the others that speak at the same time
    assert not worker._jobs
    await opened.close()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
