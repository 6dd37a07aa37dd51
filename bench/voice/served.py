"""Both sides of the comparison as processes: the product with its gateway, and the Pipecat pipeline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.product import UNLIMITED, await_ready, family, free_port, resident

ROOT = Path(__file__).parents[2]
PIPECAT = ROOT / ".venv-pipecat"
BOT = Path(__file__).with_name("pipecat_bot.py")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Served:
    """`port` takes calls at `path`. `folder` of the product has its database and `stages`."""

    name: str
    port: int
    path: str
    folder: Path
    process: subprocess.Popen[bytes]
    url: str

    def cpu(self) -> float:
        """Seconds of CPU that it and its children have used; those that ended count with their parents."""
        return sum(map(_used, family(self.process.pid)))

    @property
    def memory(self) -> float:
        return sum(map(resident, family(self.process.pid)))

    def stages(self, since: float = 0.0) -> list[tuple[str, float]]:
        """What the product wrote since a moment: stage and seconds, in order."""
        lines = (line.split() for line in (self.folder / "stages").read_text().splitlines())
        return [(stage, float(took)) for at, stage, took in lines if float(at) >= since]


@contextmanager
def gateway(folder: Path) -> Iterator[Served]:
    """The product as shipped, with its carrier for Asterisk and room for all the calls."""
    http, calls = free_port(), free_port()
    settings = {
        **UNLIMITED,
        "FRONTLINE_PORT": http,
        "FRONTLINE_DATA_DIR": folder,
        "FRONTLINE_LOG_LEVEL": "warning",
        "FRONTLINE_VOICE__CARRIERS": "asterisk_ws",
        "FRONTLINE_VOICE__ASTERISK_WS_PORT": calls,
        "FRONTLINE_VOICE__MAX_CALLS": 100,
    }
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bench.voice.observed", str(folder / "stages"), "serve"]
    environment = {name: str(value) for name, value in settings.items()}
    with _running(command, environment, folder) as process:
        url = f"http://127.0.0.1:{http}"
        await_ready(f"{url}/health/ready", process)
        _await_voice(f"{url}/health/ready", process)
        yield Served("ours", calls, "/", folder, process, url)


def _await_voice(url: str, process: subprocess.Popen[bytes]) -> None:
    """The telephone opens after the chat."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310 - our own address
            if json.load(reply)["components"]["voice"] == "ok":
                return
        time.sleep(0.1)
    raise RuntimeError("the gateway was never ready")


@contextmanager
def pipecat(
    folder: Path, answers: Sequence[str], *, min_words: int = 3, silence_s: float = 0.0
) -> Iterator[Served]:
    """The pipeline of `pipecat_bot.py`.

    `min_words`: of an interruption; 0: any voice interrupts. `silence_s`: ends a turn; 0: smart-turn does.
    """
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    told = folder / "pipecat.json"
    model = ROOT / "voice" / "models" / "vosk-model-tiny-ru"
    worker = ROOT / "voice" / "tts" / "scripts" / "espeak_worker.py"
    options = {
        "port": port,
        "model": str(model),
        "worker": str(worker),
        "answers": list(answers),
        "min_words": min_words,
        "silence_s": silence_s,
    }
    told.write_text(json.dumps(options, ensure_ascii=False), "utf-8")
    with _running([str(PIPECAT / "bin" / "python"), str(BOT), str(told)], {}, folder) as process:
        url = f"http://127.0.0.1:{port}"
        await_ready(f"{url}/ready", process)
        yield Served("Pipecat", port, "/call", folder, process, url)


def has_pipecat() -> bool:
    return (PIPECAT / "bin" / "python").exists()


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _used(process: int) -> float:
    """User and system time of a process, and of its children that ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def load() -> float:
    """Processes that wanted to run in the last minute, on the whole machine."""
    return os.getloadavg()[0]
