"""Handoffs: the queue to the humans and its transitions (`bot.core.handoff` says which are legal)."""

from __future__ import annotations

from bot.core.clock import Clock
from bot.core.types import Event, Handoff
from bot.store.database import Database
from bot.store.records import QueueItem


class Handoffs:
    """Each step changes handoff and conversation and writes its event in one transaction.

    Steps return the events they wrote. They raise NotFound, and `FrontlineError` with status 409:
    `handoff_taken` (claimed by another operator), `handoff_not_yours` (release, give_back and close by
    someone who does not hold it), `handoff_not_claimed` (nobody holds it yet), `handoff_ended`.
    Event data: {"handoff_id", "operator_id", "operator_name", "reason", "priority"} as they apply,
    and "resolution" on close.
    """

    def __init__(self, database: Database, clock: Clock, pushed: frozenset[str]) -> None:
        self._database, self._clock, self._pushed = database, clock, pushed

    async def queue(self) -> list[QueueItem]:
        """Every open handoff, waiting and claimed, in the order to serve: priority, then waiting time."""
        raise NotImplementedError

    async def get(self, handoff_id: str) -> Handoff:
        """The handoff as it stands; raises NotFound."""
        raise NotImplementedError

    async def open_of(self, conversation_id: str) -> Handoff | None:
        """The waiting or claimed handoff of a conversation."""
        raise NotImplementedError

    async def latest_of(self, conversation_id: str) -> Handoff | None:
        """The newest handoff of a conversation, open or ended."""
        raise NotImplementedError

    async def position(self, handoff_id: str) -> int | None:
        """1 for the next to be served; None when the handoff is not waiting."""
        raise NotImplementedError

    async def claim(self, handoff_id: str, operator_id: str) -> tuple[Event, ...]:
        """Takes a waiting handoff; of two at once one wins. The holder's repeat writes nothing."""
        raise NotImplementedError

    async def release(self, handoff_id: str, operator_id: str) -> tuple[Event, ...]:
        """Puts a held handoff back into the queue, at its old place."""
        raise NotImplementedError

    async def give_back(self, handoff_id: str, operator_id: str) -> tuple[Event, ...]:
        """Returns the conversation to the bot."""
        raise NotImplementedError

    async def close(
        self, handoff_id: str, operator_id: str, resolution: str, comment: str = ""
    ) -> tuple[Event, ...]:
        """Resolves: closes handoff and conversation. `comment` becomes a `note` for the desk."""
        raise NotImplementedError

    async def cancel(self, handoff_id: str) -> tuple[Event, ...]:
        """The customer goes back to the bot before anyone claimed (also: `Outcome.cancel_handoff`)."""
        raise NotImplementedError

    async def release_all(self, operator_id: str) -> tuple[Event, ...]:
        """Puts everything an operator holds back into the queue (sign-out for good, deactivation)."""
        raise NotImplementedError
