"""Rasa's own Python, and what a process of it may know: it gets none of our settings and secrets."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.core.errors import FrontlineError

VERSION = "3.6.21"
SCRIPTS = Path(__file__).resolve().parent / "scripts"
GRACE_S = 10.0  # between asking a process to end and ending it
LINE_BYTES = 1 << 20  # of a process's output; longer lines are cut by asyncio with an error
# OMP_NUM_THREADS: one is right for our small matrices, not for training a neural network.
_OURS = ("FRONTLINE_", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "OMP_NUM_THREADS")
_CONTENT = ("config.yml", "domain.yml", "domain", "data", "tests")


def python(venv: Path) -> Path:
    """The interpreter of Rasa's environment; raises `rasa_not_installed`."""
    found = venv.absolute() / "bin" / "python"  # not resolved: the link is what makes it the environment
    if not (venv / "bin" / "rasa").is_file() or not found.exists():
        raise FrontlineError("rasa_not_installed", f"there is no Rasa in {venv}; `make rasa` installs it")
    return found


def environ(folder: Path, project: Path | None = None, **more: str) -> dict[str, str]:
    """Rasa sends no telemetry, keeps its cache in `folder`, and finds the components of a `project`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {
        **kept,
        **({"PYTHONPATH": str(project.resolve())} if project else {}),
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_CACHE_DIRECTORY": str(folder / "cache"),
        "MPLCONFIGDIR": str(folder / "cache"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        **more,
    }


def content_hash(project: Path) -> str:
    """Changes with everything that a model is made of, and with Rasa's version."""
    summed = hashlib.sha256(VERSION.encode())
    for path in content(project):
        if path.relative_to(project).parts[0] != "tests":
            summed.update(f"\0{path.relative_to(project).as_posix()}\0".encode() + path.read_bytes())
    return summed.hexdigest()[:20]


def content(project: Path) -> list[Path]:
    """The files of a project that Rasa reads, sorted."""
    found: list[Path] = []
    for name in _CONTENT:
        path = project / name
        found += [path] if path.is_file() else sorted(path.rglob("*.y*ml")) if path.is_dir() else []
    return found


def copy_content(project: Path, to: Path) -> None:
    """Training writes into a project's config.yml: it works on a copy."""
    shutil.rmtree(to, ignore_errors=True)
    for path in content(project):
        target = to / path.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


@asynccontextmanager
async def process(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process in a group of its own, its output in one pipe; all of the group ends with the block."""
    running = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=LINE_BYTES,
    )
    try:
        yield running
    finally:
        await _end(running)


async def output(running: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """Its lines, until it closes its output."""
    assert running.stdout is not None  # noqa: S101 - `process` gives it a pipe
    while True:
        try:
            line = await running.stdout.readline()
        except ValueError:  # a line beyond the limit is dropped
            continue
        if not line:
            return
        yield line.decode("utf-8", "replace").rstrip()


async def finished(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Runs to its end; its last lines. Raises `rasa_failed` with the last of them."""
    lines: list[str] = []
    async with process(command, folder, environment) as running:
        async for line in output(running):
            if line.strip():
                lines = [*lines[-49:], line]
        code = await running.wait()
    if code:
        raise FrontlineError("rasa_failed", f"Rasa ended with {code}: {lines[-1] if lines else 'silently'}")
    return lines


async def _end(running: asyncio.subprocess.Process) -> None:
    """Asks the whole group to end, then ends it. What is left of a group is ended also after its leader."""
    if running.returncode is None:
        _signal(running.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await running.wait()
    _signal(running.pid, signal.SIGKILL)
    await running.wait()


def _signal(group: int, which: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, which)
