"""Calls that we make: what each is for and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class CallKind(StrEnum):
    CALLBACK = "callback"  # the customer asked for it
    SURVEY = "survey"  # how the talk with an operator was, where the customer has agreed


class CallStatus(StrEnum):
    WAITING = "waiting"
    CALLING = "calling"
    DONE = "done"  # somebody was talked to
    GAVE_UP = "gave_up"  # nobody was reached in time, or as often as may be tried
    REFUSED = "refused"  # the customer wants no calls
    CANCELLED = "cancelled"  # by an operator, or a later call took its place


# How long after its time a call may still be placed; later it would only surprise.
LASTS = {CallKind.CALLBACK: timedelta(hours=24), CallKind.SURVEY: timedelta(hours=48)}


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call to be made; `due_at` is the earliest moment. `topic` is said to whoever answers."""

    kind: CallKind
    phone: str
    due_at: datetime
    topic: str = ""


@dataclass(frozen=True, slots=True)
class OutboundCall:
    """A call as it stands. `attempts` have begun; `result` is how the last one ended.

    `due_at` is when it may be tried next; of one under way, when nobody knows any more what became of it.
    `answered_at`: somebody, or something, has picked up.
    """

    id: str
    conversation_id: str
    kind: CallKind
    phone: str
    topic: str
    status: CallStatus
    due_at: datetime
    expires_at: datetime
    attempts: int
    created_at: datetime
    answered_at: datetime | None = None
    result: str | None = None
