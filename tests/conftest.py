"""What every test shares: no network outside this machine, and the evaluation data where present."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NoReturn

import pytest
import pytest_asyncio
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts

from bot.evaluation.workshop import Workshop, workshop
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last.

    Playwright's synchronous interface keeps an event loop running in the main thread until the
    browser closes at the end of the run, and no asyncio test can start a loop of its own meanwhile.
    """
    items.sort(key=lambda item: ROOT / "tests" / "live" / "browser" in item.path.parents)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Unit tests have no sockets at all; tests of real services talk to this machine only."""
    folder = item.path.relative_to(ROOT / "tests").parts[0]
    if folder in {"unit", "golden", "properties"}:
        disable_socket(allow_unix_socket=True)
    else:
        enable_socket()
        socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


def missing(what: str) -> NoReturn:
    """Skips the test, or fails it where everything must be present (CI=true)."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing and CI=true allows no skips")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def eval_data() -> Path:
    """The folder with kb_dev.jsonl, named by FRONTLINE_EVAL_DATA or lying beside the checkout."""
    folder = Path(os.environ.get("FRONTLINE_EVAL_DATA") or ROOT.parent / "shared" / "eval")
    if not (folder / "kb_dev.jsonl").is_file():
        missing("the evaluation data (FRONTLINE_EVAL_DATA)")
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workshop]:
    """The whole turn over a database of its own and the example base; made once, as it learns for seconds."""
    async with workshop(Settings(data_dir=tmp_path_factory.mktemp("shop"))) as opened:
        yield opened
