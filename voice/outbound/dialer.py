"""Places the calls that are due: one task per process, any number of processes.

A call is claimed before the PBX is asked, and settled when the PBX, or the call itself, says how it ended.
Whoever dies in between leaves a claimed row: a call that somebody picked up is in the hands of the PBX,
which takes the customer to an operator; one of which nothing is heard until its time is tried again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.core.clock import Clock, now
from bot.core.errors import FrontlineError, NotFound, StorageUnavailable
from bot.core.outbound import CallStatus, OutboundCall
from bot.core.types import ConversationStatus
from voice.outbound.ami import Ami, Login, Packet, PbxAway
from voice.outbound.outcomes import Outcomes
from voice.outbound.schedule import Place, Result, Settle, Wait

IDLE_S = 5.0
RING_S = 60  # that Asterisk waits for an answer; its dialplan rings the telephone for 45
# Of deploy/asterisk. `/n`: else Asterisk joins telephone and robot directly, and what the dialplan was to do
# after the robot is gone.
DIAL, CONTEXT, EXTEN = "Local/{number}@frontline-dial/n", "frontline-out", "s"
# Reasons of an OriginateResponse (`ast_control_frame_type`) that say more than "no answer".
REASONS = {"0": Result.UNREACHABLE, "5": Result.BUSY, "8": Result.UNREACHABLE}
_ATTEMPT = re.compile(r"frontline-([0-9a-f]{32})-(\d{1,6})", re.ASCII)
_NUMBER = re.compile(r"\+?\d{3,15}", re.ASCII)
log = structlog.get_logger(__name__)


class Dialer:
    """`room` says whether the gateway can take another call."""

    def __init__(
        self,
        outcomes: Outcomes,
        login: Login,
        *,
        at_once: int,
        room: Callable[[], bool] = lambda: True,
        clock: Clock = now,
        idle: float = IDLE_S,
    ) -> None:
        self._outcomes, self._store, self._rules = outcomes, outcomes.store, outcomes.rules
        self._at_once, self._room, self._clock, self._idle = at_once, room, clock, idle
        self._responses: asyncio.Queue[Packet] = asyncio.Queue()
        self.ami = Ami(login, self._heard)

    async def run(self) -> None:
        """Until cancelled; a database or a PBX that is away is waited for."""
        beside = [asyncio.create_task(self.ami.run()), asyncio.create_task(self._listen())]
        try:
            while True:
                try:
                    await self.dial_due()
                except StorageUnavailable:
                    log.warning("outbound.storage_unavailable")
                except Exception as error:  # one row that breaks something must not end all calling
                    log.exception("outbound.failed", error=type(error).__name__)
                await asyncio.sleep(self._idle)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def dial_due(self) -> int:
        """Looks at every call that is due; returns how many were placed."""
        at = self._clock()
        free = self._at_once - await self._store.outbound.under_way(at)
        placed = 0
        for call in await self._store.outbound.due(at):
            rung = await self._store.outbound.rung(call.phone, self._rules.midnight(call.phone, at))
            match self._rules.now_for(call, at, rung):
                case Settle() as settle:
                    await self._outcomes.write(call, settle)
                case Wait(until=until):
                    await self._store.outbound.postpone(call.id, until)
                case Place(since=since) if self.ami.connected and placed < free and self._room():
                    claimed = await self._store.outbound.claim(
                        call.id, lost_at=self._lost_at(), since=since, per_day=self._rules.per_day
                    )
                    if claimed is not None:
                        placed += 1
                        await self._place(claimed)
        return placed

    async def _place(self, call: OutboundCall) -> None:
        variables = {"PURPOSE": f"{call.kind}:{call.id}", "FROM": call.phone}
        if await self._goes_on(call):
            variables["CONVERSATION"] = call.conversation_id
        fields = {
            "ActionID": f"frontline-{call.id}-{call.attempts}",
            "Channel": DIAL.format(number=call.phone),
            "Context": CONTEXT,
            "Exten": EXTEN,
            "Priority": "1",
            "Async": "true",
            "Timeout": str(RING_S * 1000),
            "Variable": ",".join(f"__FRONTLINE_{name}={value}" for name, value in variables.items()),
        }
        try:
            if not _NUMBER.fullmatch(call.phone):
                raise FrontlineError("invalid_phone", "no telephone number", status=422)
            await self.ami.ask("Originate", fields)
        except PbxAway as error:
            if not error.sent:
                await self._outcomes.ended(call, Result.FAILED)
            log.warning("outbound.not_told", outbound=call.id, sent=error.sent)
        except FrontlineError as error:
            log.error("outbound.refused", outbound=call.id, code=error.code, why=error.message)
            await self._outcomes.ended(call, Result.FAILED)

    async def _goes_on(self, call: OutboundCall) -> bool:
        """Whether the conversation that asked for the call is still open, so that the call continues it."""
        conversation = await self._store.conversations.get(call.conversation_id)
        return conversation.status is ConversationStatus.OPEN

    def _lost_at(self) -> datetime:
        """Until then a call may still be going on of which we were never told that it was answered."""
        return self._clock() + timedelta(seconds=RING_S) + self._outcomes.talk

    def _heard(self, packet: Packet) -> None:
        if packet["event"] == "OriginateResponse":
            self._responses.put_nowait(packet)

    async def _listen(self) -> None:
        while True:
            packet = await self._responses.get()
            try:
                await self._respond(packet)
            except FrontlineError as error:  # the database is away: at its time the call counts as lost
                log.warning("outbound.not_written", code=error.code)
            except Exception as error:  # what one PBX says must not end the listening
                log.exception("outbound.not_written", error=type(error).__name__)

    async def _respond(self, packet: Packet) -> None:
        """Any process may hear of any attempt; it is written once."""
        match = _ATTEMPT.fullmatch(packet.get("actionid", ""))
        if match is None:
            return
        try:
            call = await self._store.outbound.get(match[1])
        except NotFound:
            return  # of another installation on the same PBX
        if call.status is not CallStatus.CALLING or call.attempts != int(match[2]):
            return
        if packet.get("response") == "Success":
            await self._outcomes.answered(call)
        else:
            await self._outcomes.ended(call, REASONS.get(packet.get("reason", ""), Result.NO_ANSWER))
