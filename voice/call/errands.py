"""Calls that we make, from the side of a call: which one this is, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.errors import NotFound
from bot.core.outbound import CallKind, CallStatus, OutboundCall
from bot.core.types import NewEvent
from bot.dialog.composing import SURVEYED
from voice.call.talk import Across
from voice.outbound.outcomes import Outcomes
from voice.outbound.schedule import Result
from voice.ports import Incoming

_LATEST = 300  # events of a conversation, among which those of the call are


def is_ours(incoming: Incoming) -> bool:
    """Whether we have called, by the purpose that came along."""
    kind, colon, _ = incoming.purpose.partition(":")
    return bool(colon) and kind in set(CallKind)


@dataclass(frozen=True, slots=True)
class Errand:
    """Why we have called. Awaited on the loop of the calls; the store is on the other side."""

    call: OutboundCall
    outcomes: Outcomes
    across: Across

    @property
    def is_survey(self) -> bool:
        return self.call.kind is CallKind.SURVEY

    @property
    def phrase(self) -> str:
        """The key of what is said about it."""
        return f"called_{self.call.kind}" if self.call.topic or self.is_survey else "called_callback_plain"

    @property
    def question(self) -> str:
        """The button that begins the survey."""
        return f'/rate{{"survey": "{self.call.id}"}}'

    async def ended(self, *, gone: bool, machine: bool) -> bool:
        """It was said why we call; whether a person has heard it."""
        result = Result.HUNG_UP if gone else Result.MACHINE if machine else Result.TALKED
        await self.across(self.outcomes.ended(self.call, result))
        return result is Result.TALKED

    async def refused(self) -> None:
        """The customer wants no calls."""
        await self.across(self.outcomes.store.outbound.refuse(self.call.conversation_id, self.call.phone))

    async def rated(self, conversation_id: str) -> None:
        """Writes what a survey call has brought to the conversation that it was about, its only rating."""
        if self.is_survey:
            await self.across(self._rated(conversation_id))

    async def _rated(self, conversation_id: str) -> None:
        conversations, about = self.outcomes.store.conversations, self.call.conversation_id
        last = (await conversations.get(conversation_id)).last_seq
        events = await conversations.events(conversation_id, after=max(0, last - _LATEST))
        answers = [event.data for event in events if event.kind == SURVEYED]
        for answer in answers:
            if answer["survey"] == self.call.id:
                new = NewEvent("rating", answer)
                await conversations.append(about, [new], client_id=f"survey:{self.call.id}")
                await self.outcomes.bus.publish("conversation", about)


@dataclass(frozen=True, slots=True)
class Errands:
    outcomes: Outcomes
    across: Across

    async def of(self, incoming: Incoming) -> Errand | None:
        """What somebody has just picked up for; None for a call from outside, or one long settled."""
        return await self.across(self._picked_up(incoming)) if is_ours(incoming) else None

    async def _picked_up(self, incoming: Incoming) -> Errand | None:
        try:
            call = await self.outcomes.store.outbound.get(incoming.purpose.partition(":")[2])
        except NotFound:
            return None
        if call.status is not CallStatus.CALLING:
            return None
        await self.outcomes.answered(call)
        return Errand(call, self.outcomes, self.across)
