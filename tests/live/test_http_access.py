"""Who may call what: every route of the application is in the table, and the table holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute

from bot.rasa.actions import PATH
from tests.live.actors import Person, Server

pytestmark = pytest.mark.live

ROLES = ("operator", "editor", "supervisor", "administrator")
ANYONE, VISITOR, PARTNER = "anyone", "visitor", "partner"
PBX = "pbx"  # by address or by signature: tests/live/test_http_voice.py
DESK = {"operator", "supervisor", "administrator"}
WORK = {"operator", "administrator"}
OVERSEE = {"supervisor", "administrator"}
READ_ARTICLES = {"editor", "supervisor", "administrator"}
EDIT = {"editor", "administrator"}
ADMINISTRATE = {"administrator"}

OWNERS: dict[tuple[str, str], object] = {
    ("GET", "/api/openapi.json"): ANYONE,
    ("GET", "/files/certificates/{token}"): ANYONE,  # who has the address has the document
    ("GET", "/demo/sms"): ANYONE,  # of the example company, and only with it
    ("GET", "/api/chat/config"): ANYONE,
    ("POST", "/api/chat/sessions"): ANYONE,
    ("POST", "/api/chat/identity"): VISITOR,
    ("GET", "/api/chat/conversation"): VISITOR,
    ("POST", "/api/chat/messages"): VISITOR,
    ("POST", "/api/chat/rating"): VISITOR,
    ("GET", "/api/chat/transcript"): VISITOR,
    ("WS", "/api/chat/ws"): VISITOR,
    ("GET", "/api/chat/call"): VISITOR,
    ("POST", "/api/chat/call"): VISITOR,
    ("DELETE", "/api/chat/call/{call_id}"): VISITOR,
    ("GET", "/voice/call"): PBX,
    ("GET", "/voice/next"): PBX,
    ("POST", "/voice/twilio"): PBX,
    ("POST", "/api/v1/messages"): PARTNER,
    ("GET", "/api/v1/conversations/{conversation_id}/events"): PARTNER,
    ("POST", "/api/auth/login"): ANYONE,
    ("GET", "/api/auth/invites/{token}"): ANYONE,
    ("POST", "/api/auth/invites/{token}"): ANYONE,
    ("POST", "/api/auth/logout"): set(ROLES),
    ("GET", "/api/auth/me"): set(ROLES),
    ("POST", "/api/auth/password"): set(ROLES),
    ("GET", "/api/desk/phrases"): DESK,
    ("GET", "/api/desk/queue"): DESK,
    ("GET", "/api/desk/conversations"): OVERSEE,
    ("GET", "/api/desk/conversations/{conversation_id}"): DESK,
    ("GET", "/api/desk/conversations/{conversation_id}/recordings/{name}"): DESK,
    ("POST", "/api/desk/handoffs/{handoff_id}/claim"): WORK,
    ("POST", "/api/desk/handoffs/{handoff_id}/release"): WORK,
    ("POST", "/api/desk/handoffs/{handoff_id}/return"): WORK,
    ("POST", "/api/desk/handoffs/{handoff_id}/close"): WORK,
    ("POST", "/api/desk/conversations/{conversation_id}/messages"): WORK,
    ("POST", "/api/desk/conversations/{conversation_id}/notes"): DESK,
    ("POST", "/api/desk/calls/{call_id}/cancel"): DESK,
    ("WS", "/api/desk/ws"): DESK,
    ("GET", "/api/articles"): READ_ARTICLES,
    ("GET", "/api/articles/{article_id:path}"): READ_ARTICLES,
    ("GET", "/api/articles/{article_id:path}/versions"): READ_ARTICLES,
    ("PUT", "/api/articles/{article_id:path}"): EDIT,
    ("DELETE", "/api/articles/{article_id:path}"): EDIT,
    ("POST", "/api/articles/{article_id:path}/publish"): EDIT,
    ("GET", "/api/team"): OVERSEE,
    ("GET", "/api/team/skills"): OVERSEE,
    ("PUT", "/api/team/{operator_id}/skills"): OVERSEE,
    ("POST", "/api/team/invites"): ADMINISTRATE,
    ("POST", "/api/team/{operator_id}"): ADMINISTRATE,
    ("GET", "/api/keys"): ADMINISTRATE,
    ("POST", "/api/keys"): ADMINISTRATE,
    ("DELETE", "/api/keys/{key_id}"): ADMINISTRATE,
    ("GET", "/api/audit"): OVERSEE,
    ("GET", "/health/live"): ANYONE,
    ("GET", "/health/ready"): ANYONE,
    ("GET", "/metrics"): ANYONE,
    ("GET", "/"): ANYONE,
    ("GET", "/favicon.ico"): ANYONE,
    ("GET", "/static/{name:path}"): ANYONE,
    ("GET", "/widget/"): ANYONE,
    ("GET", "/widget/loader.js"): ANYONE,
    ("GET", "/help"): ANYONE,
    ("GET", "/help/{article_id:path}"): ANYONE,
    ("GET", "/login"): ANYONE,
    ("GET", "/call"): ANYONE,
    ("GET", "/invite/{token}"): ANYONE,
    # The empty pages; without a session they lead to sign-in, and the API asks for the role.
    ("GET", "/desk"): ANYONE,
    ("GET", "/team"): ANYONE,
}


def endpoints(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, APIWebSocketRoute):
            yield "WS", route.path
        elif isinstance(route, APIRoute) or hasattr(route, "methods"):
            for method in sorted((getattr(route, "methods", None) or set()) - {"HEAD"}):
                yield method, str(getattr(route, "path", ""))
        elif hasattr(route, "original_router"):
            yield from endpoints(route.original_router.routes)
        else:
            yield type(route).__name__, str(getattr(route, "path", ""))


def test_every_route_has_an_owner(server: Server) -> None:
    assert set(endpoints(server.app.routes)) == set(OWNERS)


def test_the_actions_of_another_engine_are_served_only_where_it_plays(server: Server) -> None:
    """With Rasa: tests/live/rasa/test_product.py."""
    assert httpx.post(f"{server.url}{PATH}", json={}).status_code == 404


def _address(path: str) -> str:
    """An address of something that does not exist, so that an allowed call changes nothing."""
    return re.sub(r"\{[^}]+\}", "0" * 32, path)


def _call(client: httpx.Client, method: str, path: str) -> int:
    body = {} if method in {"POST", "PUT"} else None
    return client.request(method, _address(path), json=body).status_code


PROTECTED = [(*key, owner) for key, owner in OWNERS.items() if isinstance(owner, set) and key[0] != "WS"]


@pytest.mark.parametrize(("method", "path", "owners"), PROTECTED, ids=lambda value: str(value)[:60])
def test_team_routes_open_for_their_roles_only(
    server: Server, people: dict[str, Person], method: str, path: str, owners: set[str]
) -> None:
    with httpx.Client(base_url=server.url) as nobody:
        assert _call(nobody, method, path) in {401, 422}
    for role in ROLES:
        if path == "/api/auth/logout":  # would end the shared session; tested in test_http_auth
            continue
        status = _call(people[role], method, path)
        if role in owners:
            assert status not in {401, 403} or path == "/api/auth/password", (role, status)
        else:
            assert status == 403, (role, status)


@pytest.mark.parametrize(
    ("method", "path"),
    [key for key, owner in OWNERS.items() if owner in (VISITOR, PARTNER) and key[0] != "WS"],
)
def test_customer_routes_need_a_token(server: Server, administrator: Person, method: str, path: str) -> None:
    with httpx.Client(base_url=server.url) as nobody:
        assert _call(nobody, method, path) == 401
        nobody.headers["Authorization"] = "Bearer flk_0000000000000000000000"
        assert _call(nobody, method, path) == 401
    assert _call(administrator, method, path) == 401


@pytest.mark.parametrize("key", [key for key, owner in OWNERS.items() if owner == ANYONE and key[0] == "GET"])
def test_public_routes_need_nothing(server: Server, key: tuple[str, str]) -> None:
    with httpx.Client(base_url=server.url) as nobody:
        assert _call(nobody, *key) in {200, 303, 404, 422}
