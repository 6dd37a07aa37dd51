"""Calls that we make: claimed once, settled once (`promised` says how they come to be).

Every step is a conditional UPDATE, so that several processes may dial side by side and any of them may
record what became of a call. Like every transaction, these lock the conversation's row first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exc, func, insert, or_, select, update

from bot.core.clock import Clock
from bot.core.errors import FrontlineError, NotFound
from bot.core.outbound import CallKind, CallStatus, OutboundCall
from bot.core.types import NewEvent, Operator
from bot.store import commits, promised
from bot.store.database import Database, Work
from bot.store.history import until_settled
from bot.store.tables import outbound_attempts, outbound_calls, outbound_refusals

ATTEMPTED, CANCELLED = "outbound.attempted", "outbound.cancelled"

WAITING = outbound_calls.c.status == CallStatus.WAITING.value
UNDER_WAY = outbound_calls.c.status == CallStatus.CALLING.value
THIS = outbound_calls.c.id == bindparam("call")
GET = select(outbound_calls).where(THIS)
OF_CONVERSATION = (
    select(outbound_calls)
    .where(outbound_calls.c.conversation_id == bindparam("of"))
    .order_by(outbound_calls.c.created_at, outbound_calls.c.id)
)
DUE = (
    select(outbound_calls)
    .where(
        outbound_calls.c.status.in_([CallStatus.WAITING.value, CallStatus.CALLING.value]),
        outbound_calls.c.due_at <= bindparam("now"),
    )
    .order_by(outbound_calls.c.due_at, outbound_calls.c.id)
)
COUNT_UNDER_WAY = (
    select(func.count())
    .select_from(outbound_calls)
    .where(UNDER_WAY, outbound_calls.c.due_at > bindparam("now"))
)
# What was asked for after the refusal is wanted all the same; a survey nobody asks for.
UNWANTED = (
    select(outbound_refusals.c.phone)
    .where(
        outbound_refusals.c.phone == outbound_calls.c.phone,
        or_(
            outbound_calls.c.kind == CallKind.SURVEY.value,
            outbound_refusals.c.at >= outbound_calls.c.created_at,
        ),
    )
    .exists()
)
IS_UNWANTED = select(outbound_calls.c.id).where(THIS, UNWANTED)
CLAIM = (
    update(outbound_calls)
    .where(THIS, WAITING, outbound_calls.c.due_at <= bindparam("now"), ~UNWANTED)
    .values(
        status=CallStatus.CALLING.value,
        attempts=outbound_calls.c.attempts + 1,
        due_at=bindparam("lost_at"),
        answered_at=None,
        result=None,
    )
    .returning(*outbound_calls.c)
)
RUNG = (
    select(func.count())
    .select_from(outbound_attempts)
    .where(outbound_attempts.c.phone == bindparam("number"), outbound_attempts.c.at >= bindparam("since"))
)
POSTPONE = update(outbound_calls).where(THIS, WAITING).values(due_at=bindparam("next_at"))
END_WAITING = (
    update(outbound_calls)
    .where(THIS, WAITING)
    .values(status=bindparam("new_status"), result=bindparam("new_result"))
)
SETTLE = (
    update(outbound_calls)
    .where(THIS, UNDER_WAY, outbound_calls.c.attempts == bindparam("attempt"))
    .values(
        status=bindparam("new_status"),
        result=bindparam("new_result"),
        due_at=bindparam("next_at"),
    )
)
ANSWERED = (
    update(outbound_calls)
    .where(THIS, UNDER_WAY, outbound_calls.c.attempts == bindparam("attempt"))
    .values(answered_at=bindparam("now"), due_at=bindparam("lost_at"))
)
RESULT = (
    update(outbound_attempts)
    .where(
        outbound_attempts.c.call_id == bindparam("call"), outbound_attempts.c.attempt == bindparam("number")
    )
    .values(result=bindparam("new_result"))
)
INSERT_ATTEMPT = insert(outbound_attempts)


class Superseded(Exception):
    """The call has moved on: another process, or the customer, was faster."""


class Outbound:
    """Scheduled calls. What changes a call that has moved on meanwhile changes nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def get(self, call_id: str) -> OutboundCall:
        """The call as it stands; raises NotFound."""
        row = await self._database.read(
            lambda connection: connection.execute(GET, {"call": call_id}).one_or_none()
        )
        if row is None:
            raise NotFound("call")
        return call_of(row)

    async def of_conversation(self, conversation_id: str) -> list[OutboundCall]:
        """Every call that the conversation led to, the oldest first."""
        return await self._database.read(
            lambda connection: [
                call_of(row) for row in connection.execute(OF_CONVERSATION, {"of": conversation_id})
            ]
        )

    async def due(self, now: datetime, limit: int = 50) -> list[OutboundCall]:
        """Calls that wait and may be tried, and calls under way of which nobody has heard in time."""
        return await self._database.read(
            lambda connection: [call_of(row) for row in connection.execute(DUE.limit(limit), {"now": now})]
        )

    async def under_way(self, now: datetime) -> int:
        """How many calls are being made now, by all processes."""
        return await self._database.read(
            lambda connection: connection.execute(COUNT_UNDER_WAY, {"now": now}).scalar_one()
        )

    async def rung(self, phone: str, since: datetime) -> int:
        """How often the number was rung since then."""
        values = {"number": phone, "since": since}
        return await self._database.read(lambda connection: connection.execute(RUNG, values).scalar_one())

    async def claim(
        self, call_id: str, *, lost_at: datetime, since: datetime, per_day: int
    ) -> OutboundCall | None:
        """Takes a waiting call that is due, to place it now; of several processes one gets it.

        None: somebody else has it, the number is being called or was rung `per_day` times since `since`, or
        the customer wants no calls. At `lost_at` the attempt is given up for lost.
        """

        def work(connection: Connection) -> OutboundCall | None:
            now = self._clock()
            row = connection.execute(CLAIM, {"call": call_id, "now": now, "lost_at": lost_at}).one_or_none()
            if row is None:
                raise Superseded
            # Counted after the claim: whoever rang the number before has committed by now.
            rung = connection.execute(RUNG, {"number": row.phone, "since": since}).scalar_one()
            if rung >= per_day:
                raise Superseded
            attempt = {"call_id": row.id, "attempt": row.attempts, "phone": row.phone, "at": now}
            connection.execute(INSERT_ATTEMPT, attempt)
            return call_of(row)

        try:
            return await self._database.write(work)
        except (Superseded, exc.IntegrityError):  # the latter: another call to the number is under way
            return None

    async def postpone(self, call_id: str, until: datetime) -> None:
        """A waiting call is tried later."""
        values = {"call": call_id, "next_at": until}
        await self._database.write(lambda connection: connection.execute(POSTPONE, values).close())

    async def answered(self, call: OutboundCall, lost_at: datetime) -> None:
        """Somebody has picked up: from now on the call is in good hands, whatever becomes of us."""
        values = {"call": call.id, "attempt": call.attempts, "now": self._clock(), "lost_at": lost_at}
        await self._database.write(lambda connection: connection.execute(ANSWERED, values).close())

    async def settle(
        self, call: OutboundCall, status: CallStatus, result: str, next_at: datetime | None = None
    ) -> bool:
        """Writes how the attempt ended, once; False: somebody has written it before.

        `status` WAITING tries again at `next_at`, unless the customer wants no calls by now; the event tells
        the desk.
        """

        def work(connection: Connection) -> None:
            ends, again = status, next_at
            if again is not None and connection.execute(IS_UNWANTED, {"call": call.id}).one_or_none():
                ends, again = CallStatus.REFUSED, None
            told = told_of(call, ends, result, again)
            self._tell(connection, call.conversation_id, NewEvent(ATTEMPTED, told))
            values = {"call": call.id, "attempt": call.attempts, "new_status": ends.value}
            values |= {"new_result": result, "next_at": again or call.due_at}
            if connection.execute(SETTLE, values).rowcount == 0:
                raise Superseded
            connection.execute(RESULT, {"call": call.id, "number": call.attempts, "new_result": result})

        return await self._once(work)

    async def give_up(self, call: OutboundCall, status: CallStatus, result: str) -> bool:
        """Ends a call that waits; False: it does not any more."""
        event = NewEvent(ATTEMPTED, told_of(call, status, result, None))
        return await self._once(lambda connection: self._end(connection, call, status, result, event))

    async def cancel(self, call_id: str, operator: Operator) -> None:
        """An operator takes the call back; raises NotFound and `FrontlineError("call_not_waiting", 409)`."""
        call = await self.get(call_id)
        told = {
            **promised.told(call.id, call.kind),
            "operator_id": operator.id,
            "operator_name": operator.name,
        }
        if not await self._once(
            lambda connection: self._end(
                connection, call, CallStatus.CANCELLED, operator.id, NewEvent(CANCELLED, told)
            )
        ):
            raise FrontlineError("call_not_waiting", "the call is being made, or has ended", status=409)

    async def refuse(self, conversation_id: str, phone: str) -> None:
        """The customer wants no calls: what waits is cancelled, and no survey is made any more."""

        def work(connection: Connection) -> None:
            at = self._clock()
            self._tell(connection, conversation_id, *promised.refusals([phone]))
            promised.refuse(connection, [phone], at)

        await until_settled(lambda: self._database.write(work))

    async def refused(self, phone: str) -> bool:
        """Whether the number wants no calls."""
        return await self._database.read(lambda connection: promised.is_refused(connection, phone))

    def _end(
        self, connection: Connection, call: OutboundCall, status: CallStatus, result: str, event: NewEvent
    ) -> None:
        self._tell(connection, call.conversation_id, event)
        values = {"call": call.id, "new_status": status.value, "new_result": result}
        if connection.execute(END_WAITING, values).rowcount == 0:
            raise Superseded

    def _tell(self, connection: Connection, conversation_id: str, *events: NewEvent) -> None:
        commits.append(connection, conversation_id, events, client_id=None, holder=None, at=self._clock())

    async def _once(self, work: Work[None]) -> bool:
        try:
            await self._database.write(work)
        except Superseded:
            return False
        return True


def told_of(call: OutboundCall, status: CallStatus, result: str, next_at: datetime | None) -> dict[str, Any]:
    """The data of `outbound.attempted`."""
    return {
        **promised.told(call.id, call.kind),
        "attempt": call.attempts,
        "result": result,
        "status": status.value,
        "next_at": None if next_at is None else next_at.isoformat(),
    }


def call_of(row: Row[Any]) -> OutboundCall:
    """A row of `outbound_calls`."""
    return OutboundCall(
        id=row.id,
        conversation_id=row.conversation_id,
        kind=CallKind(row.kind),
        phone=row.phone,
        topic=row.topic,
        status=CallStatus(row.status),
        due_at=row.due_at,
        expires_at=row.expires_at,
        attempts=row.attempts,
        created_at=row.created_at,
        answered_at=row.answered_at,
        result=row.result,
    )
