"""The life of our own Rasa server."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from bot.core.errors import FrontlineError
from bot.rasa.environment import content_hash, environ
from bot.rasa.server import RasaServer
from tests.conftest import ROOT
from tests.live.rasa.conftest import PARCELS, Background

pytestmark = [pytest.mark.live, pytest.mark.slow]


def server_of(project: Path, folder: Path, venv: Path) -> RasaServer:
    return RasaServer(project, folder, venv, actions_url="http://127.0.0.1:9/", actions_secret="x")


def listens(url: str) -> bool:
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


async def exited(lines: list[MutableMapping[str, Any]]) -> MutableMapping[str, Any]:
    """What the log tells of the end of a server, once it does."""
    async with asyncio.timeout(120):
        while not (told := [line for line in lines if line["event"] == "rasa.exited"]):
            await asyncio.sleep(0.1)
    return told[0]


async def test_it_ends_with_us_and_its_port_is_free(
    rasa_venv: Path, rasa: RasaServer, data_dir: Path
) -> None:
    """`rasa` has trained the model."""
    other = server_of(PARCELS, data_dir / "rasa", rasa_venv)
    assert other.problem == "not started"
    await other.start()
    await other.ready()
    assert other.problem is None
    pid = other.pid
    assert pid is not None
    await other.stop()
    assert other.problem == "stopped"
    assert not listens(other.url)
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)


async def test_a_project_that_cannot_be_trained_is_a_problem_and_no_loop(
    rasa_venv: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(PARCELS, tmp_path / "parcels")
    (folder / "domain.yml").write_text("version: [", "utf-8")
    server = server_of(folder, tmp_path / "rasa", rasa_venv)
    await server.start()
    with pytest.raises(FrontlineError) as caught:
        await server.ready()
    assert caught.value.code == "rasa_failed"
    assert server.problem == caught.value.message
    await server.stop()


async def test_why_it_ended_before_it_served_is_in_the_log(
    rasa: RasaServer, rasa_venv: Path, data_dir: Path
) -> None:
    """Here: another process has its port."""
    other = server_of(PARCELS, data_dir / "rasa", rasa_venv)
    address = urlsplit(other.url)
    with socket.create_server((address.hostname, address.port)), capture_logs() as lines:
        await other.start()
        told = await exited(lines)
        await other.stop()
    assert "address already in use" in told["said"]


async def test_its_last_words_after_it_has_served_are_not(
    rasa: RasaServer, rasa_venv: Path, data_dir: Path
) -> None:
    other = server_of(PARCELS, data_dir / "rasa", rasa_venv)
    with capture_logs() as lines:
        await other.start()
        await other.ready()
        assert other.pid is not None
        os.killpg(other.pid, signal.SIGKILL)
        told = await exited(lines)
        await other.stop()
    assert (told["code"], told["said"]) == (-signal.SIGKILL, "")


async def test_stopped_while_it_trains_nothing_is_left(rasa_venv: Path, tmp_path: Path) -> None:
    server = server_of(PARCELS, tmp_path / "rasa", rasa_venv)
    await server.start()
    while not list(tmp_path.glob("rasa/training-*")):
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    await server.stop()
    assert not list(tmp_path.glob("rasa/training-*"))
    assert not list(tmp_path.glob("rasa/models/*"))


def test_it_ends_also_when_we_are_killed(rasa: RasaServer, rasa_venv: Path, data_dir: Path) -> None:
    environment = {
        **os.environ,
        "FRONTLINE_DATA_DIR": str(data_dir),
        "FRONTLINE_ENGINE__RASA_VENV": str(rasa_venv),
    }
    ours = subprocess.Popen(
        [sys.executable, "-m", "bot", "rasa", "run", str(PARCELS)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert ours.stdout is not None
    url = ours.stdout.readline().split()[-1]
    assert listens(url)
    ours.send_signal(signal.SIGKILL)
    ours.wait()
    ours.stdout.close()
    until = time.monotonic() + 60
    while listens(url):
        assert time.monotonic() < until, "Rasa lives on"
        time.sleep(0.2)


def test_only_what_a_model_is_made_of_asks_for_a_new_one(tmp_path: Path) -> None:
    folder = shutil.copytree(PARCELS, tmp_path / "parcels")
    before = content_hash(folder)
    tests = folder / "tests" / "test_stories.yml"
    tests.write_text(tests.read_text("utf-8") + "\n", "utf-8")
    (folder / "credentials.yml").write_text("rest:\n", "utf-8")
    assert content_hash(folder) == before
    for name in ("config.yml", "domain.yml", "data/nlu.yml", "data/rules.yml"):
        path = folder / name
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
        assert content_hash(folder) != before, name
        before = content_hash(folder)


def test_rasa_knows_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTLINE_DATABASE_URL", "postgresql://us:secret@db/frontline")
    given = environ(tmp_path, MORE="1")
    assert not [name for name in given if name.startswith("FRONTLINE_")]
    assert (given["RASA_TELEMETRY_ENABLED"], given["MORE"]) == ("false", "1")


async def test_the_secret_of_our_actions_lies_on_no_disk(
    rasa: RasaServer, data_dir: Path, background: Background
) -> None:
    await asyncio.to_thread(background.run, rasa.ready())
    written = list((data_dir / "rasa").glob("server-*/*.yml"))
    assert written
    for path in written:
        assert "only-our-rasa-knows" not in path.read_text("utf-8")
    assert rasa.pid is not None
    shown = Path(f"/proc/{rasa.pid}/cmdline").read_bytes()
    assert rasa.token.encode() not in shown
