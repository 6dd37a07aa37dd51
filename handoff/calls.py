"""An operator takes back a call that the robot was to make."""

from __future__ import annotations

from fastapi import APIRouter

from bot.web.errors import declared
from bot.web.fields import ObjectId
from bot.web.house import TheHouse
from handoff.desk import Reader, seen_by
from handoff.scheduled import CallLine, lines_of

routes = APIRouter(prefix="/api/desk", tags=["desk"], responses=declared(401, 403))


@routes.post("/calls/{call_id}/cancel", summary="Take back a scheduled call", responses=declared(404, 409))
async def cancel(call_id: ObjectId, caller: Reader, house: TheHouse) -> list[CallLine]:
    """Whoever may read the conversation may; the reply is the calls of the conversation as they stand."""
    call = await house.store.outbound.get(call_id)
    await seen_by(house, caller.operator, call.conversation_id)
    await house.store.outbound.cancel(call_id, caller.operator)
    await house.store.audit.record(
        caller.operator.id, "call.cancelled", f"call:{call_id}", {"conversation_id": call.conversation_id}
    )
    await house.bus.publish("conversation", call.conversation_id)
    return await lines_of(house, call.conversation_id)
