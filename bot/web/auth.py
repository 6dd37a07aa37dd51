"""Sign-in, sign-out, invitations and one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from bot.core.errors import FrontlineError
from bot.core.types import Operator, Role
from bot.web.access import COOKIE, EVERYONE, Caller, require
from bot.web.errors import declared
from bot.web.fields import Body, Login, Name, NewPassword, Password
from bot.web.house import House, TheHouse
from bot.web.security import client_ip, refuse_foreign

routes = APIRouter(prefix="/api/auth", tags=["sign-in"])

Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{16,200}$")]
Anyone = Annotated[Caller, Depends(require(*EVERYONE))]


class OperatorInfo(BaseModel):
    id: str
    login: str
    name: str
    role: Role

    @classmethod
    def of(cls, operator: Operator) -> OperatorInfo:
        return cls(id=operator.id, login=operator.login, name=operator.name, role=operator.role)


class SignedIn(BaseModel):
    operator: OperatorInfo
    csrf_token: str = Field(description="Repeat it in `X-CSRF-Token` with every change.")


class SignIn(Body):
    login: Login
    password: Password


class Accept(Body):
    login: Login
    name: Name
    password: NewPassword


class ChangePassword(Body):
    old: Password
    new: NewPassword


class InviteInfo(BaseModel):
    role: Role
    name: str


@routes.post("/login", summary="Sign in", responses=declared(401, 403, 422, 429, 503))
async def login(body: SignIn, request: Request, response: Response, house: TheHouse) -> SignedIn:
    """An unknown login and a wrong password get the same answer after the same time."""
    refuse_foreign(request, house.settings)
    await _slow_down(request, house, body.login)
    found = await house.store.operators.by_login(body.login)
    known = found is not None and found[0].active
    right = await house.passwords.verify(found[1] if found and known else None, body.password)
    if found is None or not right:
        await house.store.audit.record(found[0].id if found else "unknown", "sign_in_failed", "session")
        raise FrontlineError("wrong_credentials", "the login or the password is wrong", status=401)
    return await _sign_in(found[0], response, house)


@routes.post("/logout", summary="Sign out", status_code=204, responses=declared(401, 403))
async def logout(caller: Anyone, response: Response, house: TheHouse) -> None:
    await house.store.operators.close_session(caller.token)
    await house.store.audit.record(caller.operator.id, "sign_out", "session")
    house.desk.dismiss(token=caller.token)
    response.delete_cookie(COOKIE, path="/")


@routes.get("/me", summary="Who am I", responses=declared(401))
async def me(caller: Anyone) -> SignedIn:
    return SignedIn(operator=OperatorInfo.of(caller.operator), csrf_token=caller.csrf_token)


@routes.get("/invites/{token}", summary="What an invitation offers", responses=declared(404, 422, 429))
async def invite(token: Token, request: Request, house: TheHouse) -> InviteInfo:
    await _slow_down(request, house, None)
    found = await house.store.operators.invite_by_token(token)
    return InviteInfo(role=found.role, name=found.name)


@routes.post(
    "/invites/{token}", summary="Accept an invitation", responses=declared(403, 404, 409, 422, 429, 503)
)
async def accept(
    token: Token, body: Accept, request: Request, response: Response, house: TheHouse
) -> SignedIn:
    """Creates the account, signs in, and uses the invitation up."""
    refuse_foreign(request, house.settings)
    await _slow_down(request, house, None)
    await house.store.operators.invite_by_token(token)  # before the costly hash
    operator = await house.store.operators.accept_invite(
        token, body.login, body.name, await house.passwords.hash(body.password)
    )
    await house.store.audit.record(operator.id, "invite_accepted", operator.id, {"role": operator.role})
    if operator.role is Role.ADMINISTRATOR:
        house.invite_url = None
    return await _sign_in(operator, response, house)


@routes.post(
    "/password", summary="Change one's own password", status_code=204, responses=declared(401, 403, 422, 429)
)
async def password(body: ChangePassword, caller: Anyone, request: Request, house: TheHouse) -> None:
    """Ends the other sessions of this operator."""
    await _slow_down(request, house, caller.operator.login)
    stored = await house.store.operators.password_hash(caller.operator.id)
    if not await house.passwords.verify(stored, body.old):
        raise FrontlineError("wrong_credentials", "the old password is wrong", status=403)
    await house.store.operators.set_password(
        caller.operator.id, await house.passwords.hash(body.new), keep_session=caller.token
    )
    await house.store.audit.record(caller.operator.id, "password_changed", caller.operator.id)
    house.desk.dismiss(operator_id=caller.operator.id)  # the open desk comes back with its session


async def _slow_down(request: Request, house: House, login: str | None) -> None:
    """Per address against guessing over many logins, per login against many addresses."""
    per_minute = house.settings.limits.logins_per_minute
    await house.limits.check("login", client_ip(request, house.settings), per_minute)
    if login is not None:
        await house.limits.check("login_name", login.casefold(), per_minute)


async def _sign_in(operator: Operator, response: Response, house: House) -> SignedIn:
    token = await house.store.operators.open_session(operator.id)
    await house.store.audit.record(operator.id, "sign_in", "session")
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="strict",
        secure=house.settings.base_url.startswith("https://"),
        path="/",
    )
    return SignedIn(operator=OperatorInfo.of(operator), csrf_token=Caller(operator, token).csrf_token)
