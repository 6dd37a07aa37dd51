"""The calls of one carrier: answered once each, one per id, closed whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from voice.carriers.inbox import Inbox
from voice.ports import Line

log = structlog.get_logger(__name__)

Answer = Callable[[Line], Awaitable[None]]
START_S = 5.0  # within which a connection says which call it is
GOODBYE_S = 2.0  # within which the other side closes after our end


class OpenLine(Line, Protocol):
    inbox: Inbox

    async def close(self) -> None:
        """Ends the line, without a step when it has not been left: then a person gets the caller."""
        ...


class Calls:
    def __init__(self, carrier: str, answer: Answer) -> None:
        self._carrier, self._answer = carrier, answer
        self._ids: set[str] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False
        self._nobody = asyncio.Event()
        self._nobody.set()

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def begin(self, line: OpenLine) -> bool:
        """Answers the call in a task of its own; False when its id is in use or no more calls are taken."""
        call_id = line.incoming.id
        if call_id in self._ids or self._closing:
            why = "stopping" if self._closing else "its id is in use"
            log.warning("call.refused", carrier=self._carrier, call=call_id, why=why)
            return False
        self._ids.add(call_id)
        self._nobody.clear()
        task = asyncio.get_running_loop().create_task(self._run(line), name=f"call {call_id}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return True

    async def over(self) -> None:
        """Takes no more, returns when no call runs; cancelled, it ends those that run."""
        self._closing = True
        try:
            await self._nobody.wait()
        except asyncio.CancelledError:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            raise

    async def _run(self, line: OpenLine) -> None:
        call = line.incoming
        log.info("call.begins", carrier=self._carrier, call=call.id, rate=call.rate, pii_caller=call.caller)
        try:
            await self._answer(line)
        except Exception:
            log.exception("call.failed", carrier=self._carrier, call=call.id)
        finally:
            try:
                await line.close()
            finally:
                self._ids.discard(call.id)
                if not self._ids:
                    self._nobody.set()
                log.info(
                    "call.ended",
                    carrier=self._carrier,
                    call=call.id,
                    reason=line.inbox.ended.reason if line.inbox.ended else None,
                    lost_frames=line.inbox.lost_frames,
                    lost_digits=line.inbox.lost_digits,
                )
