"""The shape of the house: files small, imports down, no leftovers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = [
    path
    for folder in ("bot", "handoff", "knowledge_base", "voice", "bench")
    for suffix in ("*.py", "*.js")
    for path in sorted((ROOT / folder).rglob(suffix))
    if "vendor" not in path.parts and "versions" not in path.parts
]

PYTHON = [path for path in CODE if path.suffix == ".py"]


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_thing(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 420


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_say_what_they_are(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not text.strip() or text.lstrip().startswith('"""'), "a module starts with its docstring"
    assert path.stem not in {"utils", "util", "helpers", "manager", "misc", "common"}
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_exemptions_carry_their_reason(path: Path) -> None:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if "# noqa" in line or "type: ignore" in line:
            assert re.search(r"(noqa: ?[A-Z0-9, ]+|type: ignore\[[\w, -]+\])\s+(#|-|—)", line), (
                f"{path.name}:{number} gives no reason"
            )


def test_the_command_line_starts_without_heavy_imports() -> None:
    probe = (
        "import sys, bot.cli; "
        "heavy = {'torch', 'transformers', 'sklearn', 'faiss', 'pymorphy2', 'natasha'} & set(sys.modules); "
        "sys.exit(', '.join(heavy) or 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert result.returncode == 0, result.stderr
