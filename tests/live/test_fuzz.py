"""The HTTP API from its own description: whatever fits it, or nearly does, never ends in a 5xx."""

from __future__ import annotations

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode

from bot.app import create_app
from bot.settings import Settings
from tests.live.actors import Person, Server, Visitor

pytestmark = [pytest.mark.live, pytest.mark.slow]
EXAMPLES = 25
SCHEMA = schemathesis.openapi.from_dict(create_app(Settings()).openapi())
OPERATIONS = sorted(
    (operation.method.upper(), operation.path)
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
)
ENDS_THE_SESSION = {("POST", "/api/auth/logout")}


@pytest.fixture
def callers(
    administrator: Person, partner: httpx.Client, visitor: Visitor
) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Headers and cookies of everyone who may call."""
    return {
        "nobody": ({}, {}),
        "visitor": ({"Authorization": f"Bearer {visitor.token}"}, {}),
        "partner": ({"Authorization": partner.headers["Authorization"]}, {}),
        "administrator": (
            {"X-CSRF-Token": administrator.headers["X-CSRF-Token"], "Origin": administrator.server.url},
            {"frontline_session": administrator.cookies["frontline_session"]},
        ),
    }


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_that_is_sent_breaks_it(
    server: Server, callers: dict[str, tuple[dict[str, str], dict[str, str]]], method: str, path: str
) -> None:
    operation = SCHEMA[path][method]
    for who, (headers, cookies) in callers.items():
        if who == "administrator" and (method, path) in ENDS_THE_SESSION:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            play(operation, mode, server.url, headers, cookies)


def play(
    operation: schemathesis.APIOperation,
    mode: GenerationMode,
    url: str,
    headers: dict[str, str],
    cookies: dict[str, str],
) -> None:
    @settings(
        max_examples=EXAMPLES // 2,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Case) -> None:
        reply = case.call(base_url=url, headers=headers, cookies=cookies)
        assert reply.status_code < 500, (case.as_curl_command(), reply.text)
        if reply.status_code >= 400 and reply.request.method != "HEAD":
            assert set(reply.json()) == {"error"}, reply.text

    try:
        one()
    except Unsatisfiable:
        if mode is GenerationMode.POSITIVE:  # only what takes no input has no wrong input
            raise
