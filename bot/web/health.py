"""For the machines that watch us: alive, ready and why not, metrics. No sign-in, no personal data."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from bot.core import clock
from bot.core.errors import FrontlineError
from bot.core.types import HandoffStatus
from bot.web.errors import ErrorReply
from bot.web.house import House, TheHouse

routes = APIRouter(tags=["operations"])
_PATIENCE = 2.0  # seconds a component may take to answer


class Live(BaseModel):
    status: str = "live"


class Ready(BaseModel):
    """`components` maps each part to `ok` or to why it is not.

    A bus that is `redis_away` costs the other processes time, an `engine` that is away is replaced by
    the built-in one, a `voice` that is out of order leaves the chats: none of them makes us unready.
    """

    ready: bool
    components: dict[str, str]


@routes.get("/health/live", summary="The process runs")
async def live() -> Live:
    return Live()


@routes.get(
    "/health/ready",
    summary="Customers can be answered",
    responses={503: {"model": Ready, "description": "Not ready; `components` says why"}},
)
async def ready(response: Response, house: TheHouse) -> Ready:
    components = {"database": await _database(house), "index": _index(house), "bus": _listening(house)}
    good = all(state == "ok" for state in components.values())
    if house.bus.problem and components["bus"] == "ok":
        components["bus"] = house.bus.problem
    if house.rasa is not None:
        components["engine"] = house.rasa.problem or "ok"
    if house.voice is not None:
        components["voice"] = house.voice.problem or "ok"
    if not good:
        response.status_code = 503
    return Ready(ready=good, components=components)


@routes.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=PlainTextResponse,
    responses={500: {"model": ErrorReply, "description": "Internal Server Error"}},
)
async def metrics(house: TheHouse) -> Response:
    try:
        async with asyncio.timeout(_PATIENCE):
            await _measure_queue(house)
    except (FrontlineError, TimeoutError):
        pass  # the database is away: the last known values stand, the rest of the metrics matters more
    house.metrics.articles.set(len(house.library.articles))
    house.metrics.revision.set(house.library.revision)
    return Response(house.metrics.render(), media_type=CONTENT_TYPE_LATEST)


async def _measure_queue(house: House) -> None:
    waiting = [
        item for item in await house.store.handoffs.queue() if item.handoff.status is HandoffStatus.WAITING
    ]
    house.metrics.queue_length.set(len(waiting))
    since = min((item.waiting_since for item in waiting), default=None)
    house.metrics.queue_oldest.set(0 if since is None else max(0.0, (clock.now() - since).total_seconds()))
    house.metrics.backlog.set(await house.store.outbox.backlog())


async def _database(house: House) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            await house.store.ping()
    except FrontlineError as error:
        return error.code
    except TimeoutError:
        return "does not answer"
    return "ok"


def _index(house: House) -> str:
    """The index serves, and the dialog that reads it is there."""
    if house.library.ready and house.dialog is not None:
        return "ok"
    return house.library.failure or "loading"


def _listening(house: House) -> str:
    """The bus itself never fails us (its hints are made up for); the work that listens to it could."""
    broken = [
        task.get_name() for task in house.running if task.done() and not task.cancelled() and task.exception()
    ]
    return f"{', '.join(broken)} has ended" if broken else "ok"
