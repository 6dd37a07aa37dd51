"""Around every HTTP request: its id, its log line, its place in the metrics, and the last net.

A pure ASGI middleware: sockets pass through untouched, so that an idle one costs nothing here.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.errors import error_response
from bot.web.logs import logger

if TYPE_CHECKING:
    from bot.web.metrics import Metrics

log = logger("frontline.http")
_GIVEN_ID = re.compile(rb"^[A-Za-z0-9_-]{8,64}$")
# Probes and scrapes come every few seconds and say nothing.
_QUIET = ("/health/", "/metrics", "/static/")


class RequestScope:
    """Binds `request_id`; an exception that nobody handled becomes a 500 of our shape."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["request_id"] = request_id
        status = 0
        started = time.perf_counter()

        async def reply(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                if b"\x00" in scope["path"].encode("utf-8", "replace") or b"%00" in scope.get(
                    "query_string", b""
                ):
                    await error_response(request_id, 400, "bad_request", "NUL in the address")(
                        scope, receive, reply
                    )
                else:
                    await self.app(scope, receive, reply)
            except Exception:  # the last net: whatever broke, the caller gets an answer and we a traceback
                log.exception("request_failed", route=_route(scope))
                if not status:
                    failure = error_response(
                        request_id, 500, "internal_error", "something broke on our side", retryable=True
                    )
                    await failure(scope, receive, reply)
            finally:
                self._report(scope, status, time.perf_counter() - started)

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self.metrics.request(scope["method"], route, status, seconds)
        if not scope["path"].startswith(_QUIET):
            log.info(
                "request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1)
            )


def _request_id(scope: Scope) -> str:
    """The caller's `X-Request-Id` when it is well formed, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN_ID.match(value):
            return str(value.decode())
    return secrets.token_hex(8)


def _route(scope: Scope) -> str:
    """The route's template: an address itself may hold personal data and has no bound."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
