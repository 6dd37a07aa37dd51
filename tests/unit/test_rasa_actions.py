"""Our action server as Rasa sees it: who may call, what is answered, how it refuses and breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.engine.events import ActionTaken, Event, LoopSet, SlotSet
from bot.engine.ports import Actions, Rejected
from bot.engine.responses import Message
from bot.engine.states import Lens
from bot.engine.tracker import Tracker
from bot.project.model import Button
from bot.rasa.actions import PATH, ActionServer, router
from bot.rasa.engine import name_of
from bot.web.errors import install
from tests.unit.engine_bot import domain, slot

DOMAIN = domain(["greet"], slots=[slot("city")], actions=["action_say"])


class Recorded:
    """What an action was told, and what it does."""

    def __init__(self, does: Sequence[Event | Message] | Exception = ()) -> None:
        self.does = does
        self.told: Tracker | None = None

    async def run(self, name: str, tracker: Tracker) -> Sequence[Event | Message]:
        self.told = tracker
        if isinstance(self.does, Exception):
            raise self.does
        return self.does


async def call(
    actions: Recorded,
    body: object = None,
    *,
    authorization: str | None = "Bearer known",
    known: str = "known",
    content: bytes | None = None,
    turns: dict[str, Actions] | None = None,
) -> httpx.Response:
    app = FastAPI()
    install(app, lambda _: None)
    app.include_router(
        router(
            ActionServer(
                None if turns is not None else actions, lambda: Lens(DOMAIN), known, turns or {}, 5000
            )
        )
    )
    headers = {"Authorization": authorization.encode()} if authorization is not None else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://us") as http:
        if content is not None:
            return await http.post(PATH, content=content, headers=headers)
        return await http.post(PATH, json=asked() if body is None else body, headers=headers)


def asked(**changes: Any) -> dict[str, Any]:
    events = [
        {"event": "action", "name": "action_session_start", "policy": None, "confidence": 1.0},
        {"event": "session_started", "timestamp": 1.0},
        {"event": "action", "name": "action_listen", "policy": None, "confidence": None},
        {"event": "user", "text": "hi", "parse_data": {"intent": {"name": "greet", "confidence": 0.9}}},
        {"event": "slot", "name": "city", "value": "Казань", "timestamp": 1.0},
        {"event": "bot", "text": "Hello", "data": {}, "metadata": {}},
    ]
    tracker = {"sender_id": name_of("anna"), "events": events, "slots": {}}
    return {"next_action": "action_say", "sender_id": name_of("anna"), "tracker": tracker, **changes}


async def test_an_action_is_told_the_conversation_and_its_answer_is_rasas() -> None:
    said = Message("Hello", (Button("Bye", "/bye"),), response="utter_hello")
    actions = Recorded([said, SlotSet("city", None), LoopSet(None)])
    answer = await call(actions)
    assert answer.status_code == 200
    assert answer.json() == {
        "events": [
            {"event": "slot", "name": "city", "value": None},
            {"event": "active_loop", "name": None},
        ],
        "responses": [
            {
                "ready": True,
                "text": "Hello",
                "buttons": [{"title": "Bye", "payload": "/bye"}],
                "utter_action": "utter_hello",
            }
        ],
    }
    assert actions.told is not None
    assert actions.told.sender == "anna"
    assert actions.told.slot("city") == "Казань"
    assert actions.told.now.message is not None
    assert actions.told.now.message.intent == "greet"
    assert ActionTaken("action_listen") in actions.told.events


async def test_an_action_that_refuses_is_a_400_with_its_name() -> None:
    answer = await call(Recorded(Rejected()))
    assert answer.status_code == 400
    assert answer.json() == {"error": "the action refuses to run", "action_name": "action_say"}


async def test_an_action_that_breaks_is_a_500_that_says_nothing_of_it() -> None:
    answer = await call(Recorded(ValueError("+7 900 000-00-00")))
    assert answer.status_code == 500
    assert answer.json() == {"error": "the action failed", "action_name": "action_say"}


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer guessed", "Bearer knowné", "known"])
async def test_only_who_knows_the_secret_may_call(authorization: str | None) -> None:
    actions = Recorded()
    answer = await call(actions, authorization=authorization)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert actions.told is None


async def test_a_turn_has_its_own_actions_while_it_lasts() -> None:
    body, nobody, its = asked(), Recorded(), Recorded()
    assert (await call(nobody, body, turns={body["sender_id"]: its})).status_code == 200
    assert its.told is not None
    its.told = None
    assert (await call(nobody, body, turns={})).status_code == 500
    assert nobody.told is its.told is None


async def test_without_a_secret_nobody_may_call() -> None:
    answer = await call(Recorded(), authorization="Bearer ", known="")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"null",
        b'{"next_action": "action_say"}',
        b'{"next_action": "action_say", "sender_id": "a", "tracker": {"events": [{"event": "nothing"}]}}',
        b'{"next_action": "action_say", "sender_id": 7, "tracker": {"events": []}}',
    ],
)
async def test_what_is_no_call_is_refused(body: bytes) -> None:
    answer = await call(Recorded(), content=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"


async def test_a_body_without_end_is_not_read() -> None:
    answer = await call(Recorded(), content=b"[" * 5001)
    assert answer.status_code == 413
