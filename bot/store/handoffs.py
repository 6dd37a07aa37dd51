"""Handoffs: the queue to the humans and its transitions (`bot.core.handoff` says which are legal)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn

from sqlalchemy import Connection, Row, Update, and_, bindparam, func, or_, select, update

from bot.core.clock import Clock
from bot.core.errors import FrontlineError, NotFound
from bot.core.handoff import OPEN, TRANSITIONS, Step
from bot.core.outbound import NewCall
from bot.core.types import Event, Handoff, HandoffStatus, NewEvent
from bot.core.waiting import Wait
from bot.store import desk, persons, promised
from bot.store.database import Database
from bot.store.history import OPEN_HANDOFF, SETTLE, append_events, conversation_of, handoff_of
from bot.store.records import QueueItem
from bot.store.tables import conversations, handoffs, operators

GET = select(handoffs).where(handoffs.c.id == bindparam("handoff"))
LATEST = (
    select(handoffs)
    .where(handoffs.c.conversation_id == bindparam("conversation_id"))
    .order_by(handoffs.c.status.in_([status.value for status in OPEN]).desc(), handoffs.c.created_at.desc())
    .limit(1)
)
HELD = select(handoffs.c.id).where(
    handoffs.c.claimed_by == bindparam("operator"), handoffs.c.status == HandoffStatus.CLAIMED.value
)
NAME = select(operators.c.name).where(operators.c.id == bindparam("operator"))
# Locks the conversation before the handoff, as every transaction does.
TURN_OVER = (
    update(conversations)
    .where(
        conversations.c.id
        == select(handoffs.c.conversation_id).where(handoffs.c.id == bindparam("handoff")).scalar_subquery()
    )
    .values(
        version=conversations.c.version + 1,
        last_seq=conversations.c.last_seq + bindparam("count"),
        updated_at=bindparam("now"),
        owner=bindparam("new_owner"),
        status=bindparam("new_status"),
    )
    .returning(*conversations.c)
)
WAITING = handoffs.c.status == HandoffStatus.WAITING.value
AHEAD = handoffs.alias("ahead")
POSITION = (
    select(func.count(AHEAD.c.id))
    .select_from(handoffs)
    .join(
        AHEAD,
        (AHEAD.c.status == HandoffStatus.WAITING.value)
        & or_(
            AHEAD.c.priority < handoffs.c.priority,
            and_(
                AHEAD.c.priority == handoffs.c.priority,
                or_(
                    AHEAD.c.created_at < handoffs.c.created_at,
                    and_(AHEAD.c.created_at == handoffs.c.created_at, AHEAD.c.id <= handoffs.c.id),
                ),
            ),
        ),
    )
    .where(handoffs.c.id == bindparam("handoff"), WAITING)
)
MOST_WAITS = 500  # of a rush: the newest tell enough
# Conversations are found by when they changed, for handoffs have no index by time.
WAITS = (
    select(handoffs.c.created_at, handoffs.c.claimed_at, handoffs.c.closed_at)
    .where(
        handoffs.c.conversation_id.in_(
            select(conversations.c.id).where(conversations.c.updated_at >= bindparam("since"))
        ),
        handoffs.c.created_at >= bindparam("since"),
    )
    .order_by(handoffs.c.created_at.desc())
    .limit(MOST_WAITS)
)


@lru_cache
def step_statement(step: Step) -> Update:
    """The transition, legal only from its sources and, where it says so, for the holder."""
    transition = TRANSITIONS[step]
    statement = update(handoffs).where(
        handoffs.c.id == bindparam("handoff"),
        handoffs.c.status.in_([status.value for status in transition.sources]),
    )
    if transition.holder:
        statement = statement.where(handoffs.c.claimed_by == bindparam("operator"))
    values: dict[str, Any] = {"status": transition.target.value}
    if step is Step.CLAIM:
        values |= {"claimed_by": bindparam("operator"), "claimed_at": bindparam("now")}
    elif step is Step.RELEASE:
        values |= {"claimed_by": None, "claimed_at": None}
    else:
        values |= {"closed_at": bindparam("now")}
    if step is Step.CLOSE:
        values["resolution"] = bindparam("new_resolution")
    return statement.values(**values).returning(*handoffs.c)


class HeldAlready(Exception):
    """The holder claims what he holds."""


class Handoffs:
    """Each step changes handoff and conversation and writes its event in one transaction.

    Steps return the events they wrote. They raise NotFound, and `FrontlineError` with status 409:
    `handoff_taken` (claimed by another operator), `handoff_not_yours` (release, give_back and close by
    someone who does not hold it), `handoff_not_claimed` (nobody holds it yet), `handoff_ended`.
    Event data: {"handoff_id", "operator_id", "operator_name"}, without the operator for cancel, and
    "resolution" on close; `handoff.requested` has {"handoff_id", "reason", "priority"}, and
    `handoff.raised` the reason "before" as well.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def queue(self) -> list[QueueItem]:
        """Every open handoff, waiting and claimed, in the order to serve: priority, then waiting time."""
        return await self._database.read(desk.queue)

    async def get(self, handoff_id: str) -> Handoff:
        """The handoff as it stands; raises NotFound."""
        row = await self._database.read(
            lambda connection: connection.execute(GET, {"handoff": handoff_id}).one_or_none()
        )
        if row is None:
            raise NotFound("handoff")
        return handoff_of(row)

    async def open_of(self, conversation_id: str) -> Handoff | None:
        """The waiting or claimed handoff of a conversation."""
        row = await self._database.read(
            lambda connection: connection.execute(
                OPEN_HANDOFF, {"conversation_id": conversation_id}
            ).one_or_none()
        )
        return None if row is None else handoff_of(row)

    async def latest_of(self, conversation_id: str) -> Handoff | None:
        """The open handoff of a conversation, or else the newest of those that ended."""
        row = await self._database.read(
            lambda connection: connection.execute(LATEST, {"conversation_id": conversation_id}).one_or_none()
        )
        return None if row is None else handoff_of(row)

    async def serves(self, operator_id: str, customer_id: str) -> bool:
        """Whether the operator holds a conversation of this person now."""
        return await self._database.read(
            lambda connection: persons.serves(connection, operator_id, customer_id)
        )

    async def position(self, handoff_id: str) -> int | None:
        """1 for the next to be served; None when the handoff is not waiting."""
        place = await self._database.read(
            lambda connection: connection.execute(POSITION, {"handoff": handoff_id}).scalar_one()
        )
        return place or None

    async def waits(self, since: datetime) -> list[Wait]:
        """How long those waited, or wait, who asked for a human since then; the newest first."""
        return await self._database.read(
            lambda connection: [
                Wait(row.created_at, row.claimed_at or row.closed_at, served=row.claimed_at is not None)
                for row in connection.execute(WAITS, {"since": since})
            ]
        )

    async def claim(self, handoff_id: str, operator_id: str) -> tuple[Event, ...]:
        """Takes a waiting handoff; of two at once one wins. The holder's repeat writes nothing.

        What the customer has said and nobody has answered is the operator's to answer now.
        """
        try:
            return await self._step(Step.CLAIM, handoff_id, operator_id)
        except HeldAlready:
            return ()

    async def release(self, handoff_id: str, operator_id: str) -> tuple[Event, ...]:
        """Puts a held handoff back into the queue, at its old place."""
        return await self._step(Step.RELEASE, handoff_id, operator_id)

    async def give_back(self, handoff_id: str, operator_id: str) -> tuple[Event, ...]:
        """Returns the conversation to the bot."""
        return await self._step(Step.GIVE_BACK, handoff_id, operator_id)

    async def close(
        self,
        handoff_id: str,
        operator_id: str,
        resolution: str,
        comment: str = "",
        *,
        survey: NewCall | None = None,
    ) -> tuple[Event, ...]:
        """Resolves: closes handoff and conversation. `comment` becomes a `note` for the desk.

        `survey` is a call that the customer has agreed to; a number that wants no calls gets none.
        """
        return await self._step(
            Step.CLOSE, handoff_id, operator_id, resolution=resolution, comment=comment, survey=survey
        )

    async def cancel(self, handoff_id: str) -> tuple[Event, ...]:
        """The customer goes back to the bot before anyone claimed (also: `Outcome.cancel_handoff`)."""
        return await self._step(Step.CANCEL, handoff_id, None)

    async def release_all(self, operator_id: str) -> tuple[Event, ...]:
        """Puts everything an operator holds back into the queue (sign-out for good, deactivation)."""

        def work(connection: Connection) -> tuple[Event, ...]:
            held = connection.execute(HELD, {"operator": operator_id}).scalars().all()
            return tuple(
                event
                for handoff_id in sorted(held)
                for event in self._take(connection, Step.RELEASE, handoff_id, operator_id)
            )

        return await self._database.write(work)

    async def _step(
        self,
        step: Step,
        handoff_id: str,
        operator_id: str | None,
        *,
        resolution: str | None = None,
        comment: str = "",
        survey: NewCall | None = None,
    ) -> tuple[Event, ...]:
        return await self._database.write(
            lambda connection: self._take(
                connection,
                step,
                handoff_id,
                operator_id,
                resolution=resolution,
                comment=comment,
                survey=survey,
            )
        )

    def _take(
        self,
        connection: Connection,
        step: Step,
        handoff_id: str,
        operator_id: str | None,
        *,
        resolution: str | None = None,
        comment: str = "",
        survey: NewCall | None = None,
    ) -> tuple[Event, ...]:
        at = self._clock()
        transition = TRANSITIONS[step]
        new = [NewEvent(transition.event, self._data(connection, handoff_id, operator_id, resolution))]
        if comment:
            name = new[0].data["operator_name"]
            new.insert(0, NewEvent("note", {"author": "operator", "name": name, "text": comment}))
        surveys = (survey,) if survey and not promised.is_refused(connection, survey.phone) else ()
        conversation = connection.execute(
            TURN_OVER,
            {
                "handoff": handoff_id,
                "count": len(new) + len(surveys),
                "now": at,
                "new_owner": transition.owner.value,
                "new_status": transition.conversation.value,
            },
        ).one_or_none()
        values = {"handoff": handoff_id, "operator": operator_id, "now": at, "new_resolution": resolution}
        if conversation is None or not self._moved(connection, step, values):
            refuse(connection.execute(GET, {"handoff": handoff_id}).one_or_none(), step, operator_id)
        if step is Step.CLAIM:
            connection.execute(SETTLE, {"settled_id": conversation.id, "settled_at": at})
        new += promised.schedule(connection, conversation.id, surveys, at)
        return append_events(connection, conversation_of(conversation), new, at)

    @staticmethod
    def _moved(connection: Connection, step: Step, values: dict[str, Any]) -> bool:
        statement = step_statement(step)
        known = statement.compile().params
        wanted = {name: value for name, value in values.items() if name in known}
        return connection.execute(statement, wanted).one_or_none() is not None

    @staticmethod
    def _data(
        connection: Connection, handoff_id: str, operator_id: str | None, resolution: str | None
    ) -> dict[str, Any]:
        data: dict[str, Any] = {"handoff_id": handoff_id}
        if operator_id is not None:
            name = connection.execute(NAME, {"operator": operator_id}).scalar_one_or_none()
            if name is None:
                raise NotFound("operator")
            data |= {"operator_id": operator_id, "operator_name": name}
        if resolution is not None:
            data["resolution"] = resolution
        return data


def refuse(row: Row[Any] | None, step: Step, operator_id: str | None) -> NoReturn:
    """Says why the step could not be taken."""
    if row is None:
        raise NotFound("handoff")
    status = HandoffStatus(row.status)
    if status not in OPEN:
        raise FrontlineError("handoff_ended", "the request for a human has ended", status=409)
    if status is HandoffStatus.WAITING:
        raise FrontlineError("handoff_not_claimed", "nobody has taken the conversation yet", status=409)
    if step is Step.CLAIM and row.claimed_by == operator_id:
        raise HeldAlready
    if TRANSITIONS[step].holder:
        raise FrontlineError("handoff_not_yours", "another operator holds the conversation", status=409)
    raise FrontlineError("handoff_taken", "an operator has taken the conversation", status=409)
