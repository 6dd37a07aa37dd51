"""Calls that a conversation has led to, as the desk shows them, and the one that may follow its closing."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, Field

from bot.core import clock
from bot.core.errors import FrontlineError
from bot.core.outbound import CallKind, NewCall
from bot.core.types import PHONE, Conversation
from bot.web.house import House


class CallLine(BaseModel):
    id: str
    kind: str = Field(examples=["callback"])
    status: str = Field(examples=["waiting"], description="Only one that waits can be cancelled.")
    phone: str
    topic: str
    due_at: str = Field(description="When it is tried next, or was to be tried last.")
    attempts: int
    result: str | None = Field(description="How the last attempt ended.")


async def lines_of(house: House, conversation_id: str) -> list[CallLine]:
    """The oldest first."""
    return [
        CallLine(
            id=call.id,
            kind=call.kind,
            status=call.status,
            phone=call.phone,
            topic=call.topic,
            due_at=call.due_at.isoformat(),
            attempts=call.attempts,
            result=call.result,
        )
        for call in await house.store.outbound.of_conversation(conversation_id)
    ]


async def survey_of(house: House, conversation: Conversation) -> NewCall | None:
    """The survey call that may follow; None: none are made, or no number is known that takes any."""
    voice = house.settings.voice
    if not (voice.survey_calls and voice.ami_url):
        return None
    customer = await house.store.conversations.customer(conversation.customer_id)
    known = [address for channel, address in customer.identities if channel == PHONE and address[:1] == "+"]
    phone = conversation.address if conversation.address in known else next(iter(known), None)
    if phone is None or await house.store.outbound.refused(phone):
        return None
    return NewCall(CallKind.SURVEY, phone, clock.now() + timedelta(minutes=voice.survey_after_minutes))


async def agreed_survey(house: House, handoff_id: str) -> NewCall:
    """The same for a customer who has said yes; raises `FrontlineError("no_survey", 409)`."""
    handoff = await house.store.handoffs.get(handoff_id)
    survey = await survey_of(house, await house.store.conversations.get(handoff.conversation_id))
    if survey is None:
        raise FrontlineError("no_survey", "no survey call can be made to this customer", status=409)
    return survey
