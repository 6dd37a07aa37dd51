"""Who calls, and what the role may do: `require(*roles)` is the only way a desk route is opened.

The CSRF token is derived from the session token: a page of ours reads it from `/api/auth/me` and
repeats it in `X-CSRF-Token`; another site's page can neither read nor guess it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from bot.core.errors import Forbidden, FrontlineError
from bot.core.types import Operator, Role
from bot.web.house import House, house_of
from bot.web.security import refuse_foreign

COOKIE = "frontline_session"
CSRF_HEADER = "x-csrf-token"
_SAFE = {"GET", "HEAD", "OPTIONS"}

# The administrator may do everything that any role may.
EVERYONE = tuple(Role)


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in operator and the token of this session."""

    operator: Operator
    token: str

    @property
    def csrf_token(self) -> str:
        return hashlib.sha256(b"csrf:" + self.token.encode()).hexdigest()


async def caller_of(connection: HTTPConnection, house: House) -> Caller | None:
    token = connection.cookies.get(COOKIE, "")
    if not token or len(token) > 200 or not token.isascii():
        return None
    session = await house.store.operators.session(token)
    return None if session is None else Caller(session.operator, token)


def not_signed_in() -> FrontlineError:
    return FrontlineError("not_signed_in", "sign in first", status=401)


def require(*roles: Role) -> Callable[[HTTPConnection], Awaitable[Caller]]:
    """A dependency: a signed-in operator with one of the roles (an administrator has them all).

    For anything but reading it also checks the CSRF token and the origin.
    """
    allowed = {*roles, Role.ADMINISTRATOR}

    async def checked(connection: HTTPConnection) -> Caller:
        caller = await caller_of(connection, house_of(connection))
        if caller is None:
            raise not_signed_in()
        if connection.scope["type"] == "http" and connection.scope["method"] not in _SAFE:
            check_csrf(connection, caller)
        if caller.operator.role not in allowed:
            raise Forbidden
        return caller

    return checked


def check_csrf(connection: HTTPConnection, caller: Caller) -> None:
    refuse_foreign(connection, house_of(connection).settings)
    given = connection.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), caller.csrf_token.encode()):
        raise FrontlineError("csrf_failed", "X-CSRF-Token is missing or wrong", status=403)
