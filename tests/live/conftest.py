"""Real servers for live tests: the application under uvicorn on a free port, with its own database.

`server` is shared by a test run; `start_server` makes further ones with other settings. `visitor`,
`operator`, `administrator` and `people` are HTTP clients that act as these; `partner` has an API key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.settings import Voice
from tests.live.actors import Person, Server, Visitor, example_articles, join, key_holder, launch

StartServer = Callable[..., Server]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    running = launch(folder / "data", example_articles(folder / "articles", "card"), voice=Voice(), twin=True)
    yield running
    running.stop()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts a server of its own for this test; without articles unless a folder is named."""
    running: list[Server] = []

    def start(**changes: Any) -> Server:
        articles = changes.pop("articles", None) or example_articles(tmp_path / "articles")
        running.append(launch(changes.pop("data_dir", tmp_path / "data"), articles, **changes))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def visitor(server: Server) -> Iterator[Visitor]:
    one = Visitor.arrives(server)
    yield one
    one.leaves()


@pytest.fixture(scope="session")
def administrator(server: Server) -> Iterator[Person]:
    with closing(Person(server)) as person:
        yield person.accept(server.invite, "admin", "Анна Администратор")


@pytest.fixture(scope="session")
def people(administrator: Person) -> Iterator[dict[str, Person]]:
    """One signed-in person of each role."""
    others = {
        role: join(administrator, role, f"Тест {role}") for role in ("operator", "editor", "supervisor")
    }
    yield {**others, "administrator": administrator}
    for person in others.values():
        person.close()


@pytest.fixture
def operator(administrator: Person) -> Iterator[Person]:
    """An operator whom no other test uses."""
    with closing(join(administrator, "operator", "Ольга Оператор")) as person:
        yield person


@pytest.fixture
def partner(administrator: Person) -> Iterator[httpx.Client]:
    with closing(key_holder(administrator)) as client:
        yield client
