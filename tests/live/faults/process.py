"""`frontline` as a process of its own, on a data folder that outlives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bot.settings import ROOT, Settings
from tests.live.actors import await_answer
from tests.services import free_port

NO_LIMIT = "1000000"


class Process:
    """`frontline serve`: started, ended, killed and started again. `log` is all that it ever wrote."""

    def __init__(self, data: Path, articles: Path, *before: str, **environment: str) -> None:
        """`before` is what the command line begins with, such as a tool that takes rights away."""
        self.settings = Settings(port=free_port(), data_dir=data, articles=articles)
        self.url = self.settings.base_url
        self._before = before
        self._log = data.with_name(f"{data.name}.log")
        self._running: subprocess.Popen[bytes] | None = None
        kept = {key: value for key, value in os.environ.items() if not key.startswith("FRONTLINE_")}
        self._environment = {
            **kept,
            "FRONTLINE_CONFIG": str(data.with_name("no.toml")),
            "FRONTLINE_PORT": str(self.settings.port),
            "FRONTLINE_DATA_DIR": str(data),
            "FRONTLINE_ARTICLES": str(articles),
            "FRONTLINE_LIMITS__MESSAGES_PER_MINUTE": NO_LIMIT,
            "FRONTLINE_LIMITS__SESSIONS_PER_MINUTE": NO_LIMIT,
            "FRONTLINE_LIMITS__PARTNER_MESSAGES_PER_MINUTE": NO_LIMIT,
            **environment,
        }

    def start(self, wait: str = "/health/ready") -> None:
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                self._line("serve"), cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        await_answer(self.url + wait)

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self._running is not None
        return self._running

    def kill(self) -> None:
        """`kill -9`: nothing is finished, nothing is closed."""
        self.running.kill()
        self.running.wait()

    def end(self) -> int:
        """SIGTERM, as a service manager sends it; returns the exit code."""
        self.running.terminate()
        return self.running.wait(timeout=60)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of the product with the same configuration."""
        return subprocess.run(
            self._line(*arguments),
            cwd=ROOT,
            env=self._environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def api_key(self) -> str:
        made = self.run("keys", "create", "Партнёр")
        assert made.returncode == 0, made.stderr
        return made.stdout.split()[0]

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of the structured log."""
        lines = self._log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def logged(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.log if line["event"] == event]

    def close(self) -> None:
        if self._running is not None and self._running.poll() is None:
            self.kill()

    def _line(self, *arguments: str) -> list[str]:
        return [*self._before, sys.executable, "-m", "bot", *arguments]
