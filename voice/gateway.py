"""The gateway: an event loop of its own for the calls, the engines they share, and the limit of calls.

It lives beside the application's loop, so that a frame every 20 ms does not wait for a turn or a page.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import structlog
import uvloop

from bot.core.errors import FrontlineError
from bot.web.house import House
from voice.asr import open_recogniser
from voice.call.briefing import BRIEFING, brief
from voice.call.call import Call
from voice.call.errands import Errands
from voice.call.means import Means
from voice.call.mouth import Mouth
from voice.call.recording import forget_unfinished
from voice.call.script import Script
from voice.call.talk import Across, Talk
from voice.carriers import Carrier, open_carriers
from voice.carriers.announced import Announced
from voice.carriers.next_steps import NextSteps
from voice.outbound.ami import Login
from voice.outbound.dialer import Dialer
from voice.outbound.outcomes import Outcomes
from voice.outbound.schedule import Rules
from voice.ports import HANGUP, Line, NextStep
from voice.tts import Cached, open_synthesiser
from voice.tts.recent import Recent
from voice.tts.sentences import sentences
from voice.turn_taking import Ears

T = TypeVar("T")
BUSY_S = 15.0  # that a caller on top of the limit is talked to
IDLE_S = 60.0  # that a recording is not written, until it is known to be nobody's
DRAIN_S = 20.0  # that running calls may still take when we stop
SETTLE_S = 60.0  # after the longest call, until one of ours is given up for lost
log = structlog.get_logger(__name__)


class Gateway:
    """`start` and `stop` are awaited on the application's loop; `answer` runs on the loop of the calls."""

    def __init__(self, house: House) -> None:
        self._house, self._settings = house, house.settings.voice
        self._across = Across(asyncio.get_running_loop())
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="calls", daemon=True)
        self.steps = NextSteps(warm=self._settings.warm_transfer != "off")
        self.announced = Announced()
        self._carriers: dict[str, Carrier] = {}
        self._voice: Cached | None = None
        self._rendering: asyncio.Task[int] | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._means: Means | None = None
        self._dialer: Dialer | None = None
        self._dialing: asyncio.Task[None] | None = None
        self._errands: Errands | None = None
        self._calls = 0
        self._problem: str | None = "starting"

    @property
    def problem(self) -> str | None:
        """Why calls cannot be taken, or are worse than they should be; None: all is well."""
        return self._problem or (None if self._voice is None else self._voice.problem)

    @property
    def takes_calls(self) -> bool:
        """Whether a caller would be heard and answered; a voice in reserve is enough."""
        return self._problem is None and self._voice is not None and self._voice.speaks

    @property
    def calls(self) -> int:
        """How many run now."""
        return self._calls

    def ports(self) -> dict[str, int]:
        """Where each carrier listens that does."""
        return {name: carrier.port for name, carrier in self._carriers.items() if carrier.port}

    def carrier(self, name: str) -> Carrier | None:
        """One of those in use, once the gateway has started."""
        return self._carriers.get(name)

    async def start(self) -> None:
        """Raises `FrontlineError`: a model that cannot be read, a port that is taken; `stop` all the same."""
        self._thread.start()
        try:
            if self._settings.ami_url:
                self._open_outbound()
            await self.on_calls(self._open())
        except Exception as error:
            self._problem = error.code if isinstance(error, FrontlineError) else "internal_error"
            raise
        self._problem = None
        if self._dialer is not None:
            self._dialing = asyncio.create_task(self._dialer.run(), name="outbound")
        log.info("voice.ready", carriers=self._settings.carriers, ports=self.ports())

    async def stop(self) -> None:
        """Makes and takes no more calls, lets those that run end, and closes the engines."""
        if self._dialing is not None:
            self._dialing.cancel()
            await asyncio.gather(self._dialing, return_exceptions=True)
        if self._thread.is_alive():
            await self.on_calls(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join)
            self._loop.close()

    async def on_calls(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs work of the calls' loop from the application's."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return await asyncio.wrap_future(future)

    async def answer(self, line: Line) -> None:
        """One call, from the ring to the hand-over; on the loop of the calls."""
        means = self._means
        if line.incoming.purpose == BRIEFING and means is not None:  # beside the limit: it ends a call
            await brief(line, self._house, self._across, means)
            return
        if means is None or self._calls >= self._settings.max_calls:
            await self._busy(line)
            return
        self._calls += 1
        self._house.metrics.calls.inc()
        try:
            await Call(line, Talk(self._house, self._across, line.incoming), means).run()
        finally:
            self._calls -= 1
            self._house.metrics.calls.dec()

    async def _open(self) -> None:
        settings = self._house.settings
        self._voice = open_synthesiser(settings)
        self._voice.start()
        script = Script.load(settings.nlu_data / "voice.yml", self._house.phrases, settings.company.name)
        self._rendering = asyncio.create_task(self._voice.remember(script.fixed("ru")))
        self._means = Means(
            settings=self._settings,
            script=script,
            ears=Ears.open(self._settings),
            recogniser=await asyncio.to_thread(open_recogniser, self._settings, settings.data_dir),
            speak=Recent(self._voice).speak,
            recordings=settings.data_dir / "recordings",
            observe=self._house.metrics.call_stage,
            errands=self._errands,
        )
        self._carriers = open_carriers(
            self._settings, self.answer, steps=self.steps, announced=self.announced
        )
        if self._settings.warm_transfer != "off" and "audiosocket" not in self._carriers:
            raise FrontlineError("invalid_configuration", "voice.warm_transfer needs the carrier audiosocket")
        for carrier in self._carriers.values():
            await carrier.start()
        self._sweeping = asyncio.create_task(_sweep(self._means.recordings))

    def _open_outbound(self) -> None:
        """What makes calls; they are placed once calls can be taken."""
        house, voice = self._house, self._settings
        outcomes = Outcomes(
            house.store,
            house.bus,
            Rules.of(house.settings),
            timedelta(seconds=voice.call_cap_s + SETTLE_S),
            observe=lambda kind, result: house.metrics.outbound_calls.labels(kind, result).inc(),
        )
        self._errands = Errands(outcomes, self._across)
        self._dialer = Dialer(
            outcomes,
            Login.parse(voice.ami_url, voice.ami_secret),
            at_once=voice.outbound_at_once,
            room=lambda: self._calls < voice.max_calls,
        )

    async def _close(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await asyncio.gather(*(carrier.stop() for carrier in self._carriers.values()))
        for task in filter(None, (self._rendering, self._sweeping)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._means is not None:
            self._means.ears.close()
            await self._means.recogniser.close()
        if self._voice is not None:
            await self._voice.close()
        # What a call that did not end in time has left; the loop itself ends next.
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _busy(self, line: Line) -> None:
        """Nobody is dropped: a caller on top of the limit is told so and goes to the operators."""
        log.warning("call.busy", carrier=line.incoming.carrier, call=line.incoming.id, calls=self._calls)
        hearing = asyncio.create_task(_drain(line))
        pbx = line.incoming.pbx
        try:
            if self._means is not None:
                speak = self._means.speak
                mouth = Mouth(line, speak, None, on_started=lambda _: None, on_finished=lambda: None)
                said = self._means.script.say("busy" if pbx else "busy_chat", "ru")
                with suppress(FrontlineError, TimeoutError):
                    async with asyncio.timeout(BUSY_S):
                        await mouth.say(sentences(self._means.script.spoken(said, "ru")))
        finally:
            await line.leave(NextStep("queue", topic="busy") if pbx else HANGUP)
            hearing.cancel()


async def _sweep(recordings: Path) -> None:
    """Our own dead process may have written a moment ago: waits until that is old enough to be told apart."""
    await asyncio.sleep(2 * IDLE_S)
    if found := await asyncio.to_thread(forget_unfinished, recordings, IDLE_S):
        log.warning("voice.unfinished_recordings_removed", files=found)


async def _drain(line: Line) -> None:
    async for _ in line.received():
        pass
