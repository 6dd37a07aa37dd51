"""Operators, visitors, API keys and the audit on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from held_clock import HeldClock
from sqlalchemy import select

from bot.core.errors import FrontlineError, NotFound
from bot.core.types import Conversation, Inbound, Operator, Role
from bot.store import tables
from bot.store.engine import Store
from bot.store.records import Outcome, Verified


async def administrator(store: Store, login: str = "Anna") -> Operator:
    return await store.operators.create(login, "Анна", Role.ADMINISTRATOR, "hash")


async def test_invitation_is_used_once(store: Store, clock: HeldClock) -> None:
    operators = store.operators
    token = await operators.invite(Role.EDITOR, "Борис", "anna")
    invite = await operators.invite_by_token(token)
    assert (invite.name, invite.role) == ("Борис", Role.EDITOR)
    results = await asyncio.gather(
        *(operators.accept_invite(token, f"boris{number}", "Борис", "hash") for number in range(5)),
        return_exceptions=True,
    )
    accepted = [result for result in results if isinstance(result, Operator)]
    assert [operator.role for operator in accepted] == [Role.EDITOR]
    assert await operators.list() == accepted
    with pytest.raises(NotFound):
        await operators.invite_by_token(token)
    late = await operators.invite(Role.EDITOR, "Поздний", "anna", timedelta(hours=1))
    clock.advance(timedelta(hours=2))
    with pytest.raises(NotFound):
        await operators.accept_invite(late, "late", "Поздний", "hash")


async def test_logins_ignore_case(store: Store) -> None:
    anna = await administrator(store, " Anna ")
    assert await store.operators.by_login("ANNA") == (anna, "hash")
    assert await store.operators.by_login("nobody") is None
    token = await store.operators.invite(Role.OPERATOR, "x", "y")
    with pytest.raises(FrontlineError) as raised:
        await store.operators.accept_invite(token, "anna", "x", "h")
    assert raised.value.code == "login_taken"
    await store.operators.accept_invite(token, "other", "x", "h")


async def test_sessions_expire(store: Store, clock: HeldClock) -> None:
    operators = store.operators
    anna = await administrator(store)
    token = await operators.open_session(anna.id, timedelta(days=1))
    for _ in range(3):
        clock.advance(timedelta(hours=7))
        session = await operators.session(token, timedelta(hours=8))
        assert session is not None
        assert session.operator == anna
    clock.advance(timedelta(hours=7))
    assert await operators.session(token, timedelta(hours=8)) is None  # 28 hours after the start
    idle = await operators.open_session(anna.id)
    clock.advance(timedelta(hours=8, minutes=1))
    assert await operators.session(idle, timedelta(hours=8)) is None
    gone = await operators.open_session(anna.id)
    await operators.close_session(gone)
    assert await operators.session(gone) is None
    assert await operators.session("made up") is None
    with pytest.raises(NotFound):
        await operators.open_session("nobody")


async def test_deactivation_and_passwords_end_sessions(store: Store) -> None:
    operators = store.operators
    anna = await administrator(store)
    boris = await operators.create("boris", "Борис", Role.OPERATOR, "hash")
    first, second = await operators.open_session(boris.id), await operators.open_session(boris.id)
    await operators.set_password(boris.id, "new", keep_session=first)
    assert await operators.session(first) is not None
    assert await operators.session(second) is None
    assert await operators.password_hash(boris.id) == "new"
    assert not (await operators.set_active(boris.id, False)).active
    assert await operators.session(first) is None
    with pytest.raises(NotFound):
        await operators.open_session(boris.id)
    await operators.set_active(boris.id, True)
    assert await operators.session(first) is None
    assert await operators.get(anna.id) == anna
    for step in (operators.get("x"), operators.password_hash("x"), operators.set_password("x", "y")):
        with pytest.raises(NotFound):
            await step


async def test_one_administrator_remains(store: Store) -> None:
    operators = store.operators
    anna, boris = await administrator(store), await administrator(store, "boris")
    results = await asyncio.gather(
        operators.set_role(anna.id, Role.OPERATOR),
        operators.set_active(boris.id, False),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Operator) for result in results) == 1
    [error] = [result for result in results if isinstance(result, FrontlineError)]
    assert error.code == "last_administrator"


async def test_skills_are_those_of_who_is_active(store: Store) -> None:
    operators = store.operators
    anna = await administrator(store)
    boris = await operators.create("boris", "Борис", Role.OPERATOR, "hash")
    assert boris.skills == ()
    assert await operators.skills() == frozenset()
    changed = await operators.set_skills(boris.id, ["kk", "fraud", "kk"])
    assert changed.skills == ("fraud", "kk")
    assert await operators.get(boris.id) == changed
    await operators.set_skills(anna.id, ["uz"])
    assert await operators.skills() == {"fraud", "kk", "uz"}
    session = await operators.session(await operators.open_session(boris.id))
    assert session is not None
    assert session.operator.skills == ("fraud", "kk")
    await operators.set_active(boris.id, False)
    assert await operators.skills() == {"uz"}
    assert (await operators.set_skills(anna.id, [])).skills == ()
    with pytest.raises(NotFound):
        await operators.set_skills("x", ["kk"])


async def test_a_session_speaks_for_one_customer(store: Store, clock: HeldClock) -> None:
    token = await store.visitors.create("v-1")
    orlov = Verified("c-orlov", clock() + timedelta(hours=1))
    assert await store.visitors.verify(token, orlov)
    visitor = await store.visitors.by_token(token)
    assert visitor is not None
    assert visitor.verified == orlov
    assert visitor.customer(clock()) == "c-orlov"
    assert visitor.customer(orlov.until) is None
    clock.advance(timedelta(hours=2))
    until = clock() + timedelta(hours=1)
    assert not await store.visitors.verify(token, Verified("c-belova", until))
    assert await store.visitors.verify(token, Verified("c-orlov", until))
    assert not await store.visitors.verify("made up", orlov)


async def test_visitor_token(store: Store, clock: HeldClock) -> None:
    token = await store.visitors.create("v-1", locale="en", consent_version="2026-01")
    visitor = await store.visitors.by_token(token)
    assert visitor is not None
    assert (visitor.address, visitor.locale, visitor.consent_version) == ("v-1", "en", "2026-01")
    clock.advance(timedelta(days=1))
    await store.visitors.by_token(token)
    again = await store.visitors.by_token(token)
    assert again is not None
    assert again.last_seen > visitor.last_seen
    assert await store.visitors.by_token("\ud800 made up") is None


async def test_api_key(store: Store) -> None:
    record, key = await store.keys.create("crm", "anna", "https://crm.example/hook")
    assert key.startswith("flk_")
    assert key.startswith(record.prefix)
    found = await store.keys.by_key(key)
    assert found is not None
    assert (found.id, found.secret, found.webhook_url) == (
        record.id,
        record.secret,
        "https://crm.example/hook",
    )
    assert record.secret not in repr(record)
    await store.keys.revoke(record.id)
    assert await store.keys.by_key(key) is None
    assert [(one.id, one.revoked) for one in await store.keys.list()] == [(record.id, True)]
    assert (await store.keys.get(record.id)).last_used_at is not None
    for step in (store.keys.revoke("x"), store.keys.get("x")):
        with pytest.raises(NotFound):
            await step


async def test_tokens_are_not_kept(store: Store) -> None:
    anna = await administrator(store)
    tokens = [
        await store.operators.invite(Role.EDITOR, "x", "y"),
        await store.operators.open_session(anna.id),
        await store.visitors.create("v"),
        (await store.keys.create("k", "y"))[1],
    ]
    kept = ""
    for table in (tables.invites, tables.operator_sessions, tables.chat_sessions, tables.api_keys):
        rows = await store._database.read(
            lambda connection, table=table: connection.execute(select(table)).all()
        )
        kept += repr(rows)
    assert not any(token in kept for token in tokens)


async def test_audit_is_read_in_pages(store: Store) -> None:
    for number in range(5):
        await store.audit.record("anna", "published", f"a{number}", {"n": number})
    newest = await store.audit.list(limit=2)
    assert [entry.object for entry in newest] == ["a4", "a3"]
    older = await store.audit.list(before=newest[-1].id)
    assert [entry.details for entry in older] == [{"n": 2}, {"n": 1}, {"n": 0}]


async def test_who_is_proved_to_be_somebody_known_is_that_person_everywhere(store: Store) -> None:
    async def begun(channel: str, address: str) -> Conversation:
        return await store.conversations.begin(Inbound(channel, address, "", ""))

    async def prove(conversation: Conversation, *identities: tuple[str, str]) -> Conversation:
        fresh = await store.conversations.get(conversation.id)
        await store.conversations.commit(fresh.id, fresh.version, Outcome(identities=identities))
        return await store.conversations.get(conversation.id)

    call = await begun("phone", "+79000000001")
    chat = await begun("web_chat", "web-1")
    assert chat.customer_id != call.customer_id
    chat = await prove(chat, ("company", "c-1"), ("phone", "+79000000001"))
    assert chat.customer_id == call.customer_id
    assert [each.id for each in await store.conversations.earlier(chat)] == [call.id]
    customer = await store.conversations.customer(chat.customer_id)
    assert customer.identities == (("company", "c-1"), ("phone", "+79000000001"), ("web_chat", "web-1"))
    again = await prove(await begun("rest", "k|u"), ("company", "c-1"))
    assert again.customer_id == call.customer_id
    assert (await begun("phone", "+79000000001")).id == call.id
    assert await store.conversations.earlier(await begun("web_chat", "web-2")) == []
