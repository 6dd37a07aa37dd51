"""The team, its API keys, and the list of who did what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from bot.core.types import Operator, Role
from bot.dialog import languages
from bot.store.records import ApiKey
from bot.web.access import Caller, require
from bot.web.errors import declared
from bot.web.fields import Body, Name, ObjectId
from bot.web.house import TheHouse

routes = APIRouter(prefix="/api", tags=["team"], responses=declared(401, 403))

Administrator = Annotated[Caller, Depends(require())]
Overseer = Annotated[Caller, Depends(require(Role.SUPERVISOR))]
Skill = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$", examples=["kk"])]


class Member(BaseModel):
    id: str
    login: str
    name: str
    role: Role
    active: bool
    skills: list[str]

    @classmethod
    def of(cls, operator: Operator) -> Member:
        return cls(
            id=operator.id,
            login=operator.login,
            name=operator.name,
            role=operator.role,
            active=operator.active,
            skills=list(operator.skills),
        )


class NewInvite(Body):
    role: Role
    name: Name


class InviteLink(BaseModel):
    url: str = Field(description="Works once, for seven days. Shown only now.")


class ChangeMember(Body):
    role: Role | None = None
    active: bool | None = None


class ChangeSkills(Body):
    skills: list[Skill] = Field(max_length=20, description="All that they have from now on.")


class KeyInfo(BaseModel):
    id: str
    name: str
    prefix: str = Field(description="The beginning of the key, to recognise it by.")
    webhook_url: str | None
    created_at: str
    last_used_at: str | None
    revoked: bool

    @classmethod
    def of(cls, key: ApiKey) -> KeyInfo:
        return cls(
            id=key.id,
            name=key.name,
            prefix=key.prefix,
            webhook_url=key.webhook_url,
            created_at=key.created_at.isoformat(),
            last_used_at=None if key.last_used_at is None else key.last_used_at.isoformat(),
            revoked=key.revoked,
        )


class NewKey(Body):
    name: Name
    webhook_url: str | None = Field(
        default=None, max_length=500, pattern=r"^https?://[^\s/?#@\x00-\x20\x7f]+(/[^\s\x00-\x20\x7f]*)?$"
    )


class CreatedKey(BaseModel):
    info: KeyInfo
    key: str = Field(description="The API key. Shown only now.")
    webhook_secret: str = Field(description="Signs the webhook deliveries. Shown only now.")


class AuditLine(BaseModel):
    id: int
    at: str
    actor: str = Field(description="Operator id, or the name of a command.")
    actor_name: str | None
    action: str
    object: str
    details: dict[str, Any]


@routes.get("/team", summary="Everyone")
async def team(_: Overseer, house: TheHouse) -> list[Member]:
    return [Member.of(operator) for operator in await house.store.operators.list()]


@routes.get("/team/skills", summary="Skills to choose from")
async def known_skills(_: Overseer, house: TheHouse) -> list[str]:
    """What the rules of escalation ask for, languages, and what colleagues have."""
    asked = () if house.dialog is None else house.dialog.skills
    had = (skill for operator in await house.store.operators.list() for skill in operator.skills)
    return sorted({*asked, *languages.codes(), *had})


@routes.post("/team/invites", summary="Invite a colleague", status_code=201)
async def invite(body: NewInvite, caller: Administrator, house: TheHouse) -> InviteLink:
    token = await house.store.operators.invite(body.role, body.name, caller.operator.id)
    await house.store.audit.record(caller.operator.id, "invite", "team", {"role": body.role})
    return InviteLink(url=f"{house.settings.base_url}/invite/{token}")


@routes.post("/team/{operator_id}", summary="Change role, or switch off and on", responses=declared(404, 409))
async def change(operator_id: ObjectId, body: ChangeMember, caller: Administrator, house: TheHouse) -> Member:
    """Takes effect at once: open desks of the operator are closed. The last administrator stays one."""
    operator = await house.store.operators.get(operator_id)
    if body.role is not None and body.role is not operator.role:
        operator = await house.store.operators.set_role(operator_id, body.role)
        await house.store.audit.record(
            caller.operator.id, "role_changed", f"operator:{operator_id}", {"role": body.role}
        )
        house.desk.dismiss(operator_id=operator_id)
    if body.active is not None and body.active is not operator.active:
        operator = await house.store.operators.set_active(operator_id, body.active)
        action = "activated" if body.active else "deactivated"
        await house.store.audit.record(caller.operator.id, action, f"operator:{operator_id}")
        if not body.active:
            house.desk.dismiss(operator_id=operator_id)
            released = await house.store.handoffs.release_all(operator_id)
            for conversation_id in {event.conversation_id for event in released}:
                await house.bus.publish("conversation", conversation_id)
            await house.bus.publish("queue", "")
        await house.skills.changed()
    return Member.of(operator)


@routes.put("/team/{operator_id}/skills", summary="Say what a colleague knows", responses=declared(404))
async def change_skills(
    operator_id: ObjectId, body: ChangeSkills, caller: Overseer, house: TheHouse
) -> Member:
    """Customers are offered a language, and the desk shows who is meant, within seconds."""
    before = await house.store.operators.get(operator_id)
    operator = await house.store.operators.set_skills(operator_id, body.skills)
    if operator.skills != before.skills:
        await house.store.audit.record(
            caller.operator.id,
            "skills_changed",
            f"operator:{operator_id}",
            {"skills": list(operator.skills)},
        )
        house.desk.renew(operator)
        await house.skills.changed()
        await house.bus.publish("queue", "")
    return Member.of(operator)


@routes.get("/keys", summary="API keys of partners")
async def keys(_: Administrator, house: TheHouse) -> list[KeyInfo]:
    return [KeyInfo.of(key) for key in await house.store.keys.list()]


@routes.post("/keys", summary="Create an API key", status_code=201)
async def create_key(body: NewKey, caller: Administrator, house: TheHouse) -> CreatedKey:
    record, key = await house.store.keys.create(body.name, caller.operator.id, body.webhook_url)
    await house.store.audit.record(caller.operator.id, "key_created", f"key:{record.id}", {"name": body.name})
    return CreatedKey(info=KeyInfo.of(record), key=key, webhook_secret=record.secret)


@routes.delete("/keys/{key_id}", summary="Revoke an API key", status_code=204, responses=declared(404))
async def revoke_key(key_id: ObjectId, caller: Administrator, house: TheHouse) -> None:
    await house.store.keys.revoke(key_id)
    await house.store.audit.record(caller.operator.id, "key_revoked", f"key:{key_id}")


@routes.get("/audit", summary="Who did what, newest first")
async def audit(
    _: Overseer, house: TheHouse, before: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> list[AuditLine]:
    """A hundred lines; `before` continues from an id."""
    names = {operator.id: operator.name for operator in await house.store.operators.list()}
    return [
        AuditLine(
            id=entry.id,
            at=entry.at.isoformat(),
            actor=entry.actor,
            actor_name=names.get(entry.actor),
            action=entry.action,
            object=entry.object,
            details=dict(entry.details),
        )
        for entry in await house.store.audit.list(before=before)
    ]
