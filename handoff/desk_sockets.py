"""The desk sockets of this process: the queue as it changes, and the dialogs that are open on screens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.core.errors import FrontlineError
from bot.core.types import Event, Handoff, HandoffStatus, Operator
from bot.dialog.phrases import Phrases
from bot.store.engine import Store
from bot.store.records import QueueItem
from bot.web.access import Caller
from bot.web.customer_view import own_client_id
from bot.web.hub import Connection, Hub
from bot.web.logs import logger

SURFACE = "desk"
log = logger("frontline.desk")
# Changes within this time become one snapshot.
_TOGETHER = 0.05
_CHECK_SESSIONS = 30.0


@dataclass(slots=True)
class Seat:
    """One desk socket and who sits there."""

    connection: Connection
    caller: Caller
    locale: str


def event_for_desk(event: Event) -> dict[str, Any]:
    """Operators see everything that was said and understood."""
    data = own_client_id(dict(event.data))
    return {"seq": event.seq, "kind": event.kind, "at": event.at.isoformat(), "data": data}


def terms(handoff: Handoff) -> dict[str, Any]:
    """Who should take it, and by when."""
    return {
        "skills": list(handoff.skills),
        "decide_by": handoff.decide_by.isoformat() if handoff.decide_by else None,
        "finish_by": handoff.finish_by.isoformat() if handoff.finish_by else None,
    }


def suits(handoff: Handoff, operator: Operator) -> bool:
    """Whether the operator knows all that the handoff asks for; a hint, anybody may claim it."""
    return bool(handoff.skills) and set(handoff.skills) <= set(operator.skills)


def card(item: QueueItem, operator: Operator, phrases: Phrases, locale: str) -> dict[str, Any]:
    """One line of the queue."""
    reason_key = f"desk.reason_{item.handoff.reason}"
    return {
        "handoff_id": item.handoff.id,
        "conversation_id": item.conversation.id,
        "reason": item.handoff.reason,
        "reason_text": phrases(reason_key, locale) if phrases.has(reason_key) else item.handoff.reason,
        "priority": item.handoff.priority,
        **terms(item.handoff),
        "suits": suits(item.handoff, operator),
        "waiting_since": item.waiting_since.isoformat(),
        "claimed_by": item.handoff.claimed_by,
        "claimed_by_name": item.claimed_by_name,
        "channel": item.conversation.channel,
        "customer_name": item.customer_name,
        "question": str(item.handoff.context.get("question") or "")[:200],
        "last_message": (item.last_message or "")[:200],
        "last_author": item.last_author,
        "unread": item.last_author == "customer",
    }


def queue_view(
    queue: Sequence[QueueItem], operator: Operator, phrases: Phrases, locale: str
) -> dict[str, Any]:
    """The queue as this operator sees it: of those as urgent, who needs their skills comes first."""
    view: dict[str, list[dict[str, Any]]] = {"waiting": [], "mine": [], "others": []}
    for item in queue:
        waiting = item.handoff.status is HandoffStatus.WAITING
        place = "waiting" if waiting else "mine" if item.handoff.claimed_by == operator.id else "others"
        view[place].append(card(item, operator, phrases, locale))
    view["waiting"].sort(key=lambda one: (one["priority"], not one["suits"]))
    return view


class DeskSockets:
    def __init__(
        self,
        store: Store,
        hub: Hub,
        phrases: Phrases,
        on_queue: Callable[[Sequence[QueueItem]], Awaitable[None]],
    ) -> None:
        self._store, self._phrases, self._on_queue = store, phrases, on_queue
        self._seats: dict[Connection, Seat] = {}
        self._queued: set[str] = set()  # conversations in the last snapshot
        self._pending: asyncio.Task[None] | None = None
        self._again = False
        hub.render[SURFACE] = event_for_desk

    def enter(self, seat: Seat) -> None:
        self._seats[seat.connection] = seat
        self.queue_hinted()

    def leave(self, connection: Connection) -> None:
        self._seats.pop(connection, None)

    def queue_hinted(self) -> None:
        """The queue may have changed: one snapshot is sent for all hints of the next moment."""
        if self._pending is None:
            self._pending = asyncio.create_task(self._tell_queue())
        else:
            self._again = True

    def conversation_hinted(self, conversation_id: str) -> None:
        """The last words of a queued conversation are part of its card."""
        if conversation_id in self._queued:
            self.queue_hinted()

    async def _tell_queue(self) -> None:
        try:
            while True:
                self._again = False
                await asyncio.sleep(_TOGETHER)
                queue = await self._store.handoffs.queue()
                self._queued = {item.conversation.id for item in queue}
                for seat in tuple(self._seats.values()):
                    view = queue_view(queue, seat.caller.operator, self._phrases, seat.locale)
                    seat.connection.push({"type": "queue", **view})
                await self._on_queue(queue)
                if not self._again:
                    return
        except FrontlineError as error:  # the database is away; the next hint or poll tells
            log.warning("queue_unreadable", code=error.code)
        finally:
            self._pending = None

    async def check_sessions(self) -> None:
        """Runs for the life of the process: a socket does not outlive its session or its role."""
        while True:
            await asyncio.sleep(_CHECK_SESSIONS)
            for seat in tuple(self._seats.values()):
                try:
                    session = await self._store.operators.session(seat.caller.token)
                except FrontlineError:  # the database is away: nobody is sent home for that
                    continue
                if session is None or session.operator.role is not seat.caller.operator.role:
                    self._dismiss(seat)
                elif session.operator != seat.caller.operator:
                    seat.caller = replace(seat.caller, operator=session.operator)
                    self.queue_hinted()

    def renew(self, operator: Operator) -> None:
        """Shows the queue of an operator who has changed as they are now."""
        for seat in self._seats.values():
            if seat.caller.operator.id == operator.id:
                seat.caller = replace(seat.caller, operator=operator)

    def dismiss(self, operator_id: str | None = None, token: str | None = None) -> None:
        """Closes the sockets of an operator, or of one session, at once."""
        for seat in tuple(self._seats.values()):
            if seat.caller.operator.id == operator_id or seat.caller.token == token:
                self._dismiss(seat)

    def _dismiss(self, seat: Seat) -> None:
        self.leave(seat.connection)
        seat.connection.end(4401)
