"""The engine `rasa` as the configuration wants it, with the built-in one in reserve."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import httpx

from bot.engine.ports import Actions, Engine
from bot.engine.states import Lens
from bot.project.model import Project
from bot.rasa.actions import PATH, ActionServer
from bot.rasa.client import RasaClient
from bot.rasa.engine import RasaEngine
from bot.rasa.fallback import Fallback, Observe
from bot.rasa.server import RasaServer
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Opened:
    """`engine` plays the project; the routes of `action_server` must be served."""

    engine: Fallback
    action_server: ActionServer
    server: RasaServer | None
    http: httpx.AsyncClient

    @property
    def problem(self) -> str | None:
        """What readiness says while the built-in engine serves."""
        if self.server is not None and self.server.problem:
            return f"rasa: {self.server.problem}; builtin serves"
        return self.engine.problem

    async def close(self) -> None:
        if self.server is not None:
            await self.server.stop()
        await self.http.aclose()


async def open_rasa(
    settings: Settings,
    project: Project,
    reserve: Engine,
    *,
    observe: Observe,
    actions: Actions | None = None,
) -> Opened:
    """Starts a server unless there is one at `engine.rasa_url`; raises `rasa_not_installed`.

    It returns before that server serves, which takes a minute, and minutes after the project has changed.
    `actions` run where a turn of another process calls: a cluster does not know which of ours it serves.
    """
    given = settings.engine
    secret = given.actions_secret or secrets.token_urlsafe(24)
    url, token, server = given.rasa_url, given.rasa_token, None
    if not url:
        server = RasaServer(
            project.root,
            settings.rasa_dir,
            given.rasa_venv,
            actions_url=_own(settings) + PATH,
            actions_secret=secret,
        )
        await server.start()
        url, token = server.url, server.token
    http = httpx.AsyncClient()
    first = RasaEngine.of(project, RasaClient(http, url, token), hears=server is not None)
    lens = Lens(project.domain)
    return Opened(
        Fallback(first, reserve, deadline_s=given.deadline_s, observe=observe),
        ActionServer(actions, lambda: lens, secret, first.turns),
        server,
        http,
    )


def _own(settings: Settings) -> str:
    """Our address on this machine, whatever customers reach us by."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared
    return f"http://{host}:{settings.port}"
