"""Commits: all that a turn, or one of our people, changes in a conversation, in one transaction.

Every transaction locks the conversation's row first, by updating it; so numbers have no gaps and
nothing deadlocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, insert, select, update

from bot.core.errors import FrontlineError, NotFound, StaleVersion
from bot.core.handoff import RAISED, REQUESTED, TRANSITIONS, Step
from bot.core.types import ConversationStatus, Event, HandoffStatus, NewEvent, Owner
from bot.store import persons, promised
from bot.store.history import GET, LOCKED, OPEN_HANDOFF, SETTLE, append_events, conversation_of, event_of
from bot.store.records import AlreadyAnswered, NewHandoff, Outcome
from bot.store.tables import appends, articles, conversations, events, handoffs, inbox, new_id

NUMBER = (
    update(conversations)
    .where(conversations.c.id == bindparam("of"))
    .values(last_seq=conversations.c.last_seq + bindparam("count"), updated_at=bindparam("now"))
    .returning(*LOCKED)
)
ANSWERED = (
    update(inbox)
    .where(
        inbox.c.conversation_id == bindparam("of"),
        inbox.c.seq == bindparam("answers"),
        inbox.c.reply_from.is_(None),
    )
    .values(answered_at=bindparam("now"), reply_from=bindparam("first"), reply_to=bindparam("last"))
)
REPLIED = select(inbox.c.seq).where(
    inbox.c.conversation_id == bindparam("of"),
    inbox.c.seq == bindparam("answers"),
    inbox.c.reply_from.is_not(None),
)
# Share lock: whoever withdraws an article waits until the answers given from it are committed.
# One article at a time: a list of ids would be compiled anew for every answer.
STILL_PUBLISHED = (
    select(articles.c.id)
    .where(articles.c.id == bindparam("article"), articles.c.published_version.is_not(None))
    .with_for_update(read=True)
)
CANCEL_WAITING = (
    update(handoffs)
    .where(handoffs.c.id == bindparam("handoff"), handoffs.c.status == HandoffStatus.WAITING.value)
    .values(status=HandoffStatus.CANCELLED.value, closed_at=bindparam("now"))
)
RAISE = (
    update(handoffs)
    .where(handoffs.c.id == bindparam("handoff"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("reason", "priority", "context", "skills", "decide_by", "finish_by")
        }
    )
)
APPENDED = (
    select(events)
    .join(
        appends,
        (appends.c.conversation_id == events.c.conversation_id)
        & events.c.seq.between(appends.c.first_seq, appends.c.last_seq),
    )
    .where(appends.c.conversation_id == bindparam("of"), appends.c.client_id == bindparam("client"))
    .order_by(events.c.seq)
)
INSERT_HANDOFF, INSERT_APPEND = insert(handoffs), insert(appends)


def commit(
    connection: Connection,
    conversation_id: str,
    version: int,
    outcome: Outcome,
    *,
    at: datetime,
) -> tuple[Event, ...]:
    """Writes the outcome; `Conversations.commit` says what it raises."""
    # Before the lock, to know the count: each step of a handoff moves the version, so what is read
    # here stands if the version does.
    call, before = standing(connection, conversation_id, outcome)
    count = len(outcome.events) + (call is not None) + outcome.cancel_handoff
    count += len(outcome.calls) + len(outcome.refuses)
    changes = changes_of(outcome)
    row = connection.execute(
        advance(frozenset(changes)),
        {"of": conversation_id, "expected": version, "count": count, "now": at, **changes},
    ).one_or_none()
    if row is None:
        if connection.execute(GET, {"of": conversation_id}).one_or_none() is None:
            raise NotFound("conversation")
        if connection.execute(REPLIED, {"of": conversation_id, "answers": outcome.answers_seq}).first():
            raise AlreadyAnswered  # to think again would be in vain
        raise StaleVersion(conversation_id)
    conversation = conversation_of(row, outcome.state or {})
    require_published(connection, conversation_id, outcome.requires_articles)
    if outcome.identities:
        persons.prove(connection, conversation.customer_id, outcome.identities)
    if outcome.answers_seq is not None:
        first = conversation.last_seq - count + 1
        reply = (first, conversation.last_seq) if count else (None, None)
        mark_answered(connection, conversation_id, outcome.answers_seq, reply, at)
    new = list(outcome.events)
    if outcome.calls or outcome.refuses:
        promised.refuse(connection, outcome.refuses, at)
        new += promised.refusals(outcome.refuses)
        new += promised.schedule(connection, conversation_id, outcome.calls, at)
    if outcome.cancel_handoff:
        new.insert(0, cancelled(connection, conversation_id, at))
    if call is not None:
        new.append(called(connection, conversation_id, call, before, at))
    elif outcome.status is ConversationStatus.CLOSED:
        refuse_open_handoff(connection, conversation_id)
    return append_events(connection, conversation, new, at)


def changes_of(outcome: Outcome) -> dict[str, Any]:
    """The columns of the conversation that the outcome sets."""
    owner = outcome.owner
    if outcome.cancel_handoff:
        owner = Owner.BOT
    if outcome.handoff is not None:
        owner = Owner.QUEUE
    changes: dict[str, Any] = {
        "state": outcome.state,
        "owner": None if owner is None else owner.value,
        "status": None if outcome.status is None else outcome.status.value,
        "locale": outcome.locale,
    }
    return {f"new_{name}": value for name, value in changes.items() if value is not None}


@lru_cache
def advance(changes: frozenset[str]) -> Update:
    """The version check, the numbering and the changes in one statement, built once per shape."""
    return (
        update(conversations)
        .where(conversations.c.id == bindparam("of"), conversations.c.version == bindparam("expected"))
        .values(
            version=conversations.c.version + 1,
            last_seq=conversations.c.last_seq + bindparam("count"),
            updated_at=bindparam("now"),
            **{name.removeprefix("new_"): bindparam(name) for name in changes},
        )
        .returning(*LOCKED)
    )


def require_published(connection: Connection, conversation_id: str, ids: frozenset[str]) -> None:
    """Refuses an answer from an article that was withdrawn while the bot was thinking."""
    for article in sorted(ids):
        if connection.execute(STILL_PUBLISHED, {"article": article}).one_or_none() is None:
            raise StaleVersion(conversation_id)


def mark_answered(
    connection: Connection,
    conversation_id: str,
    seq: int,
    reply: tuple[int, int] | tuple[None, None],
    at: datetime,
) -> None:
    """Ties the reply to the message, once."""
    values = {"of": conversation_id, "answers": seq, "now": at, "first": reply[0], "last": reply[1]}
    if connection.execute(ANSWERED, values).rowcount == 0:
        raise AlreadyAnswered


def standing(
    connection: Connection, conversation_id: str, outcome: Outcome
) -> tuple[NewHandoff | None, Row[Any] | None]:
    """The call for a human, and the open handoff that it meets; no call where one as urgent waits."""
    call = outcome.handoff
    if call is None or outcome.cancel_handoff:
        return call, None
    before = open_handoff(connection, conversation_id)
    if before is not None and before.status == HandoffStatus.WAITING.value:
        return (call if call.priority < before.priority else None), before
    return call, before


def called(
    connection: Connection, conversation_id: str, new: NewHandoff, before: Row[Any] | None, at: datetime
) -> NewEvent:
    """Calls a human, or makes the call that waits more urgent; refuses where an operator has come."""
    if before is None:
        return requested(connection, conversation_id, new, at)
    if before.status != HandoffStatus.WAITING.value:
        raise FrontlineError("handoff_open", "a human has the conversation already", status=409)
    return raised(connection, before, new, at)


def requested(connection: Connection, conversation_id: str, new: NewHandoff, at: datetime) -> NewEvent:
    """Opens a handoff."""
    handoff_id = new_id()
    row = {"id": handoff_id, "conversation_id": conversation_id, "created_at": at}
    row |= {"status": HandoffStatus.WAITING.value, **terms(new, at)}
    connection.execute(INSERT_HANDOFF, row)
    connection.execute(SETTLE, {"settled_id": conversation_id, "settled_at": at})
    return NewEvent(REQUESTED, {"handoff_id": handoff_id, "reason": new.reason, "priority": new.priority})


def raised(connection: Connection, before: Row[Any], new: NewHandoff, at: datetime) -> NewEvent:
    """Makes the waiting handoff more urgent; it keeps its age."""
    changes = {f"new_{name}": value for name, value in terms(new, at).items()}
    connection.execute(RAISE, {"handoff": before.id, **changes})
    data = {"handoff_id": before.id, "reason": new.reason, "priority": new.priority, "before": before.reason}
    return NewEvent(RAISED, data)


def terms(new: NewHandoff, at: datetime) -> dict[str, Any]:
    """The columns that say why a human is needed, and by when."""
    return {
        "reason": new.reason,
        "priority": new.priority,
        "context": new.context,
        "skills": list(new.skills),
        "decide_by": after(at, new.decide_minutes),
        "finish_by": after(at, new.finish_minutes),
    }


def after(at: datetime, minutes: int | None) -> datetime | None:
    """So many minutes later; None without a limit."""
    return None if minutes is None else at + timedelta(minutes=minutes)


def cancelled(connection: Connection, conversation_id: str, at: datetime) -> NewEvent:
    """Ends the waiting handoff because the customer goes back to the bot."""
    row = open_handoff(connection, conversation_id)
    if row is None:
        raise FrontlineError("handoff_ended", "nobody is being waited for", status=409)
    if row.status != HandoffStatus.WAITING.value:
        raise FrontlineError("handoff_taken", "an operator has taken the conversation", status=409)
    connection.execute(CANCEL_WAITING, {"handoff": row.id, "now": at})
    return NewEvent(TRANSITIONS[Step.CANCEL].event, {"handoff_id": row.id})


def refuse_open_handoff(connection: Connection, conversation_id: str) -> None:
    """A conversation that a human waits for, or holds, is closed by the human."""
    if open_handoff(connection, conversation_id) is not None:
        raise FrontlineError("handoff_open", "the conversation is with a human", status=409)


def open_handoff(connection: Connection, conversation_id: str) -> Row[Any] | None:
    """The waiting or claimed handoff of the conversation."""
    return connection.execute(OPEN_HANDOFF, {"conversation_id": conversation_id}).one_or_none()


def append(
    connection: Connection,
    conversation_id: str,
    new: Sequence[NewEvent],
    *,
    client_id: str | None,
    holder: str | None,
    at: datetime,
) -> tuple[Event, ...]:
    """Writes events outside a turn; a lost race on `client_id` is an IntegrityError, to run again."""
    if client_id is not None:
        before = connection.execute(APPENDED, {"of": conversation_id, "client": client_id}).all()
        if before:
            return tuple(event_of(row) for row in before)
    row = connection.execute(NUMBER, {"of": conversation_id, "count": len(new), "now": at}).one_or_none()
    if row is None:
        raise NotFound("conversation")
    conversation = conversation_of(row, {})
    if holder is not None:
        held = open_handoff(connection, conversation_id)
        if held is None or held.claimed_by != holder:
            raise FrontlineError("handoff_not_yours", "you do not hold this conversation", status=409)
    if client_id is not None and new:
        connection.execute(
            INSERT_APPEND,
            {
                "conversation_id": conversation_id,
                "client_id": client_id,
                "first_seq": conversation.last_seq - len(new) + 1,
                "last_seq": conversation.last_seq,
            },
        )
    return append_events(connection, conversation, new, at)
