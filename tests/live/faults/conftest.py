"""Processes of the product, PostgreSQL and Redis that may be taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.actors import example_articles
from tests.live.faults.process import Process
from tests.services import postgres, postgres_url, redis_server, redis_url

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]

MakeProcess = Callable[..., Process]


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A part of the example base: indexed in a moment."""
    return example_articles(tmp_path / "articles", "card")


@pytest.fixture
def process(tmp_path: Path, articles: Path) -> Iterator[Process]:
    """Not started yet."""
    one = Process(tmp_path / "data", articles)
    yield one
    one.close()
