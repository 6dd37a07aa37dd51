"""Chromium, and a server whose queue and whose articles are made for these tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.conftest import missing
from tests.live.actors import Server, example_articles, launch
from tests.live.browser.people import Crowd

# Chromium in a container has no sandbox and no GPU; the rest keeps it from calling home.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


HOSTILE = "<img src=x onerror=\"alert('x')\"> <script>alert('y')</script>"
HOSTILE_TITLE = "Статья <img src=x onerror=alert(1)> с разметкой"
HOSTILE_QUESTION = "Зачем в статье угловые скобки?"
_HOSTILE_ARTICLE = f"""---
id: hostile
title: "{HOSTILE_TITLE}"
category: card
questions:
  - {HOSTILE_QUESTION}
---

{HOSTILE}

Скобки показываем как есть. [Ссылка](javascript:alert(2))
"""


expect.set_options(timeout=15_000)  # a machine that is busy is slow, not wrong


def chromium_path() -> str:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose queue holds only what the browser tests put there."""
    folder = tmp_path_factory.mktemp("site")
    articles = example_articles(folder / "articles", "card")
    (articles / "hostile.md").write_text(_HOSTILE_ARTICLE, "utf-8")
    running = launch(folder / "data", articles)
    yield running
    running.stop()


@pytest.fixture
def crowd(browser: Browser, site: Server) -> Iterator[Crowd]:
    """Opens a browser window per person; fails when any page complained."""
    everyone = Crowd(browser, site)
    yield everyone
    for context in everyone.contexts:
        context.close()
    assert everyone.complaints == []
