"""What became of an attempt is written here, by whoever learns it first: the PBX or the call itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.core.clock import Clock, now
from bot.core.errors import FrontlineError
from bot.core.outbound import CallStatus, OutboundCall
from bot.core.ports import EventBus
from bot.store.engine import Store
from voice.outbound.schedule import Result, Rules, Settle

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """`observe(kind, result)` counts. `talk`: the longest that an answered call can last."""

    store: Store
    bus: EventBus
    rules: Rules
    talk: timedelta
    observe: Callable[[str, str], None] = lambda kind, result: None
    clock: Clock = now

    async def answered(self, call: OutboundCall) -> None:
        """Somebody has picked up."""
        await self.store.outbound.answered(call, self.clock() + self.talk)

    async def ended(self, call: OutboundCall, result: Result) -> None:
        """The attempt is over; what follows is as the rules say."""
        await self.write(call, self.rules.after(call, result, self.clock()))

    async def write(self, call: OutboundCall, settle: Settle) -> None:
        """Writes the end of a call that waits, or of an attempt; nothing where that is known already."""
        outbound = self.store.outbound
        if call.status is CallStatus.CALLING:
            written = await outbound.settle(call, settle.status, settle.result, settle.next_at)
        else:
            written = await outbound.give_up(call, settle.status, settle.result)
        if not written:
            return
        self.observe(call.kind, settle.result)
        log.info(
            "outbound.settled",
            outbound=call.id,
            kind=call.kind,
            attempt=call.attempts,
            result=settle.result,
            status=settle.status,
        )
        try:
            await self.bus.publish("conversation", call.conversation_id)
        except FrontlineError as error:  # the row is written; a hint is only a hint
            log.warning("bus.failed", topic="conversation", code=error.code)
