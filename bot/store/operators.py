"""Operators: invitations, accounts and sign-in sessions. Tokens are kept as SHA-256 only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exc, insert, select, update

from bot.core.clock import Clock
from bot.core.errors import FrontlineError, NotFound
from bot.core.types import Operator, Role
from bot.store.database import Database
from bot.store.records import Invite, Session
from bot.store.tables import invites, new_id, operator_sessions, operators
from bot.store.tokens import digest, new_token

INVITE_LIFE = timedelta(days=7)
SESSION_LIFE = timedelta(days=14)
SESSION_IDLE = timedelta(hours=12)
NOTE_EVERY = timedelta(minutes=1)

INSERT = insert(operators)
GET = select(operators).where(operators.c.id == bindparam("operator"))
BY_LOGIN = select(operators).where(operators.c.login == bindparam("login"))
SKILLS = select(operators.c.skills).where(operators.c.active.is_(True))
ALL = select(operators).order_by(operators.c.name, operators.c.id)
# Locked, so that of two administrators who remove each other at once one stays.
ADMINISTRATORS = (
    select(operators.c.id)
    .where(operators.c.role == Role.ADMINISTRATOR.value, operators.c.active.is_(True))
    .order_by(operators.c.id)
    .with_for_update()
)
INSERT_INVITE = insert(invites)
INVITE = select(invites).where(
    invites.c.token_hash == bindparam("hash"),
    invites.c.accepted_by.is_(None),
    invites.c.expires_at > bindparam("now"),
)
USE_INVITE = (
    update(invites)
    .where(invites.c.token_hash == bindparam("hash"), invites.c.accepted_by.is_(None))
    .values(accepted_by=bindparam("operator"))
)
INSERT_SESSION = insert(operator_sessions)
EXPIRED = delete(operator_sessions).where(operator_sessions.c.expires_at <= bindparam("now"))
SESSION = (
    select(
        operators,
        operator_sessions.c.created_at.label("since"),
        operator_sessions.c.last_seen,
        operator_sessions.c.expires_at,
    )
    .join(operator_sessions, operator_sessions.c.operator_id == operators.c.id)
    .where(operator_sessions.c.token_hash == bindparam("hash"), operators.c.active.is_(True))
)
SEEN = (
    update(operator_sessions)
    .where(operator_sessions.c.token_hash == bindparam("hash"))
    .values(last_seen=bindparam("now"))
)
SIGN_OUT = delete(operator_sessions).where(operator_sessions.c.token_hash == bindparam("hash"))
SIGN_OUT_OTHERS = delete(operator_sessions).where(
    operator_sessions.c.operator_id == bindparam("operator"),
    operator_sessions.c.token_hash != bindparam("hash"),
)


class Operators:
    """The team. Logins are compared without regard to case. Password hashes are made by the caller."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def invite(self, role: Role, name: str, created_by: str, life: timedelta = INVITE_LIFE) -> str:
        """Creates a one-time invitation and returns its token, which is not kept."""
        token, at = new_token(), self._clock()
        values = {
            "token_hash": digest(token),
            "name": name,
            "role": role.value,
            "created_by": created_by,
            "created_at": at,
            "expires_at": at + life,
        }
        await self._database.write(lambda connection: connection.execute(INSERT_INVITE, values).close())
        return token

    async def invite_by_token(self, token: str) -> Invite:
        """An invitation that can still be accepted; raises NotFound("invite") otherwise."""
        return await self._database.read(lambda connection: self._invite(connection, token))

    async def accept_invite(self, token: str, login: str, name: str, password_hash: str) -> Operator:
        """Creates the operator and uses the invitation up; NotFound, or `login_taken` (409)."""

        def work(connection: Connection) -> Operator:
            role = self._invite(connection, token).role
            operator = self._insert(connection, login, name, role, password_hash)
            used = connection.execute(USE_INVITE, {"hash": digest(token), "operator": operator.id})
            if used.rowcount == 0:  # accepted by somebody else meanwhile
                raise NotFound("invite")
            return operator

        return await self._database.write(work)

    async def create(self, login: str, name: str, role: Role, password_hash: str) -> Operator:
        """Creates an operator without an invitation (command line); `login_taken` (409)."""
        return await self._database.write(
            lambda connection: self._insert(connection, login, name, role, password_hash)
        )

    async def get(self, operator_id: str) -> Operator:
        """Raises NotFound."""
        return operator_of(await self._database.read(lambda connection: found(connection, operator_id)))

    async def by_login(self, login: str) -> tuple[Operator, str] | None:
        """The operator (active or not) and the password hash."""
        row = await self._database.read(
            lambda connection: connection.execute(BY_LOGIN, {"login": folded(login)}).one_or_none()
        )
        return None if row is None else (operator_of(row), row.password_hash)

    async def password_hash(self, operator_id: str) -> str:
        """Raises NotFound."""
        row = await self._database.read(lambda connection: found(connection, operator_id))
        return str(row.password_hash)

    async def set_role(self, operator_id: str, role: Role) -> Operator:
        """NotFound; `last_administrator` (409) when no active administrator would remain."""
        return await self._change(operator_id, demotes=role is not Role.ADMINISTRATOR, role=role.value)

    async def set_active(self, operator_id: str, active: bool) -> Operator:
        """Deactivation ends every session at once; NotFound; `last_administrator` (409)."""
        return await self._change(operator_id, demotes=not active, active=active)

    async def set_skills(self, operator_id: str, skills: Iterable[str]) -> Operator:
        """Kept in alphabetical order, each once; NotFound."""
        return await self._change(operator_id, demotes=False, skills=sorted(set(skills)))

    async def skills(self) -> frozenset[str]:
        """Every skill that somebody active has."""
        rows = await self._database.read(lambda connection: connection.execute(SKILLS).scalars().all())
        return frozenset(skill for skills in rows for skill in skills)

    async def set_password(
        self, operator_id: str, password_hash: str, *, keep_session: str | None = None
    ) -> None:
        """Ends every session except that of the token `keep_session`; NotFound."""

        def work(connection: Connection) -> None:
            found(connection, operator_id)
            connection.execute(
                update(operators).where(operators.c.id == operator_id).values(password_hash=password_hash)
            )
            kept = "" if keep_session is None else digest(keep_session)
            connection.execute(SIGN_OUT_OTHERS, {"operator": operator_id, "hash": kept})

        await self._database.write(work)

    async def open_session(self, operator_id: str, life: timedelta = SESSION_LIFE) -> str:
        """Signs an active operator in and returns the token, which is not kept; NotFound."""
        token, at = new_token(), self._clock()

        def work(connection: Connection) -> None:
            if not found(connection, operator_id).active:
                raise NotFound("operator")
            connection.execute(EXPIRED, {"now": at})
            connection.execute(
                INSERT_SESSION,
                {
                    "token_hash": digest(token),
                    "operator_id": operator_id,
                    "created_at": at,
                    "last_seen": at,
                    "expires_at": at + life,
                },
            )

        await self._database.write(work)
        return token

    async def session(self, token: str, idle: timedelta = SESSION_IDLE) -> Session | None:
        """The session, unless it has expired, been idle too long, or its operator is not active."""
        key = {"hash": digest(token)}
        row = await self._database.read(lambda connection: connection.execute(SESSION, key).one_or_none())
        at = self._clock()
        if row is None or row.expires_at <= at or at - row.last_seen > idle:
            return None
        if at - row.last_seen >= NOTE_EVERY:
            values = {**key, "now": at}
            await self._database.write(lambda connection: connection.execute(SEEN, values).close())
        return Session(operator_of(row), row.since, row.expires_at)

    async def close_session(self, token: str) -> None:
        """Signs out; unknown tokens are ignored."""
        key = {"hash": digest(token)}
        await self._database.write(lambda connection: connection.execute(SIGN_OUT, key).close())

    async def list(self) -> list[Operator]:
        """Everyone, ordered by name."""
        rows = await self._database.read(lambda connection: connection.execute(ALL).all())
        return [operator_of(row) for row in rows]

    def _invite(self, connection: Connection, token: str) -> Invite:
        row = connection.execute(INVITE, {"hash": digest(token), "now": self._clock()}).one_or_none()
        if row is None:
            raise NotFound("invite")
        return Invite(row.name, Role(row.role), row.expires_at)

    def _insert(
        self, connection: Connection, login: str, name: str, role: Role, password_hash: str
    ) -> Operator:
        operator = Operator(new_id(), folded(login), name, role)
        try:
            connection.execute(
                INSERT,
                {
                    "id": operator.id,
                    "login": operator.login,
                    "name": name,
                    "role": role.value,
                    "active": True,
                    "password_hash": password_hash,
                    "created_at": self._clock(),
                    "skills": [],
                },
            )
        except exc.IntegrityError as error:
            raise FrontlineError("login_taken", "this login is in use", status=409) from error
        return operator

    async def _change(self, operator_id: str, *, demotes: bool, **values: Any) -> Operator:
        def work(connection: Connection) -> Operator:
            administrators = connection.execute(ADMINISTRATORS).scalars().all()
            found(connection, operator_id)
            if demotes and list(administrators) == [operator_id]:
                raise FrontlineError("last_administrator", "one administrator must remain", status=409)
            connection.execute(update(operators).where(operators.c.id == operator_id).values(**values))
            if values.get("active") is False:
                connection.execute(SIGN_OUT_OTHERS, {"operator": operator_id, "hash": ""})
            return operator_of(found(connection, operator_id))

        return await self._database.write(work)


def folded(login: str) -> str:
    """A login as it is kept and compared."""
    return login.strip().casefold()


def found(connection: Connection, operator_id: str) -> Row[Any]:
    """The operator's row; raises NotFound."""
    row = connection.execute(GET, {"operator": operator_id}).one_or_none()
    if row is None:
        raise NotFound("operator")
    return row


def operator_of(row: Row[Any]) -> Operator:
    """A row of `operators`, without the password hash."""
    return Operator(row.id, row.login, row.name, Role(row.role), row.active, tuple(row.skills))
