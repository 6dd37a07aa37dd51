"""The product as its users meet it: `frontline serve` in a process of its own, with a fresh folder."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNLIMITED = {f"FRONTLINE_LIMITS__{name}_PER_MINUTE": "1000000" for name in ("MESSAGES", "SESSIONS", "LOGINS")}


@dataclass(frozen=True, slots=True)
class Product:
    """`started` are the seconds until it was ready to answer."""

    url: str
    folder: Path
    process: subprocess.Popen[str]
    started: float
    environment: dict[str, str]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @property
    def memory(self) -> float:
        """MB of the process and its twin."""
        return sum(map(resident, family(self.process.pid)))

    def await_twin(self) -> None:
        """Until it is there, a moment after the start; 10 s where there is none."""
        until = time.monotonic() + 10
        while time.monotonic() < until and len(family(self.process.pid)) == 1:
            time.sleep(0.05)

    def command(self, *arguments: str) -> dict[str, str]:
        """What a command of the product writes as JSON."""
        out = self.folder / "out.json"
        command = [sys.executable, "-m", "bot", *arguments, "--json", str(out)]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)
        found: dict[str, str] = json.loads(out.read_text())
        return found


def family(process: int) -> list[int]:
    """A process and all that it has started."""
    found = [process]
    for number in found:
        for task in Path(f"/proc/{number}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def resident(process: int | str) -> float:
    """Resident memory of a process in MB; of what it shares with others its part (PSS)."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1)) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path) -> Iterator[Product]:
    """Starts it, waits until it is ready, stops it."""
    port = free_port()
    environment = {
        **os.environ,
        **UNLIMITED,
        "FRONTLINE_PORT": str(port),
        "FRONTLINE_DATA_DIR": str(folder),
        "FRONTLINE_LOG_LEVEL": "warning",
        "OMP_NUM_THREADS": "1",
    }
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"], env=environment, stdout=subprocess.DEVNULL, text=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        await_ready(f"{url}/health/ready", process)
        yield Product(url, folder, process, time.perf_counter() - begun, environment)
    finally:
        process.terminate()
        process.wait(60)


def await_ready(url: str, process: subprocess.Popen[Any]) -> None:
    """Until it answers well; `RuntimeError` when it ended, or after three minutes."""
    until = time.monotonic() + 180
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310 - our own address
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{url} was never ready")
