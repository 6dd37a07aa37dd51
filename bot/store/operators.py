"""Operators: invitations, accounts and sign-in sessions. Tokens are kept as SHA-256 only."""

from __future__ import annotations

from datetime import timedelta

from bot.core.clock import Clock
from bot.core.types import Operator, Role
from bot.store.database import Database
from bot.store.records import Invite, Session

INVITE_LIFE = timedelta(days=7)
SESSION_LIFE = timedelta(days=14)
SESSION_IDLE = timedelta(hours=12)


class Operators:
    """The team. Logins are compared without regard to case. Password hashes are made by the caller."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def invite(self, role: Role, name: str, created_by: str, life: timedelta = INVITE_LIFE) -> str:
        """Creates a one-time invitation and returns its token, which is not kept."""
        raise NotImplementedError

    async def invite_by_token(self, token: str) -> Invite:
        """An invitation that can still be accepted; raises NotFound("invite") otherwise."""
        raise NotImplementedError

    async def accept_invite(self, token: str, login: str, name: str, password_hash: str) -> Operator:
        """Creates the operator and uses the invitation up; NotFound, or `login_taken` (409)."""
        raise NotImplementedError

    async def create(self, login: str, name: str, role: Role, password_hash: str) -> Operator:
        """Creates an operator without an invitation (command line); `login_taken` (409)."""
        raise NotImplementedError

    async def get(self, operator_id: str) -> Operator:
        """Raises NotFound."""
        raise NotImplementedError

    async def by_login(self, login: str) -> tuple[Operator, str] | None:
        """The operator (active or not) and the password hash."""
        raise NotImplementedError

    async def password_hash(self, operator_id: str) -> str:
        """Raises NotFound."""
        raise NotImplementedError

    async def list(self) -> list[Operator]:
        """Everyone, ordered by name."""
        raise NotImplementedError

    async def set_role(self, operator_id: str, role: Role) -> Operator:
        """NotFound; `last_administrator` (409) when no active administrator would remain."""
        raise NotImplementedError

    async def set_active(self, operator_id: str, active: bool) -> Operator:
        """Deactivation ends every session at once; NotFound; `last_administrator` (409)."""
        raise NotImplementedError

    async def set_password(
        self, operator_id: str, password_hash: str, *, keep_session: str | None = None
    ) -> None:
        """Ends every session except that of the token `keep_session`; NotFound."""
        raise NotImplementedError

    async def open_session(
        self, operator_id: str, life: timedelta = SESSION_LIFE
    ) -> str:
        """Signs an active operator in and returns the token, which is not kept; NotFound."""
        raise NotImplementedError

    async def session(self, token: str, idle: timedelta = SESSION_IDLE) -> Session | None:
        """The session, unless it has expired, been idle too long, or its operator is not active."""
        raise NotImplementedError

    async def close_session(self, token: str) -> None:
        """Signs out; unknown tokens are ignored."""
        raise NotImplementedError
