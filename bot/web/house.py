"""`House`: everything that one running application owns; routes reach it through the request."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import Depends
from starlette.requests import HTTPConnection

from bot.backoffice.ports import Backoffice
from bot.core import clock
from bot.core.errors import FrontlineError
from bot.core.ports import EventBus
from bot.core.types import Operator
from bot.dialog.phrases import Phrases
from bot.dialog.turns import Turns
from bot.rasa.opening import Opened
from bot.settings import Settings
from bot.store.engine import Store
from bot.web.hub import Hub
from bot.web.library import Library
from bot.web.limits import RateLimits
from bot.web.logs import logger
from bot.web.metrics import Metrics
from bot.web.passwords import Passwords
from bot.web.presence import Presence
from bot.web.skills import Skills

log = logger("frontline.house")
_PATIENCE = 10.0  # seconds a message waits for a start that is under way


class Desk(Protocol):
    """The part of the desk that sign-out and the team's administration need."""

    def dismiss(self, operator_id: str | None = None, token: str | None = None) -> None: ...

    def renew(self, operator: Operator) -> None: ...


class Part(Protocol):
    """A part of the product that may be out of order while the others work."""

    @property
    def problem(self) -> str | None:
        """A stable code; None: all is well."""
        ...


@dataclass(slots=True)
class House:
    """`answering` is finished before we stop, `running` is ended then.

    `owed` is set when an accepted message could not be answered; recovery looks again soon then.
    """

    settings: Settings
    store: Store
    bus: EventBus
    phrases: Phrases
    library: Library
    hub: Hub
    presence: Presence
    limits: RateLimits
    metrics: Metrics
    passwords: Passwords
    desk: Desk
    skills: Skills
    backoffice: Backoffice
    kept: AsyncExitStack  # what is closed when everything that uses it has ended
    rasa: Opened | None = None  # the engine that plays the dialogue, unless it is the built-in one
    voice: Part | None = None  # the telephone, where a carrier is configured
    invite_url: str | None = None  # for the first administrator, while there is none
    started: datetime = field(default_factory=clock.now)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    answering: set[asyncio.Task[Any]] = field(default_factory=set)
    running: list[asyncio.Task[Any]] = field(default_factory=list)
    owed: asyncio.Event = field(default_factory=asyncio.Event)
    dialog: Turns | None = None

    async def turns(self) -> Turns:
        """The dialog; right after the start, waits for the models. 503 when they take too long."""
        if self.dialog is None:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self.opened.wait()
            except TimeoutError:
                pass  # said below
        if self.dialog is None:
            raise FrontlineError("starting", "not ready to answer yet", status=503, retryable=True)
        return self.dialog

    def open_dialog(self, turns: Turns) -> None:
        self.dialog = turns
        self.opened.set()

    def finish(self, work: Coroutine[Any, Any, object], name: str) -> None:
        """Starts work that a shutdown waits for: a turn whose message is accepted."""
        task = asyncio.create_task(work, name=name)
        self.answering.add(task)
        task.add_done_callback(self._finished)

    def run(self, work: Coroutine[Any, Any, object], name: str) -> None:
        """Starts work that lasts until we stop."""
        task = asyncio.create_task(work, name=name)
        self.running.append(task)
        task.add_done_callback(_report)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self.answering.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.owed.set()
        _report(task)


def _report(task: asyncio.Task[Any]) -> None:
    if task.cancelled() or (error := task.exception()) is None:
        return
    if isinstance(error, FrontlineError) and error.retryable:  # known, and it says all: no traceback
        log.warning("background_work_failed", work=task.get_name(), code=error.code)
    else:
        log.error("background_work_failed", work=task.get_name(), exc_info=error)


def house_of(connection: HTTPConnection) -> House:
    house: House = connection.app.state.house
    return house


async def _the_house(connection: HTTPConnection) -> House:
    """A coroutine, although it waits for nothing: FastAPI sends a plain function to a thread, per request."""
    return house_of(connection)


TheHouse = Annotated[House, Depends(_the_house)]
