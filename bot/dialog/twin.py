"""A twin of this process that understands messages: one reads a message while the other answers another.

Python runs one thread at a time, and understanding is half of a turn. The twin is a fork: it shares models
and index with us in memory, and is there at once. It knows the snapshot it was born with; a new snapshot gets
a new twin. Until then, and should it die, understanding happens here: a twin makes turns faster, and changes
no answer.
"""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import signal
import socket
import struct
import sys
import warnings
from collections import deque
from contextlib import suppress
from typing import Any, NoReturn, cast

import structlog

from bot.dialog.context import Context
from bot.dialog.search import Search
from bot.dialog.understanding import Understand, Understanding
from knowledge_base.indexing import KnowledgeIndex, Snapshot

SETTLES_S = 1.0  # after a change of the knowledge, for more of them may follow; and after a death
ANSWERS_S = 3.0  # in which the twin answers, or it is taken for dead
WAITING = 32  # messages that wait for the twin at most; more are understood here
_SIZE = struct.Struct("!I")
log = structlog.get_logger(__name__)
Understood = tuple[Understanding, float]  # with the milliseconds of its searches


def possible() -> bool:
    """Whether a twin is of use: with a processor to spare, where a process may fork that has threads."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


class Twin:
    """Understands in the other process, once started; `None` means: understand it yourself. For one loop."""

    def __init__(self, understand: Understand, knowledge: KnowledgeIndex) -> None:
        self._understand, self._knowledge = understand, knowledge
        self._line: _Line | None = None
        self._renewal: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """The loop stands still for some tens of milliseconds, of which later twins need a tenth."""
        gc.collect()
        gc.freeze()  # what is there now stays; collections, which touch every page, leave it alone
        await self._begin()

    async def understand(
        self, text: str, context: Context, snapshot: Snapshot, gone: frozenset[str]
    ) -> Understood | None:
        """What the message means to this snapshot without the articles that are `gone`."""
        line = self._line
        if line is None:
            return None
        if line.lost or line.snapshot is not snapshot:
            if self._renewal is None or self._renewal.done():
                self._renewal = asyncio.create_task(self._renewed())
            return None
        if len(line.asked) >= WAITING:
            return None
        try:
            async with asyncio.timeout(ANSWERS_S):
                return await line.ask((text, context, gone))
        except TimeoutError:
            if not line.lost:
                log.warning("twin.silent", seconds=ANSWERS_S)
                line.kill()
            return None

    async def close(self) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)
        await self._retire()

    async def _renewed(self) -> None:
        await asyncio.sleep(SETTLES_S)
        await self._retire()
        await self._begin()

    async def _begin(self) -> None:
        snapshot = self._knowledge.current
        ours, its = socket.socketpair()
        try:
            pid = self._fork(its, snapshot)
        except OSError as error:  # no memory, no more processes
            ours.close()
            log.warning("twin.not_started", error=type(error).__name__)
            return
        finally:
            its.close()
        loop = asyncio.get_running_loop()
        _, self._line = await loop.create_unix_connection(lambda: _Line(pid, snapshot), sock=ours)
        log.info("twin.started", revision=snapshot.revision)

    def _fork(self, line: socket.socket, snapshot: Snapshot) -> int:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # else both processes write what it holds
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads: it takes none of their locks
            pid = os.fork()
        if pid == 0:
            _live(line, self._understand, snapshot)
        return pid

    async def _retire(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.kill()
            with suppress(ChildProcessError):
                await asyncio.to_thread(os.waitpid, line.pid, 0)


class _Line(asyncio.Protocol):
    """Our end: questions go out and answers come back in the same order."""

    def __init__(self, pid: int, snapshot: Snapshot) -> None:
        self.pid, self.snapshot = pid, snapshot
        self.asked: deque[asyncio.Future[Understood | None]] = deque()
        self.lost = self._killed = False
        self._transport: asyncio.WriteTransport  # from the moment on that anybody has this line
        self._read = bytearray()

    def ask(self, question: tuple[Any, ...]) -> asyncio.Future[Understood | None]:
        self._transport.write(_packed(question))
        answer = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        return answer

    def kill(self) -> None:
        """It holds nothing that could be lost; messages that wait for it are told."""
        self._killed = True
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        while len(self._read) >= _SIZE.size:
            end = _SIZE.size + _SIZE.unpack_from(self._read)[0]
            if len(self._read) < end:
                return
            understood = pickle.loads(self._read[_SIZE.size : end])  # noqa: S301 - from our twin
            del self._read[:end]
            self._settle(self.asked.popleft(), understood)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if not self._killed:
            log.warning("twin.died", waiting=len(self.asked))
        for answer in self.asked:
            self._settle(answer, None)
        self.asked.clear()

    @staticmethod
    def _settle(answer: asyncio.Future[Understood | None], understood: Understood | None) -> None:
        if not answer.done():  # who asked may have gone
            answer.set_result(understood)


def _packed(value: object) -> bytes:
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return _SIZE.pack(len(body)) + body


def _live(line: socket.socket, understand: Understand, snapshot: Snapshot) -> NoReturn:
    """The life of the twin: of all that it was born with it uses models and index alone.

    Both ends of the line are this program, so that what is unpickled is as trusted as the program itself.
    """
    try:
        gc.freeze()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal; we end when our line does
        # A connection that we held as well would not end when our parent closes it.
        os.closerange(3, line.fileno())
        os.closerange(line.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        with line.makefile("rb") as questions:
            while len(head := questions.read(_SIZE.size)) == _SIZE.size:
                text, context, gone = pickle.loads(questions.read(_SIZE.unpack(head)[0]))  # noqa: S301 - from it
                line.sendall(_packed(_understood(understand, snapshot, text, context, gone)))
    finally:
        os._exit(0)  # whatever it was, it must not run on into our parent's code


def _understood(
    understand: Understand, snapshot: Snapshot, text: str, context: Context, gone: frozenset[str]
) -> Understood | None:
    search = Search(snapshot.retriever, gone)
    try:
        return understand(text, context, snapshot.without(gone), search), search.ms
    except Exception:  # our parent tries as well, and reports
        return None
