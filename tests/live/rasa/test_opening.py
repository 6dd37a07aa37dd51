"""The engine as the configuration opens it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import FrontlineError
from bot.engine.agent import Agent
from bot.project.model import Project
from bot.rasa.opening import open_rasa
from bot.rasa.server import RasaServer
from bot.settings import Settings
from tests.live.rasa.conftest import PARCELS, VENV, Converse, ParcelActions, served
from tests.services import free_port

pytestmark = [pytest.mark.live, pytest.mark.slow]


async def test_until_rasa_serves_the_built_in_engine_does(
    rasa: RasaServer,
    data_dir: Path,
    project: Project,
    builtin: Agent,
    converse: Converse,
) -> None:
    """`rasa` has trained the model."""
    settings = Settings.model_validate(
        {
            "port": free_port(),
            "data_dir": data_dir,
            "nlu_data": PARCELS,
            "engine": {"name": "rasa", "rasa_venv": VENV},
        }
    )
    seen: list[tuple[str, str]] = []
    opened = await open_rasa(
        settings, project, builtin, observe=lambda name, outcome: seen.append((name, outcome))
    )
    try:
        with served(opened.action_server, settings.port):
            talk, actions = converse(opened.engine), ParcelActions()
            await talk.say("hello", actions=actions)
            assert seen == [("rasa", "rasa_away"), ("builtin", "replaced")]
            assert opened.problem == f"rasa: {opened.server and opened.server.problem}; builtin serves"
            assert opened.server is not None
            await opened.server.ready()
            assert opened.problem is None
            said = await talk.say("where is my parcel", actions=actions)
            assert seen[2:] == [("rasa", "served")]
            assert said.messages[0].text == "What is its number?"
            assert actions.asked[-1][0] == "validate_track_form"
    finally:
        await opened.close()
    assert opened.problem == "rasa: stopped; builtin serves"


async def test_a_server_that_runs_already_is_used(
    rasa: RasaServer,
    data_dir: Path,
    project: Project,
    builtin: Agent,
    converse: Converse,
) -> None:
    engine = {"name": "rasa", "rasa_url": rasa.url, "rasa_token": rasa.token, "rasa_venv": "/nowhere"}
    settings = Settings.model_validate({"data_dir": data_dir, "engine": engine})
    seen: list[tuple[str, str]] = []
    opened = await open_rasa(
        settings, project, builtin, observe=lambda name, outcome: seen.append((name, outcome))
    )
    try:
        assert opened.server is None
        await converse(opened.engine).say("bye bye")
        assert seen == [("rasa", "served")]
    finally:
        await opened.close()


async def test_without_rasa_the_command_that_installs_it_is_named(
    tmp_path: Path, project: Project, builtin: Agent
) -> None:
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "engine": {"name": "rasa", "rasa_venv": tmp_path}}
    )
    with pytest.raises(FrontlineError, match="make rasa"):
        await open_rasa(settings, project, builtin, observe=lambda *_: None)
