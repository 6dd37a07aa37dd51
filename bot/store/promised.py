"""How calls that we make come to be, and how they are called off: parts of other transactions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.core.outbound import LASTS, CallKind, CallStatus, NewCall
from bot.core.types import NewEvent
from bot.store.tables import new_id, outbound_calls, outbound_refusals

SCHEDULED, REFUSED = "outbound.scheduled", "outbound.refused"
REPLACED = "replaced"  # by a later call of the kind to the number

WAITS_FOR = (outbound_calls.c.phone == bindparam("number")) & (
    outbound_calls.c.status == CallStatus.WAITING.value
)
END_ALL = update(outbound_calls).where(WAITS_FOR).values(status=bindparam("new_status"), result=None)
REPLACE = (
    update(outbound_calls)
    .where(WAITS_FOR, outbound_calls.c.kind == bindparam("of_kind"))
    .values(status=CallStatus.CANCELLED.value, result=REPLACED)
)
IS_REFUSED = select(outbound_refusals.c.phone).where(outbound_refusals.c.phone == bindparam("number"))
REFUSE_AGAIN = (
    update(outbound_refusals)
    .where(outbound_refusals.c.phone == bindparam("number"))
    .values(at=bindparam("now"))
)
INSERT, INSERT_REFUSAL = insert(outbound_calls), insert(outbound_refusals)


def told(call_id: str, kind: CallKind) -> dict[str, Any]:
    """How events name a call."""
    return {"call_id": call_id, "kind": kind.value}


def schedule(
    connection: Connection, conversation_id: str, calls: Sequence[NewCall], at: datetime
) -> list[NewEvent]:
    """Writes the calls; one event each. A later call takes the place of one that waits."""
    events = []
    for call in calls:
        connection.execute(REPLACE, {"number": call.phone, "of_kind": call.kind.value})
        call_id = new_id()
        connection.execute(
            INSERT,
            {
                "id": call_id,
                "conversation_id": conversation_id,
                "kind": call.kind.value,
                "phone": call.phone,
                "topic": call.topic,
                "status": CallStatus.WAITING.value,
                "due_at": call.due_at,
                "expires_at": call.due_at + LASTS[call.kind],
                "attempts": 0,
                "created_at": at,
            },
        )
        events.append(NewEvent(SCHEDULED, {**told(call_id, call.kind), "due_at": call.due_at.isoformat()}))
    return events


def refusals(phones: Sequence[str]) -> list[NewEvent]:
    """What the conversation in which the customer said it shows."""
    return [NewEvent(REFUSED, {}) for _ in phones]


def refuse(connection: Connection, phones: Sequence[str], at: datetime) -> None:
    """No more calls to these numbers; two at once for one of them end in an IntegrityError, to run again."""
    for phone in phones:
        connection.execute(END_ALL, {"number": phone, "new_status": CallStatus.REFUSED.value})
        if connection.execute(REFUSE_AGAIN, {"number": phone, "now": at}).rowcount == 0:
            connection.execute(INSERT_REFUSAL, {"phone": phone, "at": at})


def is_refused(connection: Connection, phone: str) -> bool:
    return connection.execute(IS_REFUSED, {"number": phone}).one_or_none() is not None
