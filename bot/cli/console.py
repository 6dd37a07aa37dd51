"""How commands speak: progress on standard error, results on standard output, errors as exit codes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from bot.core.errors import FrontlineError
from bot.settings import Settings, load

PROBLEM, CONFIGURATION, UNAVAILABLE = 1, 3, 4

T = TypeVar("T")
JsonOut = Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Also write the result as JSON.")]

errors = Console(stderr=True)


def fail(message: str, code: int) -> typer.Exit:
    errors.print(f"frontline: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(code)


def settings() -> Settings:
    """The configuration, or exit code 3 with the key that is wrong."""
    try:
        return load()
    except FrontlineError as error:
        raise fail(error.message, CONFIGURATION) from error


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs a command's coroutine; our errors become one line and an exit code."""
    try:
        return asyncio.run(work)
    except FrontlineError as error:
        raise fail(f"{error.code}: {error.message}", UNAVAILABLE if error.retryable else PROBLEM) from error
    except OSError as error:
        raise fail(str(error), UNAVAILABLE) from error


def write_json(out: Path | None, result: object) -> None:
    if out is None:
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    except OSError as error:
        raise fail(f"cannot write {out}: {error.strerror}", UNAVAILABLE) from error


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing in a pipe; the caller reports (done, total)."""
    with Progress(console=errors, transient=True, disable=not sys.stderr.isatty()) as bars:
        task = bars.add_task(title, total=None)

        def report(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield report
