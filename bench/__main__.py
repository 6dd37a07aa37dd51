"""`python -m bench`: speed, memory and size of the product, beside baselines of the same run.

Every part but those of the telephone is run by default; name some to run only these, `voice` for all of the
telephone. Figures of a busy machine are worth little.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figures import Figure
from bot.web.logs import configure

PARTS = ("size", "start", "turn", "http", "sockets", "index", "engine", "verbaliser")
VOICE = ("voice-answers", "voice-slots", "voice-turns", "voice-density", "voice-hearing")


def main() -> None:
    """Runs the parts, prints a table each; the exit code is 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, *VOICE, "voice", []], help=", ".join((*PARTS, *VOICE))
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes of the telephone's parts, to try them"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    configure("error")
    console = Console()
    console.print(f"{os.cpu_count()} cores, Python {platform.python_version()}")
    found: dict[str, Sequence[Figure]] = {}
    with tempfile.TemporaryDirectory(prefix="frontline-bench-") as folder:
        for part in _parts(options.parts):
            found[part] = _runner(part, Path(folder), options.quick)()
            console.print(_table(part, found[part]))
    if options.json:
        rows = {part: {one.name: round(one.value, 3) for one in figures} for part, figures in found.items()}
        options.json.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", "utf-8")
    raise SystemExit(0 if all(one.holds for one in _all(found)) else 1)


def _parts(named: Sequence[str]) -> Iterator[str]:
    for part in named or PARTS:
        yield from VOICE if part == "voice" else [part]


def _runner(part: str, folder: Path, quick: bool) -> Callable[[], Sequence[Figure]]:
    from bench import engine, http, index, size, sockets, start, turn, verbaliser
    from bench.product import serving
    from bench.voice import answers, density, hearing, slots, turns
    from bot.settings import Settings

    def served(run: Callable[..., Sequence[Figure]]) -> Sequence[Figure]:
        with serving(folder) as product:
            return run(product)

    return {
        "size": lambda: served(size.run),
        "start": lambda: start.run(folder / "start"),
        "turn": lambda: turn.run(Settings(data_dir=folder)),
        "http": lambda: served(http.run),
        "sockets": lambda: served(sockets.run),
        "index": index.run,
        "engine": lambda: engine.run(folder),
        "verbaliser": verbaliser.run,
        "voice-answers": lambda: answers.run(folder, quick=quick),
        "voice-slots": lambda: slots.run(folder, quick=quick),
        "voice-turns": lambda: turns.run(folder, quick=quick),
        "voice-density": lambda: density.run(folder, quick=quick),
        "voice-hearing": lambda: hearing.run(folder, quick=quick),
    }[part]


def _all(found: dict[str, Sequence[Figure]]) -> Iterator[Figure]:
    for figures in found.values():
        yield from figures


def _table(part: str, figures: Sequence[Figure]) -> Table:
    table = Table("", "measured", "", "target", "", title=part, title_justify="left")
    for one in figures:
        mark = "" if not one.target else "holds" if one.holds else "MISSED"
        table.add_row(one.name, f"{one.value:,.2f}", one.unit, one.target, mark)
    return table


if __name__ == "__main__":
    main()
