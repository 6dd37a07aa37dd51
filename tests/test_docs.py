"""The documents are true: settings, commands, links and pictures that they name exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from pydantic import BaseModel
from typer.main import get_command

from bot.cli import app
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TEXTS = {".md", ".py", ".toml", ".yml", ".sh", ".js"}
PAGES = [
    ROOT / "README.md",
    ROOT / "README.ru.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


def _keys(model: type[BaseModel], prefix: str = "") -> set[str]:
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys |= _keys(kind, f"{prefix}{name}.")
        else:
            keys.add(prefix + name)
    return keys


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE)) == _keys(Settings)


def _commands() -> set[str]:
    names = set()
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]  # a click group
        children = getattr(command, "commands", None)
        names |= {f"{name} {child}" for child in children} if children else {name}
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_documents_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    commands = _commands()
    for line in re.findall(r"`frontline ([^`]+)`|^frontline (.+)$", text, re.MULTILINE):
        words = re.sub(r"^(--\w+\s+)*", "", line[0] or line[1]).split()
        assert words[0].startswith("-") or words[0] in commands or " ".join(words[:2]) in commands, words
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for target in re.findall(r"\bmake ([a-z][a-z-]+)", text):
        assert target in targets, f"make {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not re.match(r"https?:|mailto:", link):
            assert (page.parent / link).exists(), link


@pytest.mark.parametrize("name", ["README.md", "README.ru.md"])
def test_a_readme_has_every_command_and_picture(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    for command in _commands():
        assert f"frontline {command}" in text, command
    pictures = [path.name for path in (ROOT / "docs" / "screenshots").glob("*.png")]
    assert len(pictures) >= 9
    for picture in pictures:
        assert f"docs/screenshots/{picture})" in text, picture


def test_the_repository_speaks_of_the_product_alone() -> None:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in names.splitlines():
        path = ROOT / name
        if path.suffix in TEXTS and path.is_file() and "vendor" not in name:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                assert not re.search(r"/(?:root|work|home)/[A-Za-z]", line), f"{name}:{number}"
