"""Models that are missing or broken, servers that die: a clear error, and the process lives."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import pytest
import structlog
from ears import (
    Answer,
    dies,
    is_broken,
    quiet,
    says_nothing,
    speaks_http,
    t_one,
    tone,
    transducer,
    wyoming_server,
)

from bot.core.errors import FrontlineError
from bot.settings import Voice
from voice.asr import SHIPPED, load, open_recogniser, wyoming
from voice.asr.decoding import Pool
from voice.asr.trial import trial
from voice.ports import Heard


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the shipped model that may be spoilt."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "model"))


def refused(settings: Voice, data: Path) -> FrontlineError:
    with pytest.raises(FrontlineError) as caught:
        open_recogniser(settings, data)
    return caught.value


@pytest.mark.parametrize(
    "file",
    [
        "am/final.mdl",
        "conf/model.conf",
        "conf/mfcc.conf",
        "graph/words.txt",
        "graph/HCLr.fst",
        "graph/Gr.fst",
    ],
)
@pytest.mark.parametrize("how", ["missing", "empty"])
def test_vosk_without_a_file(model: Path, file: str, how: str) -> None:
    if how == "missing":
        (model / file).unlink()
    else:
        (model / file).write_bytes(b"")
    error = refused(Voice(asr_model=str(model)), model)
    assert error.code == "model_broken"
    assert str(model) in error.message
    assert file in error.message or "HCLr.fst" in error.message


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("am/final.mdl", b"\0B<TransitionModel> no more"),
        ("graph/words.txt", "слово и ещё\n".encode()),
        ("graph/Gr.fst", b"no transducer at all"),
        ("conf/mfcc.conf", b"--sample-frequency=8000\n--num-mel-bins=3\n"),
        ("graph/phones/word_boundary.int", b"x y z\n"),
    ],
    ids=["model", "words", "graph", "features", "phones"],
)
def test_vosk_with_a_wrong_file(model: Path, file: str, content: bytes) -> None:
    (model / file).write_bytes(content)
    error = refused(Voice(asr_model=str(model)), model)
    assert error.code == "model_broken"
    assert "vosk cannot use it: " in error.message
    assert "Traceback" not in error.message
    with pytest.raises(FrontlineError, match="vosk cannot load it"):
        load("vosk", model)


def test_vosk_that_would_end_the_process(model: Path) -> None:
    """Vosk aborts at the first speech without silence phones; the name of one alone does not help."""
    conf = model / "conf" / "model.conf"
    lines = conf.read_text().splitlines()
    conf.write_text("\n".join(line for line in lines if "silence-phones" not in line))
    assert "silence-phones" in refused(Voice(asr_model=str(model)), model).message
    conf.write_text(
        "\n".join("--endpoint.silence-phones=1:x" if "phones" in line else line for line in lines)
    )
    assert refused(Voice(asr_model=str(model)), model).code == "model_broken"


def test_a_good_folder_by_path_and_by_name(model: Path) -> None:
    trial("vosk", model)
    shutil.move(model, model.parent / "models" / "mine")
    asyncio.run(open_recogniser(Voice(asr_model="mine"), model.parent).close())
    asyncio.run(open_recogniser(Voice(asr_model=SHIPPED.name), model.parent).close())


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    error = refused(Voice(asr_model="vosk-model-small-ru-0.22"), tmp_path)
    assert error.code == "model_not_found"
    assert "frontline models pull vosk-model-small-ru-0.22" in error.message
    assert refused(Voice(asr_model=str(tmp_path / "none")), tmp_path).code == "model_broken"
    assert refused(Voice(asr="sherpa_onnx"), tmp_path).code == "invalid_configuration"


def test_the_demonstration_model_says_what_it_is(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        asyncio.run(open_recogniser(Voice(), tmp_path).close())
    assert [(one["event"], one["log_level"]) for one in logs] == [("voice.demonstration_model", "warning")]
    assert "frontline models list" in logs[0]["hint"]


@pytest.mark.parametrize("file", ["model.onnx", "tokens.txt"])
@pytest.mark.parametrize("content", [None, b"", b"t-one, but no ONNX\n"], ids=["missing", "empty", "wrong"])
def test_t_one_spoilt(tmp_path: Path, file: str, content: bytes | None) -> None:
    path = t_one(tmp_path) / file
    path.unlink() if content is None else path.write_bytes(content)
    error = refused(Voice(asr="sherpa_onnx", asr_model=str(tmp_path)), tmp_path)
    assert error.code == "model_broken"


@pytest.mark.parametrize("file", ["encoder.onnx", "decoder.onnx", "joiner.onnx", "tokens.txt"])
@pytest.mark.parametrize("content", [None, b"", b"no ONNX\n"], ids=["missing", "empty", "wrong"])
def test_transducer_spoilt(tmp_path: Path, file: str, content: bytes | None) -> None:
    path = transducer(tmp_path) / file
    path.unlink() if content is None else path.write_bytes(content)
    error = refused(Voice(asr="sherpa_onnx", asr_model=str(tmp_path)), tmp_path)
    assert error.code == "model_broken"


def test_a_model_of_another_engine(tmp_path: Path) -> None:
    error = refused(Voice(asr="sherpa_onnx", asr_model=SHIPPED.name), tmp_path)
    assert "not a folder of a sherpa-onnx model" in error.message
    t_one(tmp_path)
    assert "missing" in refused(Voice(asr="vosk", asr_model=str(tmp_path)), tmp_path).message


def test_smaller_files_of_a_published_layout_are_taken(tmp_path: Path) -> None:
    """`am-onnx/encoder.int8.onnx` and `lang/tokens.txt`, as the Vosk models for sherpa-onnx lie."""
    transducer(tmp_path)
    (tmp_path / "am-onnx").mkdir()
    (tmp_path / "lang").mkdir()
    for part in ("encoder", "decoder", "joiner"):
        (tmp_path / f"{part}.onnx").rename(tmp_path / "am-onnx" / f"{part}.int8.onnx")
        (tmp_path / "am-onnx" / f"{part}.onnx").write_bytes(b"not looked at")
    (tmp_path / "tokens.txt").rename(tmp_path / "lang" / "tokens.txt")
    trial("sherpa_onnx", tmp_path)


async def fed_for_long(listening: wyoming.Listening) -> None:
    for _ in range(500):
        await listening.feed(tone(0.1))
        await asyncio.sleep(0.002)


@pytest.mark.parametrize("answer", [dies, is_broken, speaks_http])
async def test_a_server_that_fails_in_mid_utterance(answer: Answer) -> None:
    async with wyoming_server(answer) as address:
        listening = wyoming.Wyoming(address).listen(8000)
        with pytest.raises(FrontlineError) as caught:
            await fed_for_long(listening)
        assert (caught.value.code, caught.value.retryable) == ("recogniser_unavailable", True)
        with pytest.raises(FrontlineError) as caught:
            await listening.finish()
        assert caught.value.code == "recogniser_unavailable"
        await listening.abandon()


async def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wyoming, "ANSWER_S", 0.2)
    async with wyoming_server(says_nothing) as address:
        listening = wyoming.Wyoming(address).listen(8000)
        await listening.feed(quiet(0.1))
        with pytest.raises(FrontlineError, match="no transcript"):
            await listening.finish()


async def test_no_server(tmp_path: Path) -> None:
    engine = open_recogniser(Voice(asr="wyoming", asr_model="tcp://127.0.0.1:9"), tmp_path)
    with pytest.raises(FrontlineError) as caught:
        await engine.listen(8000).feed(quiet(0.1))
    assert caught.value.code == "recogniser_unavailable"


@pytest.mark.parametrize("address", ["", "localhost:10300", "http://localhost", "tcp://", "tcp://a:b"])
def test_no_address(address: str, tmp_path: Path) -> None:
    assert refused(Voice(asr="wyoming", asr_model=address), tmp_path).code == "invalid_configuration"


class Failing:
    """An engine that breaks after the first audio."""

    def __init__(self) -> None:
        self.fed = 0

    def accept(self, _pcm: bytes) -> str:
        self.fed += 1
        if self.fed > 1:
            raise RuntimeError("Failed to process waveform")
        return "да"

    def finish(self) -> Heard:
        raise RuntimeError("no result")


async def test_an_engine_that_breaks_harms_only_its_utterance() -> None:
    pool = Pool("failing", threads=1)
    broken, other = pool.listen(Failing), pool.listen(Failing)
    assert await broken.feed(b"\0\0") == "да"
    for work in (broken.feed(b"\0\0"), broken.finish()):
        with pytest.raises(FrontlineError) as caught:
            await work
        assert (caught.value.code, caught.value.retryable) == ("recogniser_failed", True)
        assert "waveform" not in caught.value.message
    assert await other.feed(b"\0\0") == "да"
    await pool.close()


async def test_a_full_pool_serves_in_order() -> None:
    """One thread and forty utterances that all want it at once: none is lost, each keeps its order."""
    order: dict[int, list[bytes]] = {}

    class Noting:
        def __init__(self, number: int) -> None:
            self.seen = order.setdefault(number, [])

        def accept(self, pcm: bytes) -> str:
            self.seen.append(pcm)
            return str(len(self.seen))

        def finish(self) -> Heard:
            return Heard(str(len(self.seen)))

    pool = Pool("noting", threads=1)
    pieces = [bytes([at, 0]) for at in range(20)]
    utterances = [pool.listen(lambda number=number: Noting(number)) for number in range(40)]  # type: ignore[misc]
    await asyncio.gather(*(one.feed(piece) for piece in pieces for one in utterances))
    assert [await one.finish() for one in utterances] == [Heard("20")] * 40
    assert list(order.values()) == [pieces] * 40
    await pool.close()


async def test_the_last_text_stays_when_the_result_is_empty() -> None:
    """Vosk may take back everything it said on the way; words of before are not touched."""
    from voice.asr.vosk import KEPT_CONFIDENCE, _Decoder

    results = [
        '{"result": [{"word": "да", "start": 0.1, "end": 0.3, "conf": 0.9}], "text": "да"}',
        '{"text": ""}',
    ]

    class Engine:
        def AcceptWaveform(self, pcm: bytes) -> bool:  # noqa: N802 - as Vosk names it
            return pcm[:1] == b"\1"

        def PartialResult(self) -> str:  # noqa: N802 - as Vosk names it
            return '{"partial": "три четыре [unk]"}'

        def Result(self) -> str:  # noqa: N802 - as Vosk names it
            return results.pop(0)

        FinalResult = Result

    import vosk

    decoder = _Decoder(vosk.Model(str(SHIPPED)), 8000, 8000, "")
    decoder._engine = Engine()
    assert decoder.accept(b"\1\0") == "да"
    assert decoder.accept(b"\0\0") == "да три четыре"
    heard = decoder.finish()
    assert heard.text == "да три четыре"
    assert [word.confidence for word in heard.words] == [0.9, KEPT_CONFIDENCE, KEPT_CONFIDENCE]


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["▁за", "яв", "ка", "▁на"], ["заявка", "на"]),
        (["да", " ", "н", "е", "т"], ["да", "нет"]),  # as T-one spells
        ([" Да", " ", "нет"], ["да", "нет"]),
        ([" "], []),
        ([], []),
    ],
)
def test_pieces_of_words_are_put_together(tokens: list[str], words: list[str]) -> None:
    from voice.asr.sherpa_onnx import _words

    starts = [0.1 * at for at in range(len(tokens))]
    found = _words(tokens, starts, [-0.1] * len(tokens))
    assert [word.text for word in found] == words
    assert all(word.start < word.end and 0.9 < word.confidence < 0.91 for word in found)
    assert all(word.confidence == 1 for word in _words(tokens, starts, []))


@pytest.mark.parametrize(
    ("engine", "hint"), [("vosk", "pip install vosk"), ("sherpa_onnx", "pip install 'frontline[sherpa]'")]
)
@pytest.mark.parametrize("shipped", [True, False])
def test_an_engine_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, model: Path, engine: str, hint: str, shipped: bool
) -> None:
    monkeypatch.setitem(sys.modules, engine, None)  # what the import system takes for a missing package
    folder = SHIPPED if shipped else model
    error = refused(Voice(asr=engine, asr_model=str(folder)), model)
    assert error.code == "asr_not_installed"
    assert hint in error.message


def test_an_engine_whose_library_does_not_load(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: Path
) -> None:
    (tmp_path / "vosk.py").write_text("import ctypes\nctypes.CDLL('libof-another-machine.so')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "vosk", raising=False)
    error = refused(Voice(), model)
    assert error.code == "asr_not_installed"
    assert "libof-another-machine.so" in error.message
