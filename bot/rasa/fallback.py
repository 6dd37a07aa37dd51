"""Two engines as one: the second serves a turn that the first does not, which gets time to recover."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import structlog

from bot.core.errors import FrontlineError
from bot.engine.agent import Handled
from bot.engine.events import UserSaid
from bot.engine.ports import Actions, Engine
from bot.engine.tracker import Kept

log = structlog.get_logger(__name__)

FAILURES, PAUSE_S = 3, 5.0  # in a row, before the first engine is left alone; for how long
SERVED, REPLACED = "served", "replaced"


class Observe(Protocol):
    """`outcome`: served, timeout, the code of an error, or skipped; of the second engine: replaced."""

    def __call__(self, engine: str, outcome: str) -> None: ...


def _unobserved(engine: str, outcome: str) -> None:
    """Nobody counts."""


class Fallback:
    """`deadline_s`: how long the first engine may take for a turn. `clock`: seconds, never back.

    After `FAILURES` in a row the first engine is not asked; then one turn tries it every `PAUSE_S`.
    """

    def __init__(
        self,
        first: Engine,
        second: Engine,
        *,
        deadline_s: float = 5.0,
        observe: Observe = _unobserved,
        name: str = "rasa",
        second_name: str = "builtin",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first, self._second = first, second
        self._deadline = deadline_s
        self._observe = observe
        self._names = name, second_name
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._last = ""

    @property
    def problem(self) -> str | None:
        """What readiness says: the first engine has not served its latest turns."""
        if self._failures < FAILURES:
            return None
        name, second = self._names
        return f"{name}: {self._last}; {second} serves"

    async def handle(
        self,
        state: Kept,
        text: str,
        sender: str = "",
        *,
        channel: str | None = None,
        at: float | None = None,
        slots: Mapping[str, Any] | None = None,
        said: UserSaid | None = None,
        actions: Actions | None = None,
    ) -> Handled:
        given: dict[str, Any] = {"channel": channel, "at": at, "slots": slots}
        given |= {"said": said, "actions": actions}
        if self._may_try():
            try:
                async with asyncio.timeout(self._deadline):
                    handled = await self._first.handle(state, text, sender, **given)
            except Exception as error:  # whatever breaks there, the customer is answered
                self._failed(error)
            else:
                self._recovered()
                return handled
        else:
            self._observe(self._names[0], "skipped")
        handled = await self._second.handle(state, text, sender, **given)
        self._observe(self._names[1], REPLACED)
        return handled

    def _may_try(self) -> bool:
        """Whether this turn asks the first engine; one that probes keeps others from probing too."""
        if self._failures < FAILURES:
            return True
        if self._clock() < self._until:
            return False
        self._until = self._clock() + max(PAUSE_S, self._deadline)
        return True

    def _failed(self, error: Exception) -> None:
        match error:
            case TimeoutError():
                outcome = "timeout"
            case FrontlineError():
                outcome = error.code
            case _:
                outcome = "error"
        self._failures += 1
        self._until = self._clock() + PAUSE_S
        self._last = outcome
        self._observe(self._names[0], outcome)
        log.warning(
            "engine.failed",
            engine=self._names[0],
            outcome=outcome,
            error=type(error).__name__,
            in_a_row=self._failures,
        )

    def _recovered(self) -> None:
        if self._failures >= FAILURES:
            log.info("engine.recovered", engine=self._names[0])
        self._failures = 0
        self._observe(self._names[0], SERVED)
