"""A Rasa server of our own: trained, started, watched, started again when it dies, ended with us."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx
import structlog

from bot.core.errors import FrontlineError
from bot.rasa.client import RasaClient
from bot.rasa.environment import SCRIPTS, environ, output, process, python
from bot.rasa.training import train

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
LOOKS_S = 1.0  # between two looks at its status
MISSES = 60  # looks without an answer after which a server that has served is ended
START_S = 300.0  # until the first answer: it reads TensorFlow and the model
LONGEST_PAUSE_S = 60.0  # before a server that keeps dying is started again

_LINE = re.compile(r"^\S+ \S+\s+(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)\s+(?P<source>[\w.]+)\s+- ")


class RasaServer:
    """`folder` is ours, for models and caches. `actions_url`: where our action server answers.

    `token`: what its API asks for; empty for one that nobody else knows.
    `problem`: why it does not serve now, None when it does.
    """

    def __init__(
        self,
        project: Path,
        folder: Path,
        venv: Path,
        *,
        actions_url: str,
        actions_secret: str,
        token: str = "",
    ) -> None:
        self._project, self._folder, self._venv = project, folder.resolve(), venv
        self._actions_url, self._secret = actions_url, actions_secret
        self.token = token or secrets.token_urlsafe(24)
        self.url = f"http://{HOST}:{_free_port()}"
        self.problem: str | None = "not started"
        self.pid: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._serves = asyncio.Event()

    async def start(self) -> None:
        """Returns at once; raises `rasa_not_installed`. Training and starting take minutes."""
        python(self._venv)
        self._task = asyncio.create_task(self._supervised(), name="rasa")

    async def ready(self) -> None:
        """Waits until it serves; raises what ended it."""
        if self._task is None:
            raise FrontlineError("rasa_away", "the Rasa server was not started", status=503)
        waiting = asyncio.create_task(self._serves.wait())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not self._serves.is_set():
            raise FrontlineError("rasa_failed", self.problem or "it has ended")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        self._not_serving("stopped")

    async def _supervised(self) -> None:
        """A project that cannot be trained stays untrained until somebody changes it and starts anew."""
        try:
            self.problem = "training"
            model = await train(self._project, self._folder, self._venv)
        except (FrontlineError, OSError) as error:
            self._not_serving(error.message if isinstance(error, FrontlineError) else str(error))
            log.error("rasa.not_trained", problem=self.problem)
            return
        pause = 1.0
        while True:
            began = time.monotonic()
            try:
                await self._serve(model)
            except OSError as error:
                log.error("rasa.not_started", error=type(error).__name__)
            self._not_serving("starting again")
            if time.monotonic() - began > 2 * LONGEST_PAUSE_S:
                pause = 1.0
            log.warning("rasa.ended", again_in_s=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _serve(self, model: Path) -> None:
        """One life of the process."""
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="server-") as made:
            await self._run(model, self._files(Path(made)))

    async def _run(self, model: Path, files: list[str | Path]) -> None:
        port = self.url.rpartition(":")[2]
        command: list[str | Path] = [python(self._venv), SCRIPTS / "run.py", "run", "--enable-api"]
        command += ["--model", model, "--interface", HOST, "--port", port, *files]
        environment = environ(
            self._folder,
            self._project,
            RASA_AUTH_TOKEN=self.token,
            FRONTLINE_ACTIONS_SECRET=self._secret,
        )
        self.problem = "starting"
        async with process(command, self._folder, environment) as running:
            self.pid = running.pid
            told = asyncio.create_task(_tell(running))
            watched = asyncio.create_task(self._watch())
            try:
                await asyncio.wait({told, watched}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.pid = None
                told.cancel()
                watched.cancel()
        if told.done() and not told.cancelled():
            # Whoever is known to serve may have heard customers, and end with their words.
            said = "" if self._serves.is_set() else told.result()
            log.error("rasa.exited", code=running.returncode, said=said)

    def _files(self, folder: Path) -> list[str | Path]:
        """Rasa puts the secret in from its environment, so that it lies on no disk."""
        endpoints, credentials = folder / "endpoints.yml", folder / "credentials.yml"
        endpoints.write_text(
            "action_endpoint:\n"
            f"  url: {self._actions_url}\n"
            "  headers:\n"
            "    Authorization: Bearer ${FRONTLINE_ACTIONS_SECRET}\n"
            "  enable_selective_domain: true\n"  # our actions know the project; Rasa need not send it
            "tracker_store:\n"
            "  type: forgetful.ForgetfulTrackerStore\n",
            "utf-8",
        )
        credentials.write_text("rest:\nheard.HeardInput:\n", "utf-8")
        return ["--endpoints", endpoints, "--credentials", credentials]

    async def _watch(self) -> None:
        """Returns when the server has not answered for long."""
        began, misses = time.monotonic(), 0
        async with httpx.AsyncClient() as http:
            client = RasaClient(http, self.url, self.token)
            while True:
                try:
                    async with asyncio.timeout(5.0):
                        await client.status()
                except (FrontlineError, TimeoutError):
                    misses += 1
                    if self._serves.is_set() and misses >= MISSES:
                        return
                    if not self._serves.is_set() and time.monotonic() - began > START_S:
                        return
                else:
                    misses = 0
                    self._is_serving()
                await asyncio.sleep(LOOKS_S)

    def _is_serving(self) -> None:
        if not self._serves.is_set():
            log.info("rasa.serves", url=self.url)
        self.problem = None
        self._serves.set()

    def _not_serving(self, problem: str) -> None:
        self.problem = problem
        self._serves.clear()


async def _tell(running: asyncio.subprocess.Process) -> str:
    """Rasa's lines in our log, until it closes its output; the last of them.

    They may hold what customers said, so their words are personal data.
    """
    last = ""
    async for line in output(running):
        last = line.strip() or last
        found = _LINE.match(line)
        if found is None:
            continue  # a traceback, or a banner
        level = found["level"].lower()
        tell = log.warning if level in ("warning", "error", "critical") else log.debug
        tell("rasa.says", rasa_level=level, source=found["source"], pii_line=line[found.end() :])
    return last


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
