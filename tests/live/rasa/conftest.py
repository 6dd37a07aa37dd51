"""A real Rasa server beside our action server and the built-in engine, all on one small project."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from bot.engine.agent import Agent, Handled
from bot.engine.events import Event, SlotSet
from bot.engine.parsing import ProjectParser
from bot.engine.ports import Actions, Engine, Rejected
from bot.engine.responses import Message
from bot.engine.states import Lens
from bot.engine.tracker import Tracker
from bot.nlu.encoders import open_encoder
from bot.nlu.query import QueryBuilder
from bot.project.loading import load
from bot.project.model import Button, Project
from bot.rasa.actions import PATH, ActionServer, router
from bot.rasa.client import RasaClient
from bot.rasa.engine import RasaEngine
from bot.rasa.server import RasaServer
from bot.rasa.training import train
from bot.settings import Settings
from bot.web.errors import install
from tests.conftest import ROOT, missing
from tests.services import free_port

PARCELS = ROOT / "tests" / "projects" / "parcels"
NLU_DATA = ROOT / "nlu_data"
VENV = ROOT / ".venv-rasa"
SECRET = "only-our-rasa-knows"


class ParcelActions:
    """The project's own code. `asked`: whom it was run for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def run(self, name: str, tracker: Tracker) -> Sequence[Event | Message]:
        self.asked.append((name, tracker.sender))
        match name:
            case "action_greeted":
                return [SlotSet("greeted", True)]
            case "validate_track_form" if tracker.slot("number") == "RP0000":
                buttons = (Button("Help", "/help"),)
                return [Message("There is no RP0000.", buttons), SlotSet("number", None)]
            case "action_gamble":
                raise ZeroDivisionError
            case "action_refuse":
                raise Rejected
        return []


@dataclass
class Background:
    """An event loop in a thread of its own, for what lives longer than a test."""

    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, None], seconds: float = 300) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)


@dataclass
class Conversation:
    """What somebody says to an engine; the state goes through JSON as in a database."""

    engine: Engine
    sender: str
    state: dict[str, Any] | None = None

    async def say(self, text: str, **given: Any) -> Handled:
        handled = await self.engine.handle(self.state, text, self.sender, **given)
        self.state = json.loads(json.dumps(handled.state))
        return handled


Converse = Callable[[Engine], Conversation]


@pytest.fixture(scope="session")
def rasa_venv() -> Path:
    if not (VENV / "bin" / "rasa").is_file():
        missing("Rasa (make rasa)")
    return VENV


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield Background(loop)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="session")
def project() -> Project:
    return load(PARCELS)


@pytest.fixture(scope="session")
def actions() -> ParcelActions:
    return ParcelActions()


@pytest.fixture(scope="session")
def turns() -> dict[str, Actions]:
    return {}


@pytest.fixture(scope="session")
def actions_url(project: Project, actions: ParcelActions, turns: dict[str, Actions]) -> Iterator[str]:
    server = ActionServer(actions, lambda: Lens(project.domain), SECRET, turns, 200_000)
    with served(server, free_port()) as url:
        yield url


@contextmanager
def served(server: ActionServer, port: int) -> Iterator[str]:
    """Our application as far as Rasa sees it; where its actions are."""
    app = FastAPI()
    install(app, lambda _: None)
    app.include_router(router(server))
    runner = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    while not runner.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}{PATH}"
    runner.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared, so that a project is trained once; in a folder that is named, once for all runs."""
    named = os.environ.get("FRONTLINE_TEST_DATA")
    return Path(named).resolve() if named else tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def nlu_data(rasa_venv: Path, data_dir: Path) -> Path:
    """The product's own project, which has its Rasa model in `data_dir`; minutes."""
    asyncio.run(train(NLU_DATA, data_dir / "rasa", rasa_venv))
    return NLU_DATA


@pytest.fixture(scope="session")
def rasa(rasa_venv: Path, background: Background, actions_url: str, data_dir: Path) -> Iterator[RasaServer]:
    """Its token looks like an option; of those that we draw ourselves one in 64 does."""
    server = RasaServer(
        PARCELS,
        data_dir / "rasa",
        rasa_venv,
        actions_url=actions_url,
        actions_secret=SECRET,
        token="-of-the-tests",
    )
    background.run(server.start())
    background.run(server.ready())
    yield server
    background.run(server.stop())


@pytest.fixture
async def client(rasa: RasaServer, background: Background) -> AsyncIterator[RasaClient]:
    """Of the server that is there, also after another test has killed it."""
    await asyncio.to_thread(background.run, rasa.ready())
    async with httpx.AsyncClient() as http:
        yield RasaClient(http, rasa.url, rasa.token)


@pytest.fixture
def engine(client: RasaClient, project: Project, turns: dict[str, Actions]) -> RasaEngine:
    return replace(RasaEngine.of(project, client, hears=True), turns=turns)


@pytest.fixture(scope="session")
def builtin(project: Project, actions: ParcelActions) -> Agent:
    parser = ProjectParser.learn(project, QueryBuilder(open_encoder(Settings().retrieval)))
    return Agent.train(project, parser, actions)


@pytest.fixture
def converse(request: pytest.FixtureRequest) -> Converse:
    return lambda engine: Conversation(engine, f"{request.node.name}@site")
