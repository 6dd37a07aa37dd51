"""Our custom actions for Rasa: what Rasa calls an action server, in our application.

Rasa posts the action's name and the conversation and gets events and messages back. An action that
refuses answers 400, by which Rasa lets something else happen; one that breaks answers 500.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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


class Call(NamedTuple):
    """`turn`: the name that the turn has on Rasa."""

    action: str
    turn: str
    tracker: Tracker


@dataclass(frozen=True, slots=True)
class ActionServer:
    """`actions` are those of a turn that brings none of its own; `turns` are those that are under way.

    `lens`: of the project as it is now. `secret`: what Rasa sends as its bearer token; without one nobody
    may call. A conversation is long: `body_bytes` is far above a chat message's.
    """

    actions: Actions | None
    lens: Callable[[], Lens]
    secret: str
    turns: Mapping[str, Actions] = field(default_factory=dict)
    body_bytes: int = 4_000_000

    def admits(self, authorization: str) -> bool:
        expected = f"Bearer {self.secret}"
        return bool(self.secret) and secrets.compare_digest(authorization.encode(), expected.encode())

    async def run(self, call: Call) -> dict[str, Any]:
        """Raises `Rejected`, `turn_over`, and whatever the action raises."""
        actions = self.turns.get(call.turn, self.actions)
        if actions is None:  # another engine serves it by now: nothing may be done twice
            raise FrontlineError("turn_over", "nobody waits for this action any more", status=410)
        outcome = await actions.run(call.action, call.tracker)
        return {
            "events": [to_rasa(each) for each in outcome if not isinstance(each, Message)],
            "responses": [message_to_rasa(each) for each in outcome if isinstance(each, Message)],
        }

    def read(self, asked: Mapping[str, Any]) -> Call:
        """Raises `invalid_request`."""
        try:
            name, turn = str(asked["next_action"]), asked["sender_id"]
            sender, events = sender_of(turn), from_rasa(asked["tracker"]["events"])
        except (KeyError, TypeError, AttributeError, FrontlineError) as error:
            raise FrontlineError("invalid_request", "this is no call of an action", status=422) from error
        return Call(name, turn, Tracker.begin(self.lens(), events, sender=sender))


def router(server: ActionServer) -> APIRouter:
    routes = APIRouter(tags=["rasa"])

    @routes.post(PATH, summary="Run a custom action", include_in_schema=False)
    async def webhook(request: Request) -> JSONResponse:
        if not server.admits(request.headers.get("Authorization", "")):
            raise FrontlineError("unauthorized", "only our Rasa server may call", status=401)
        call = server.read(await _body(request, server.body_bytes))
        try:
            return JSONResponse(await server.run(call))
        except Rejected:
            return _refused(400, call.action, "the action refuses to run")
        except Exception as error:  # a project's own code may raise anything
            log.warning("rasa.action_failed", action=call.action, error=type(error).__name__)
            return _refused(500, call.action, "the action failed")

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
