"""Our custom actions for Rasa: what Rasa calls an action server, in our application.

Rasa posts the action's name and the conversation and gets events and messages back. An action that
refuses answers 400, by which Rasa lets something else happen; one that breaks answers 500.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from bot.core.errors import FrontlineError
from bot.engine.ports import Actions, Rejected
from bot.engine.responses import Message
from bot.engine.states import Lens
from bot.engine.tracker import Tracker
from bot.rasa.engine import sender_of
from bot.rasa.translation import from_rasa, message_to_rasa, to_rasa

log = structlog.get_logger(__name__)

PATH = "/rasa/actions/webhook"


@dataclass(frozen=True, slots=True)
class ActionServer:
    """`lens`: of the project as it is now. `secret`: what Rasa sends as its bearer token.

    Without a secret nobody may call. A conversation is long: `body_bytes` is far above a chat message's.
    """

    actions: Actions
    lens: Callable[[], Lens]
    secret: str
    body_bytes: int = 4_000_000

    def admits(self, authorization: str) -> bool:
        expected = f"Bearer {self.secret}"
        return bool(self.secret) and secrets.compare_digest(authorization.encode(), expected.encode())

    async def run(self, name: str, tracker: Tracker) -> dict[str, Any]:
        """Raises `Rejected`, and whatever the action raises."""
        outcome = await self.actions.run(name, tracker)
        return {
            "events": [to_rasa(each) for each in outcome if not isinstance(each, Message)],
            "responses": [message_to_rasa(each) for each in outcome if isinstance(each, Message)],
        }

    def read(self, asked: Mapping[str, Any]) -> tuple[str, Tracker]:
        """The action and the conversation; raises `invalid_request`."""
        try:
            name, sender = asked["next_action"], sender_of(asked["sender_id"])
            events = from_rasa(asked["tracker"]["events"])
        except (KeyError, TypeError, AttributeError, FrontlineError) as error:
            raise FrontlineError("invalid_request", "this is no call of an action", status=422) from error
        return str(name), Tracker.begin(self.lens(), events, sender=sender)


def router(server: ActionServer) -> APIRouter:
    routes = APIRouter(tags=["rasa"])

    @routes.post(PATH, summary="Run a custom action", include_in_schema=False)
    async def webhook(request: Request) -> JSONResponse:
        if not server.admits(request.headers.get("Authorization", "")):
            raise FrontlineError("unauthorized", "only our Rasa server may call", status=401)
        name, tracker = server.read(await _body(request, server.body_bytes))
        try:
            return JSONResponse(await server.run(name, tracker))
        except Rejected:
            return _refused(400, name, "the action refuses to run")
        except Exception as error:  # a project's own code may raise anything
            log.warning("rasa.action_failed", action=name, error=type(error).__name__)
            return _refused(500, name, "the action failed")

    return routes


def _refused(status: int, name: str, problem: str) -> JSONResponse:
    """Rasa's shape, not ours: it reads `action_name` of a 400."""
    return JSONResponse({"error": problem, "action_name": name}, status)


async def _body(request: Request, most: int) -> Mapping[str, Any]:
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > most:
            raise FrontlineError("body_too_large", f"at most {most} bytes", status=413)
    try:
        asked = orjson.loads(read)
    except ValueError as error:
        raise FrontlineError("invalid_request", "the body is not JSON", status=422) from error
    if not isinstance(asked, dict):
        raise FrontlineError("invalid_request", "the body is no mapping", status=422)
    return asked
