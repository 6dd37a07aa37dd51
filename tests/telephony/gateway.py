"""A gateway without a dialogue: the product's carriers on a loop of their own, answered by a coroutine.

As a program (`python -m tests.telephony.gateway '{"http": …}'`) it echoes, for tests that kill it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.core.errors import FrontlineError
from bot.settings import Voice
from voice.carriers import open_carriers
from voice.carriers.announced import Announced
from voice.carriers.calls import Answer
from voice.carriers.next_steps import NextSteps
from voice.ports import HANGUP, Audio, Digit, Ended, Line


async def echo(line: Line) -> None:
    async for item in line.received():
        if isinstance(item, Audio):
            await line.play(item.pcm)


@dataclass(slots=True)
class Heard:
    """What a test's coroutine got from a line."""

    audio: bytearray = field(default_factory=bytearray)
    digits: list[str] = field(default_factory=list)
    ended: str = ""

    async def listen(self, line: Line, until: Callable[[Heard], bool] = lambda _heard: False) -> None:
        """Collects until the line ends or the condition holds."""
        async for item in line.received():
            match item:
                case Audio():
                    self.audio += item.pcm
                case Digit():
                    self.digits.append(item.digit)
                case Ended():
                    self.ended = item.reason
            if until(self):
                return


class Gateway:
    """Runs in a thread; `calls` are the lines answered so far."""

    def __init__(self, ports: Mapping[str, int], answer: Answer = echo, **voice: object) -> None:
        self.calls: list[Line] = []
        self.errors: list[BaseException] = []
        self._answer = answer
        self._ports = ports
        self._settings = Voice.model_validate(
            {
                "carriers": "asterisk_ws,audiosocket",
                "asterisk_ws_port": ports["asterisk_ws"],
                "audiosocket_port": ports["audiosocket"],
                **voice,
            }
        )
        self._steps, self._announced = NextSteps(), Announced()
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="gateway")

    def __enter__(self) -> Gateway:
        self._thread.start()
        self._ready.wait(20)
        if self._failed:
            raise self._failed
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        if self.errors:
            raise self.errors[0]

    def serve(self) -> None:
        """In this thread, until the process ends."""
        self._thread = threading.current_thread()
        self._work()

    def _work(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            self._failed = error
            self._ready.set()

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        carriers = open_carriers(self._settings, self._answered, steps=self._steps, announced=self._announced)
        for carrier in carriers.values():
            await carrier.start()
        server = uvicorn.Server(
            uvicorn.Config(self._site(), port=self._ports["http"], log_level="error", lifespan="off")
        )
        site = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        self._ready.set()
        await self._stop.wait()
        for carrier in carriers.values():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(carrier.stop(), 3)
        server.should_exit = True
        await site

    async def _answered(self, line: Line) -> None:
        self.calls.append(line)
        try:
            await self._answer(line)
        except Exception as error:
            self.errors.append(error)
            raise

    def _site(self) -> Starlette:
        async def call(request: Request) -> Response:
            try:
                self._announced.announce(request.query_params)
            except FrontlineError as error:
                return PlainTextResponse(error.code, status_code=error.status)
            return PlainTextResponse("ok")

        async def following(request: Request) -> Response:
            return PlainTextResponse(self._steps.answer(request.query_params.get("call", "")))

        return Starlette(routes=[Route("/voice/call", call), Route("/voice/next", following)])


async def hang_up_later(line: Line, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await line.leave(HANGUP)


if __name__ == "__main__":
    Gateway(json.loads(sys.argv[1])).serve()
