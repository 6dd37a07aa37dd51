"""The commands that compare engines and recognisers, with Rasa itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from tests.live.rasa.conftest import PARCELS

pytestmark = [pytest.mark.live, pytest.mark.slow]

Command = Callable[..., tuple[Result, Any]]


@pytest.fixture
def command(rasa_venv: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command; the result and its JSON."""
    monkeypatch.setenv("FRONTLINE_DATA_DIR", str(data_dir))
    monkeypatch.setenv("FRONTLINE_ENGINE__RASA_VENV", str(rasa_venv))

    def run(*words: str | Path) -> tuple[Result, Any]:
        out = tmp_path / "out.json"
        result = CliRunner().invoke(app, [*map(str, words), "--json", str(out)])
        return result, json.loads(out.read_text("utf-8")) if out.is_file() else None

    return run


@pytest.fixture
def mistold(tmp_path: Path) -> Path:
    """The parcels with a test story that tells what neither engine does, and one with a wrong intent."""
    folder = shutil.copytree(PARCELS, tmp_path / "parcels")
    tests = folder / "tests" / "test_stories.yml"
    told = tests.read_text("utf-8")
    told = told.replace("action: utter_hours", "action: utter_help")
    told += "  - story: taken for another\n    steps:\n      - user: |\n          hello there\n"
    told += "        intent: goodbye\n      - action: utter_goodbye\n"
    tests.write_text(told, "utf-8")
    return folder


MISHEARD = 2  # stories whose words Rasa may take for something else


def test_both_engines_pass_and_agree(command: Command) -> None:
    result, found = command("eval", "stories", PARCELS, "--engine", "rasa")
    assert result.exit_code == 0, result.output
    assert (found["engine"], found["stories"], found["failures"]) == ("rasa", {"n": 2, "passed": 2}, [])
    assert set(found["seconds"]) == {"load", "train", "play"}

    result, found = command("eval", "agree", PARCELS)
    assert result.exit_code == 0, result.output
    assert found["stories"] == {"n": 2, "agree": 2, "builtin": 2, "rasa": 2}
    assert found["actions"] == {"n": 17, "agree": 17}
    assert found["differences"] == []


def test_the_products_project_passes_and_agrees(command: Command, nlu_data: Path) -> None:
    """Rasa's training is not deterministic: of the messages in words it may take a few for something else."""
    result, found = command("eval", "agree", nlu_data)
    assert result.exit_code in (0, 1), result.output
    number = found["stories"]["n"]
    assert number >= 25
    assert found["stories"]["builtin"] == number
    assert found["stories"]["rasa"] >= number - MISHEARD, found["differences"]
    assert found["stories"]["agree"] >= number - MISHEARD, found["differences"]
    assert found["actions"]["n"] > 5 * number
    assert found["actions"]["agree"] >= found["actions"]["n"] - 3 * MISHEARD


def test_both_engines_fail_at_the_same_place_in_the_same_words(command: Command, mistold: Path) -> None:
    ours = command("eval", "stories", mistold)
    theirs = command("eval", "stories", mistold, "--engine", "rasa")
    for result, found in (ours, theirs):
        assert result.exit_code == 1
        assert found["stories"] == {"n": 3, "passed": 1}
    assert ours[1]["failures"] == theirs[1]["failures"]
    assert [each["kind"] for each in ours[1]["failures"]] == ["action", "intent"]
    assert theirs[1]["failures"][0]["expected"] == "utter_help"
    assert theirs[1]["failures"][0]["predicted"] == "utter_hours"


def test_a_project_that_cannot_be_trained_says_why(command: Command, tmp_path: Path) -> None:
    folder = shutil.copytree(PARCELS, tmp_path / "parcels")
    rules = folder / "data" / "rules.yml"
    rule = "  - rule: another help\n    steps:\n      - intent: help\n      - action: utter_hours\n"
    rules.write_text(rules.read_text("utf-8") + rule, "utf-8")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    result, found = command("eval", "stories", folder, "--engine", "rasa")
    assert result.exit_code == 1
    assert found is None
    assert "rasa_failed" in result.output
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_without_rasas_environment_the_command_that_makes_it_is_named(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTLINE_ENGINE__RASA_VENV", str(tmp_path))
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"text": "hello", "intent": "greet"}\n', "utf-8")
    for words in (
        ("eval", "stories", PARCELS, "--engine", "rasa"),
        ("eval", "intents", "--train", lines, "--test", lines, "--engine", "rasa"),
    ):
        result, _ = command(*words)
        assert result.exit_code == 1
        assert "make rasa" in result.output


def test_intents_are_judged_as_diet_recognises_them(command: Command, tmp_path: Path) -> None:
    taught = {
        "greet": ["hello", "hello there", "good morning", "hi there friend"],
        "bye": ["goodbye", "bye bye", "see you later", "bye for now"],
        None: ["what is the capital of France", 'my cat eats [fish](x) - and: "mice"'],
    }
    pairs = [{"text": text, "intent": intent} for intent, texts in taught.items() for text in texts]
    lines = tmp_path / "lines.jsonl"
    lines.write_text("".join(json.dumps(each) + "\n" for each in pairs), "utf-8")
    words = ("eval", "intents", "--train", lines, "--test", lines, "--engine", "rasa", "--epochs", "40")
    result, found = command(*words)
    assert result.exit_code == 0, result.output
    assert (found["engine"], found["n"], found["oos"]["n"]) == ("rasa", 8, 2)
    assert found["accuracy"] >= 0.75  # of what it was taught
    assert found["oos"]["recall"] >= 0.5
