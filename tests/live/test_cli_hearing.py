"""`transcribe` and `eval asr` as scripts use them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from voice.asr.evaluation import distance, normalised
from voice.audio import wav

pytestmark = pytest.mark.live

SPEECH = ROOT / "tests" / "speech"
Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    def run(*arguments: object, **changes: str) -> subprocess.CompletedProcess[str]:
        environment = {"FRONTLINE_DATA_DIR": str(tmp_path / "data"), "PATH": "/usr/bin:/bin"}
        environment |= {f"FRONTLINE_{key.upper()}": value for key, value in changes.items()}
        command = [sys.executable, "-m", "bot", *map(str, arguments)]
        return subprocess.run(
            command,
            env=environment | {"PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_a_file_is_told(cli: Cli, tmp_path: Path) -> None:
    done = cli("transcribe", SPEECH / "certificate.wav", "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "нам нужна справка для налоговой неделю назад\n"
    assert "voice.demonstration_model" in done.stderr
    (row,) = read(tmp_path / "out.json")
    assert row["text"] == done.stdout.strip()
    assert [word["text"] for word in row["words"]] == row["text"].split()
    assert row["seconds"] == pytest.approx(2.6, abs=0.1)


def test_a_grammar_and_several_files(cli: Cli, tmp_path: Path) -> None:
    files = [SPEECH / "digits.wav", SPEECH / "yes.wav"]
    done = cli("transcribe", *files, "--grammar", "digits", "--json", tmp_path / "out.json")
    assert done.stdout.splitlines()[0] == f"{files[0]}\tдва два ноль"
    digits, yes = read(tmp_path / "out.json")
    assert digits["digits"] == "220"
    assert "да" not in yes["text"].split()
    done = cli("transcribe", files[1], "--grammar", "да, нет")
    assert done.stdout == "да\n"


def test_what_cannot_be_read_is_told_and_the_rest_is_done(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    (tmp_path / "empty.wav").write_bytes(wav(b"", 8000))
    done = cli("transcribe", "bad.wav", "none.wav", "empty.wav", SPEECH / "yes.wav")
    assert done.returncode == 1
    assert done.stderr.count("invalid_content: ") == 2
    assert done.stdout.splitlines() == ["empty.wav\t", f"{SPEECH / 'yes.wav'}\tда"]


def test_a_recogniser_that_cannot_be_had(cli: Cli) -> None:
    for arguments, code, said in (
        (("--model", "nothing"), 1, "model_not_found"),
        (("--engine", "wyoming", "--model", "tcp://127.0.0.1:9"), 1, "recogniser_unavailable"),
        (("--engine", "sherpa_onnx"), 1, "invalid_configuration"),
        (("--engine", "ears"), 2, "ears"),
    ):
        done = cli("transcribe", SPEECH / "yes.wav", *arguments)
        assert done.returncode == code, done.stderr
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_a_manifest_is_measured(cli: Cli, tmp_path: Path) -> None:
    done = cli("eval", "asr", SPEECH / "manifest.jsonl", "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    found = read(tmp_path / "out.json")
    assert (found["n"], found["failed"]) == (4, 0)
    assert found["wer"] == sum(one["word_errors"] for one in found["files"]) / found["words"]
    assert found["wer"] < 0.1
    assert found["rtf"] > 0
    assert "word errors" in done.stdout


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "is not JSON"),
        ("[1]", "needs an object"),
        ('{"file": "yes.wav"}', "needs an object"),
        ('{"file": 1, "text": "да"}', "needs an object"),
        ('{"file": "none.wav", "text": "да"}', "there is no file none.wav"),
    ],
)
def test_a_bad_manifest_names_the_line(cli: Cli, tmp_path: Path, line: str, problem: str) -> None:
    (tmp_path / "yes.wav").write_bytes((SPEECH / "yes.wav").read_bytes())
    manifest = tmp_path / "m.jsonl"
    manifest.write_text('{"file": "yes.wav", "text": "да"}\n\n' + line + "\n")
    done = cli("eval", "asr", manifest)
    assert done.returncode == 1
    assert f"{manifest}:3: {problem}" in done.stderr


def test_a_sample_that_cannot_be_heard_counts_as_silence(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    (tmp_path / "m.jsonl").write_text('{"file": "bad.wav", "text": "два слова"}\n')
    done = cli("eval", "asr", tmp_path / "m.jsonl", "--json", tmp_path / "out.json")
    assert done.returncode == 1
    assert read(tmp_path / "out.json")["wer"] == 1
    assert "bad.wav: invalid_content" in done.stderr
    (tmp_path / "m.jsonl").write_text("\n")
    assert "has no samples" in cli("eval", "asr", tmp_path / "m.jsonl").stderr


def test_how_it_is_counted() -> None:
    assert normalised("Нажмите «4», ещё раз!") == normalised("нажмите четыре еще раз")
    assert normalised("двадцать три рубля") == ["23", "рубля"]
    assert distance(["а", "б", "в"], ["а", "в", "г"]) == 2
    assert distance([], ["а"]) == distance("аб", "а") == 1
