"""Recordings of calls, for whoever may read the conversation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse

from bot.core.errors import NotFound
from bot.web.errors import declared
from bot.web.fields import ObjectId
from bot.web.house import TheHouse
from handoff.desk import Reader, all_events, seen_by

routes = APIRouter(prefix="/api/desk", tags=["desk"], responses=declared(401, 403))
Name = Annotated[str, Path(pattern=r"^[0-9a-f]{32}\.wav$")]


@routes.get(
    "/conversations/{conversation_id}/recordings/{name}",
    summary="The sound of a call",
    response_class=FileResponse,
    responses=declared(404),
)
async def recording(conversation_id: ObjectId, name: Name, caller: Reader, house: TheHouse) -> FileResponse:
    """A WAV file that a `call.ended` event of the conversation names; the caller left, our side right."""
    await seen_by(house, caller.operator, conversation_id)
    events = await all_events(house, conversation_id)
    file = house.settings.data_dir / "recordings" / name
    if not file.is_file() or not any(event.data.get("recording") == name for event in events):
        raise NotFound("recording")
    await house.store.audit.record(
        caller.operator.id, "recording.heard", f"conversation:{conversation_id}", {"recording": name}
    )
    return FileResponse(file, media_type="audio/wav")
