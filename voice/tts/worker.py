"""A process that speaks, seen from outside: started, asked one text at a time, started again when it dies.

What it is asked is a sentence, so several calls take turns without waiting long for each other. Its end of
the talk is `scripts/serving.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import struct
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from bot.core.errors import FrontlineError

log = structlog.get_logger(__name__)

SCRIPTS = Path(__file__).resolve().parent / "scripts"
START_S = 180.0  # until it is ready: a neural voice reads its model
SENTENCE_S = 60.0  # for one text; a process that takes longer hangs
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 60.0  # before a process that died is started again
AWAITED_S = 1.0  # whoever wants to speak waits out a pause as long as this
_FRAME_BYTES = 1 << 20
_OURS = ("FRONTLINE_", "VIRTUAL_ENV", "PYTHON")
Command = Callable[[], Sequence[str | Path]]  # raises `FrontlineError` when there is nothing to run


class Worker:
    """`problem`: why nobody would speak at once; None when it would. `rate` is known when it is None."""

    def __init__(self, name: str, command: Command, environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.rate = 0
        self.pid: int | None = None
        self.problem: str | None = "not started"
        self._command = command
        self._environment = {**_environ(), **(environment or {})}
        self._lives: asyncio.Task[None] | None = None
        self._serves: asyncio.Future[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._saying: _Saying | None = None
        self._jobs: set[asyncio.Task[None]] = set()
        self._has_served = self._has_spoken = False

    def start(self) -> None:
        """Returns at once; again does nothing."""
        if self._lives is None:
            self.problem = "starting"
            self._serves = asyncio.get_running_loop().create_future()
            self._lives = asyncio.create_task(self._live(), name=f"tts-{self.name}")

    async def say(self, text: str, *, locale: str, speed: float) -> AsyncGenerator[bytes, None]:
        """PCM at `rate`. Left early, the process says the rest to nobody and is free for the next."""
        self.start()
        saying = _Saying(_frame({"text": text, "locale": locale, "speed": speed}))
        job = asyncio.create_task(self._carry(saying))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        try:
            while (piece := await saying.pieces.get()) is not None:
                yield piece
            if saying.failure is not None:
                raise saying.failure
        finally:
            saying.wanted = False
            if not saying.sent:
                job.cancel()

    async def close(self) -> None:
        tasks = [*self._jobs, *([self._lives] if self._lives else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._lives, self.problem = None, "stopped"

    async def _carry(self, saying: _Saying) -> None:
        """One text from its turn to its end."""
        try:
            async with self._turn:
                await self._serving()
                process = self._process
                if not saying.wanted or process is None or process.stdin is None:
                    raise self._away()
                self._saying, saying.sent = saying, True
                process.stdin.write(saying.request)
                try:
                    async with asyncio.timeout(SENTENCE_S):
                        await process.stdin.drain()
                        await saying.over.wait()
                finally:
                    self._saying = None
        except TimeoutError:
            log.error("tts.hangs", engine=self.name)
            saying.end(self._away("it hangs"))
            self._stops_serving("it hangs", soon=True)
            self._kill()
        except (FrontlineError, OSError) as error:
            saying.end(error if isinstance(error, FrontlineError) else self._away())
        except asyncio.CancelledError:
            saying.end(self._away("stopped"))
            raise

    async def _serving(self) -> None:
        """Waits until it is ready; raises when that will not be soon."""
        if self._serves is None:
            raise self._away()
        await asyncio.shield(self._serves)

    async def _live(self) -> None:
        """Life after life."""
        pause = SHORTEST_PAUSE_S
        while True:
            self._has_served = self._has_spoken = False
            try:
                problem = await self._one_life()
            except FrontlineError as error:
                problem = error.message
            except OSError as error:
                problem = f"cannot be started: {error.strerror}"
            if self._has_spoken:
                pause = SHORTEST_PAUSE_S
            log.warning("tts.ended", engine=self.name, problem=problem, again_in_s=pause)
            self._stops_serving(problem, soon=self._has_served and pause <= AWAITED_S)
            await asyncio.sleep(pause)
            pause = min(pause * 4, LONGEST_PAUSE_S)
            if self._serves is None or self._serves.done():
                self._serves = asyncio.get_running_loop().create_future()

    async def _one_life(self) -> str:
        """From start to end of a process; why it ended."""
        process = await asyncio.create_subprocess_exec(
            *self._command(),
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        self._process, self.pid = process, process.pid
        last = _Last()
        told = asyncio.create_task(last.read(process))
        began = time.monotonic()
        try:
            async with asyncio.timeout(START_S):
                kind, content = await _received(process)
            if kind != b"r":
                return str(json.loads(content)["error"]) if kind == b"x" else "speaks in riddles"
            self.rate = int(json.loads(content)["rate"])
            last.hush()
            self._begins_serving(time.monotonic() - began)
            while True:
                self._take(*await _received(process))
        except TimeoutError:
            return f"is not ready after {START_S:.0f} s"
        except (asyncio.IncompleteReadError, ValueError, KeyError, OSError):
            return last.line or "its process ended"
        finally:
            self._process = self.pid = None
            await _end(process)
            told.cancel()
            await asyncio.gather(told, return_exceptions=True)

    def _take(self, kind: bytes, content: bytes) -> None:
        saying = self._saying
        if saying is None:
            return
        match kind:
            case b"a":
                saying.add(content)
            case b"e":
                self._has_spoken = True
                saying.end()
            case b"x":
                what = json.loads(content)["error"]
                saying.end(FrontlineError("tts_failed", f"{self.name} cannot say this: {what}", status=502))
            case _:
                raise ValueError(kind)

    def _begins_serving(self, took: float) -> None:
        log.info("tts.serves", engine=self.name, started_in_s=round(took, 2))
        self.problem = None
        self._has_served = True
        if self._serves is not None and not self._serves.done():
            self._serves.set_result(None)

    def _stops_serving(self, problem: str, *, soon: bool) -> None:
        self.problem = problem
        if self._saying is not None:
            self._saying.end(self._away())
        if self._serves is None or self._serves.done():
            self._serves = asyncio.get_running_loop().create_future()
        if not soon:
            self._serves.set_exception(self._away())
            self._serves.exception()  # seen, also when nobody waits

    def _away(self, problem: str = "") -> FrontlineError:
        why = problem or self.problem or "its process ended"
        return FrontlineError("tts_away", f"{self.name} does not speak: {why}", status=503, retryable=True)

    def _kill(self) -> None:
        if self._process is not None:
            _kill(self._process)


class _Saying:
    """One text on its way. `pieces` ends with None."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.failure: FrontlineError | None = None
        self.wanted = True
        self.sent = False
        self.over = asyncio.Event()

    def add(self, pcm: bytes) -> None:
        if self.wanted:
            self.pieces.put_nowait(pcm)

    def end(self, failure: FrontlineError | None = None) -> None:
        if not self.over.is_set():
            self.failure = failure
            self.over.set()
            self.pieces.put_nowait(None)


class _Last:
    """The last line of a process's errors, until it is given texts: then they may hold personal data."""

    def __init__(self) -> None:
        self.line = ""
        self._hushed = False

    def hush(self) -> None:
        self._hushed, self.line = True, ""

    async def read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None  # noqa: S101 - it was given a pipe
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:  # longer than asyncio's limit
                continue
            if not line:
                return
            said = line.decode("utf-8", "replace").strip()[:300]
            if said and not self._hushed:
                self.line = said


async def _received(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    assert process.stdout is not None  # noqa: S101 - it was given a pipe
    size, kind = struct.unpack(">Ic", await process.stdout.readexactly(5))
    if size > _FRAME_BYTES:
        raise ValueError(size)
    return kind, await process.stdout.readexactly(size)


def _frame(asked: Mapping[str, object]) -> bytes:
    content = json.dumps(asked).encode()
    return struct.pack(">I", len(content)) + content


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    _kill(process)  # it keeps nothing that could be lost
    # asyncio waits for the end of its output too, and never sees that while much of it is unread
    while process.stdout is not None and await process.stdout.read(_FRAME_BYTES):
        pass
    await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    """Not by asyncio's own: that may reap a dead process before asyncio's watcher does."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _environ() -> dict[str, str]:
    """None of our settings and secrets, nor where our Python is."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
