"""One clock for all calls of a carrier that must be paced: a tick every 20 ms."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

import structlog

from voice.ports import FRAME_S

log = structlog.get_logger(__name__)

MADE_UP_S = 0.1  # of a late loop; frames for more would come as a burst that telephones throw away


class Paced(Protocol):
    def tick(self) -> bool:
        """One frame; False: no more ticks, please."""
        ...


class Metronome:
    """Absolute: sleeping a little too long once does not slow the calls down."""

    def __init__(self) -> None:
        self._lines: set[Paced] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, line: Paced) -> None:
        self._lines.add(line)

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="metronome")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._lines.difference_update([line for line in self._lines if not _ticked(line)])
            due += FRAME_S
            left = due - loop.time()
            if left < -MADE_UP_S:
                due = loop.time()
            await asyncio.sleep(max(0.0, left))


def _ticked(line: Paced) -> bool:
    """One broken line does not silence the others."""
    try:
        return line.tick()
    except Exception:
        log.exception("line.broken")
        return False
