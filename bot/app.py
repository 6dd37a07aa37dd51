"""The ASGI application: routes, the order of middlewares, and the life of the house around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI

from bot.channels import files, rest, web_chat
from bot.rasa import actions as rasa_actions
from bot.settings import Settings
from bot.web import auth, demo, errors, health, pages, team
from bot.web.metrics import Metrics
from bot.web.requests import RequestScope
from bot.web.security import BodyLimit, SecurityHeaders, calls_from_web
from bot.wiring import close_house, open_house
from handoff import calls, desk, recordings
from knowledge_base import routes as articles

_DESCRIPTION = """The first line of a contact centre.

**Partners** use `/api/v1` with an API key (`Authorization: Bearer flk_…`): send a message, get the
turn; what a human writes later comes to the key's webhook, signed with
`X-Frontline-Signature: t=<unix time>,v1=<hex HMAC-SHA256 of "<t>.<body>" with the webhook secret>`,
and is repeated until it is taken: remove duplicates by `event.seq`.

Every error has one shape: `{"error": {"code", "message", "retryable", "request_id"}}`.
"""


def create_app(settings: Settings) -> FastAPI:
    """The application for these settings; nothing is opened before it starts."""
    metrics = Metrics()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        running = await open_house(settings, metrics)
        app.state.house, app.state.chats, app.state.desk = running.house, running.chats, running.desk
        app.state.voice = running.voice
        if running.house.rasa is not None:
            app.include_router(rasa_actions.router(running.house.rasa.action_server))
        try:
            yield
        finally:
            await close_house(running)

    app = FastAPI(
        title="frontline",
        version=_version(),
        description=_DESCRIPTION,
        lifespan=life,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses=errors.declared(400, 413, 422, 429, 500, 503),
        redirect_slashes=False,
    )
    errors.install(app, pages.lost)
    for module in (web_chat, rest, files, auth, desk, recordings, calls, articles, team, health, demo, pages):
        app.include_router(module.routes)
    if settings.voice.carriers:
        from voice import routes as telephony

        app.include_router(telephony.routes)
    if calls_from_web(settings):
        from voice import web_calls

        app.include_router(web_calls.routes)
    # The last added is the outermost.
    app.add_middleware(BodyLimit, limit=settings.limits.body_bytes, unlimited=frozenset([rasa_actions.PATH]))
    app.add_middleware(RequestScope, metrics=metrics)
    app.add_middleware(SecurityHeaders, settings=settings)
    return app


def _version() -> str:
    try:
        return version("frontline")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"


def serving(settings: Settings) -> dict[str, Any]:
    """How uvicorn is to serve it: keyword arguments of `uvicorn.Config`.

    Sockets without compression (a window per socket would cost more than the socket), pings that
    find dead peers, no trust in forwarded headers (`limits.trusted_proxies` decides), and 20 s for
    requests in flight at shutdown; turns in flight are finished by the application itself.
    """
    return {
        "host": settings.host,
        "port": settings.port,
        "ws": "websockets-sansio",
        "ws_per_message_deflate": False,
        "ws_max_size": settings.limits.body_bytes,
        "ws_ping_interval": 30.0,
        "ws_ping_timeout": 30.0,
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
        "log_config": None,
        "lifespan": "on",
        "timeout_graceful_shutdown": 20,
        "timeout_keep_alive": 30,
    }
