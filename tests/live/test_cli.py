"""The command line as scripts use it: exit codes, JSON results, one line for what is wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.rasa.training import model_of
from tests.conftest import ROOT

pytestmark = pytest.mark.live

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Runs a command with a data folder of its own; `port` is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "FRONTLINE_DATA_DIR": str(tmp_path / "data"),
            "FRONTLINE_PORT": str(port),
            **{f"FRONTLINE_{key.upper()}": value for key, value in changes.items()},
        }
        command = [sys.executable, "-m", "bot", *arguments]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def result(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_help_is_the_map(cli: Cli) -> None:
    shown = cli("--help")
    assert shown.returncode == 0
    for command in ("serve", "check", "ask", "import", "export", "reindex", "users", "keys", "eval"):
        assert f"\n  {command} " in shown.stdout
    assert "Exit codes: 0 done" in shown.stdout
    for page in (shown, *(cli(group, "--help") for group in ("users", "keys", "eval"))):
        assert "..." not in page.stdout.partition("Commands:")[2], "a line is cut off"
    assert cli("frobnicate").returncode == 2


def test_import_names_what_is_wrong_and_keeps_the_rest(cli: Cli, tmp_path: Path) -> None:
    folder, out = tmp_path / "articles", tmp_path / "out.json"
    folder.mkdir()
    (folder / "good.md").write_text("# Карта\n\nЗакрыть карту можно в приложении.\n", "utf-8")
    (folder / "bad.md").write_text("---\ntitle: x\naudience: [\n---\nТекст.\n", "utf-8")
    checked = cli("import", str(folder), "--check")
    assert (checked.returncode, "bad.md:" in checked.stderr) == (1, True)
    done = cli("import", str(folder), "--json", str(out))
    assert (done.returncode, result(out)["added"]) == (1, 1)
    assert result(out)["problems"][0]["path"] == "bad.md"
    (folder / "bad.md").unlink()
    assert cli("import", str(folder), "--json", str(out)).returncode == 0
    assert result(out)["unchanged"] == 1
    exported = tmp_path / "exported"
    assert cli("export", str(exported)).returncode == 0
    assert (exported / "good.md").read_text("utf-8") == (folder / "good.md").read_text("utf-8")
    assert cli("import", str(tmp_path / "nowhere")).returncode == 4


def test_any_folder_is_measured_beside_bm25(cli: Cli, tmp_path: Path) -> None:
    folder, questions, out = tmp_path / "base", tmp_path / "questions.jsonl", tmp_path / "out.json"
    (folder / "staff").mkdir(parents=True)
    (folder / "staff" / "leave.md").write_text("# Отпуск\n\nОтпуск длится 28 дней.\n", "utf-8")
    (folder / "pass.md").write_text("---\nid: gate\ntitle: Пропуск\n---\nПропуск выдаёт охрана.\n", "utf-8")
    lines = [("сколько дней отпуск", "staff/leave.md"), ("кто выдаёт пропуск", "gate")]
    rows = (json.dumps({"question": question, "gold": [gold]}) for question, gold in lines)
    questions.write_text("\n".join(rows), "utf-8")
    command = ("eval", "retrieval", "--articles", str(folder), "--questions", str(questions))
    shown = cli(*command, "--json", str(out))
    assert shown.returncode == 0, shown.stderr
    measured = {"recall_at_1", "recall_at_3", "recall_at_5", "recall_at_10", "mrr"}
    assert set(result(out)["baseline_bm25"]) == measured
    assert all(result(out)[figure] == 1 for figure in measured)
    assert "%" not in next(line for line in shown.stdout.splitlines() if line.startswith("build_seconds"))
    questions.write_text('{"question": "без ответа"}', "utf-8")
    broken = cli(*command)
    assert (broken.returncode, "questions.jsonl" in broken.stderr) == (1, True), broken.stderr


def test_one_answer_with_its_reasons(cli: Cli, tmp_path: Path) -> None:
    folder, out = tmp_path / "articles", tmp_path / "out.json"
    folder.mkdir()
    (folder / "leave.md").write_text("# Отпуск\n\nОтпуск длится 28 дней.\n", "utf-8")
    asked = cli("ask", "сколько дней отпуск", "--json", str(out), articles=str(folder))
    assert asked.returncode == 0, asked.stderr
    assert [hit["article_id"] for hit in result(out)["hits"]] == ["leave"]
    assert {"understand", "retrieve", "decide"} <= set(result(out)["timings_ms"])
    assert result(out)["kind"] in asked.stdout


def test_people_and_keys(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert cli("users", "invite", "--role", "operator", "--json", str(out)).returncode == 0
    assert "/invite/" in result(out)["url"]
    assert cli("users", "invite", "--role", "emperor").returncode == 2
    made = cli("keys", "create", "Партнёр", "--json", str(out))
    key = result(out)["key"]
    assert (made.returncode, key in made.stdout) == (0, True)
    listed = cli("keys", "list", "--json", str(out))
    assert [one["name"] for one in result(out)] == ["Партнёр"]
    assert key not in listed.stdout + out.read_text("utf-8")


def test_what_is_wrong_with_the_configuration_is_one_line(cli: Cli) -> None:
    refused = cli("check", port="abc")
    assert refused.returncode == 3
    assert "port" in refused.stderr.lower()
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "Traceback" not in refused.stderr


def test_a_database_that_is_away(cli: Cli) -> None:
    away = cli("users", "list", database_url="postgresql+asyncpg://nobody@127.0.0.1:9/none")
    assert away.returncode == 4
    assert len(away.stderr.strip().splitlines()) == 1


def test_serve_on_a_taken_port(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = cli("serve", "--port", str(taken.getsockname()[1]))
    assert refused.returncode == 4
    assert "FRONTLINE_PORT" in refused.stderr


def test_check_says_what_fails(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    empty = tmp_path / "no-articles"
    empty.mkdir()
    good = cli("check", "--json", str(out))
    assert good.returncode == 0, good.stdout
    assert all(one["ok"] for one in result(out).values())
    bad = cli("check", "--json", str(out), redis_url="redis://127.0.0.1:9/0", nlu_data=str(empty))
    assert bad.returncode == 1
    assert {name for name, one in result(out).items() if not one["ok"]} == {"bus", "index"}, bad.stdout
    assert all(line.startswith(("ok  ", "FAIL")) for line in bad.stdout.splitlines())


def test_check_says_how_the_other_engine_is(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    lacks = cli("check", "--json", str(out), engine__name="rasa", engine__rasa_venv=str(tmp_path))
    assert lacks.returncode == 1
    assert "make rasa" in result(out)["engine"]["detail"]

    for program in ("rasa", "python"):
        made = tmp_path / "venv" / "bin" / program
        made.parent.mkdir(parents=True, exist_ok=True)
        made.touch()
    there = {"engine__name": "rasa", "engine__rasa_venv": str(tmp_path / "venv")}
    assert cli("check", "--json", str(out), **there).returncode == 0
    assert "trains at the start" in result(out)["engine"]["detail"]
    model = model_of(ROOT / "nlu_data", tmp_path / "data" / "rasa")
    model.parent.mkdir(parents=True)
    model.touch()
    assert cli("check", "--json", str(out), **there).returncode == 0
    assert result(out)["engine"]["detail"].endswith(model.name)

    away = cli("check", "--json", str(out), engine__name="rasa", engine__rasa_url="http://127.0.0.1:9")
    assert away.returncode == 1
    assert result(out)["engine"]["detail"].startswith("rasa_away")
    assert cli("check", "--json", str(out)).returncode == 0
    assert "engine" not in result(out)


def test_verbalise_says_every_text_in_words(cli: Cli, tmp_path: Path) -> None:
    said = cli("verbalise", "до 23:59 мск", "1 % в день", "--json", str(tmp_path / "said.json"))
    words = ["до двадцати трёх часов пятидесяти девяти минут по Москве", "один процент в день"]
    assert said.stdout.splitlines() == words
    assert [one["spoken"] for one in result(tmp_path / "said.json")["texts"]] == words
    assert cli("verbalise", "5 days", "--locale", "en").stdout == "five days\n"
    assert cli("verbalise", "5", "--locale", "xx").returncode == 2
