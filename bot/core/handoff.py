"""The life of a handoff as a table: which step is legal where, and what it means for the conversation.

Pure data, so that the store can put the legality into its SQL and a test can walk every path. The
first state is `HandoffStatus.WAITING`; it is entered by the commit that escalates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.types import ConversationStatus, HandoffStatus, Owner

OPEN = frozenset({HandoffStatus.WAITING, HandoffStatus.CLAIMED})
REQUESTED = "handoff.requested"  # the event that enters WAITING
RAISED = "handoff.raised"  # the event of a more urgent reason, while WAITING


class Step(StrEnum):
    CLAIM = "claim"
    RELEASE = "release"
    GIVE_BACK = "give_back"
    CLOSE = "close"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Transition:
    """`sources` are the states the step may leave; `event` is the kind that records it.

    `holder` says that only the operator who holds the handoff may take the step.
    """

    sources: frozenset[HandoffStatus]
    target: HandoffStatus
    event: str
    owner: Owner
    conversation: ConversationStatus
    holder: bool


TRANSITIONS: Mapping[Step, Transition] = {
    Step.CLAIM: Transition(
        frozenset({HandoffStatus.WAITING}),
        HandoffStatus.CLAIMED,
        "handoff.claimed",
        Owner.OPERATOR,
        ConversationStatus.OPEN,
        holder=False,
    ),
    Step.RELEASE: Transition(
        frozenset({HandoffStatus.CLAIMED}),
        HandoffStatus.WAITING,
        "handoff.released",
        Owner.QUEUE,
        ConversationStatus.OPEN,
        holder=True,
    ),
    Step.GIVE_BACK: Transition(
        frozenset({HandoffStatus.CLAIMED}),
        HandoffStatus.RETURNED,
        "handoff.returned",
        Owner.BOT,
        ConversationStatus.OPEN,
        holder=True,
    ),
    Step.CLOSE: Transition(
        frozenset({HandoffStatus.CLAIMED}),
        HandoffStatus.CLOSED,
        "handoff.closed",
        Owner.BOT,
        ConversationStatus.CLOSED,
        holder=True,
    ),
    Step.CANCEL: Transition(
        frozenset({HandoffStatus.WAITING}),
        HandoffStatus.CANCELLED,
        "handoff.cancelled",
        Owner.BOT,
        ConversationStatus.OPEN,
        holder=False,
    ),
}


def legal(status: HandoffStatus, step: Step) -> bool:
    """Whether the step may be taken in this state (by whoever is allowed to take it)."""
    return status in TRANSITIONS[step].sources
