"""Processes of the product, PostgreSQL and Redis that may be taken away."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.live.actors import example_articles
from tests.live.faults.process import Process
from tests.services import postgres, postgres_url, redis_server, redis_url

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]

MakeProcess = Callable[..., Process]


@pytest.fixture(scope="session")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first start learns from the articles of these tests."""
    folder = tmp_path_factory.mktemp("learnt")
    with closing(Process(folder / "data", example_articles(folder / "articles", "card"))) as process:
        process.start()
    return process.settings.index_dir


@pytest.fixture
def articles(tmp_path: Path, learnt: Path) -> Path:
    """A part of the example base; `data` beside it knows it already, so that a start is quick."""
    shutil.copytree(learnt, tmp_path / "data" / "index")
    return example_articles(tmp_path / "articles", "card")


@pytest.fixture
def process(tmp_path: Path, articles: Path) -> Iterator[Process]:
    """Not started yet."""
    one = Process(tmp_path / "data", articles)
    yield one
    one.close()
