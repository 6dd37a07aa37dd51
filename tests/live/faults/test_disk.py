"""A disk that is full or read-only, a cache that is damaged, articles that are broken."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.conftest import missing
from tests.live.faults.process import Process

pytestmark = pytest.mark.live
BROKEN = "---\ntitle: Без конца\naudience: [martian]\n---\nТекст.\n"


def ask(process: Process, key: str, client_id: str) -> httpx.Response:
    body = {"address": "u", "client_id": client_id, "text": "Как заблокировать карту?"}
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{process.url}/api/v1/messages", json=body, headers=headers, timeout=30)


def test_a_disk_without_space_is_said_and_survived(process: Process) -> None:
    """No file of the process may grow: what a full disk does, without filling one."""
    process.start()
    key = process.api_key()
    assert ask(process, key, "1").status_code == 200
    resource.prlimit(process.running.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    reply = ask(process, key, "2")
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["retryable"]) == (503, "storage_unavailable", True)
    assert httpx.get(f"{process.url}/health/live").status_code == 200
    assert ask(process, key, "1").json()["repeated"] is True  # what is there is read
    free = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(process.running.pid, resource.RLIMIT_FSIZE, free)
    assert ask(process, key, "2").json()["answer"] is not None
    assert process.end() == 0


@pytest.fixture
def powerless() -> tuple[str, ...]:
    """Begins the command line of a process that file permissions bind, even where tests run as root."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        missing("setpriv")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")


def test_a_read_only_data_folder_is_one_line(
    tmp_path: Path, articles: Path, powerless: tuple[str, ...]
) -> None:
    process = Process(tmp_path / "data", articles, *powerless)
    (tmp_path / "data").chmod(0o555)
    try:
        checked, served = process.run("check"), process.run("serve")
    finally:
        (tmp_path / "data").chmod(0o755)
    failed = [line for line in checked.stdout.splitlines() if line.startswith("FAIL")]
    assert checked.returncode == 1
    assert len(failed) >= 1
    assert "data_not_writable" in failed[0]
    said_once(served)
    assert "storage_unavailable" in served.stderr


def said_once(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("frontline: ")]) == 1


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_damaged_cache_is_made_anew(process: Process, damage: str) -> None:
    index = process.settings.index_dir / "index.bin"
    whole = index.read_bytes()
    index.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"\xff" * len(whole))
    process.start()
    assert len(process.logged("knowledge.cache_rebuilt")) == 1
    assert ask(process, process.api_key(), "1").json()["answer"]["text"]
    assert process.end() == 0
    process.start()
    assert len(process.logged("knowledge.cache_rebuilt")) == 1  # it was written whole again


def test_broken_articles_among_good_ones(process: Process, articles: Path) -> None:
    (articles / "broken.md").write_text(BROKEN, "utf-8")
    (articles / "binary.md").write_bytes(b"\x89PNG\xff\xfe\x00")
    good = len(list(articles.rglob("*.md"))) - 2
    process.start()
    told = {line["problem"].partition(": ")[0] for line in process.logged("article_left_out")}
    assert told == {"broken.md:3", "binary.md"}
    assert process.logged("articles_loaded")[0]["added"] == good
    assert ask(process, process.api_key(), "1").json()["answer"]["text"]
    assert process.end() == 0
    checked = process.run("check")
    assert checked.returncode == 1
    assert [line for line in checked.stdout.splitlines() if "FAIL" in line and "broken.md:3: " in line]
    imported = process.run("import", str(articles))
    assert imported.returncode == 1
    assert "broken.md:3: " in imported.stderr
    assert f"unchanged {good}" in imported.stdout
