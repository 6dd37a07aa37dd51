"""`say`: what others script against."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import vosk

from tests.conftest import ROOT
from tests.voices import piper_voice
from voice.audio import read_wav

pytestmark = pytest.mark.live


def say(folder: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FRONTLINE_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)}
    environment |= {f"FRONTLINE_{key.upper()}": value for key, value in changes.items()}
    command = [sys.executable, "-m", "bot", "say", *arguments]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_numbers_are_said_in_words(tmp_path: Path) -> None:
    out, told = tmp_path / "new" / "said.wav", tmp_path / "told.json"
    ran = say(tmp_path, "Платёж 12 400 ₽", "-o", str(out), "--json", str(told))
    assert ran.returncode == 0, ran.stderr
    pcm, rate = read_wav(out)
    assert rate == 8000
    vosk.SetLogLevel(-1)
    recogniser = vosk.KaldiRecognizer(vosk.Model(str(ROOT / "voice/models/vosk-model-tiny-ru")), 8000)
    recogniser.AcceptWaveform(bytes(3200) + pcm + bytes(8000))
    assert "двенадцать тысяч четыреста рублей" in json.loads(recogniser.FinalResult())["text"]
    result = json.loads(told.read_text("utf-8"))
    assert result["words"] == "Платёж двенадцать тысяч четыреста рублей"
    assert result["seconds"] == pytest.approx(len(pcm) / 2 / 8000, abs=0.001)
    assert 0 < result["first_sound_s"] <= result["spent_s"]
    assert result["engine"].startswith("espeak-")


def test_an_engine_and_its_model_and_rate(tmp_path: Path) -> None:
    out, model = tmp_path / "said.wav", str(piper_voice(tmp_path / "voice"))
    ran = say(
        tmp_path, "да", "-o", str(out), "--engine", "piper", "--model", model, "--rate", "16000", "--raw"
    )
    assert ran.returncode == 0, ran.stderr
    assert read_wav(out)[1] == 16000


def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    out = str(tmp_path / "said.wav")
    unknown = say(tmp_path, "да", "-o", out, "--engine", "siri")
    assert unknown.returncode == 1
    assert "no engine siri" in unknown.stderr
    assert say(tmp_path, "да", "-o", out, "--model", "x").returncode == 3
    lacking = say(
        tmp_path, "да", "-o", out, "--engine", "coqui", "--model", "x", voice__coqui_venv="/nowhere"
    )
    assert lacking.returncode == 1
    assert "make coqui" in lacking.stderr
    assert not Path(out).exists()
    assert say(tmp_path, "да", "-o", "/proc/said.wav").returncode == 4
