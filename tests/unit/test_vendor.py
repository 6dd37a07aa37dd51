"""What others wrote is what it says it is, and the widget stays small."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "bot" / "web" / "static"
VENDOR = STATIC / "vendor"
LISTED = json.loads((VENDOR / "VENDOR.json").read_text("utf-8"))
_IMPORT = re.compile(r"""(?:from|import)\s*["']([^"']+)["']""")
LOADER_BYTES = 10 * 1024
WIDGET_BYTES = 60 * 1024  # compressed, everything that the frame loads


@pytest.mark.parametrize("entry", LISTED, ids=lambda entry: entry["name"])
def test_vendored_file_is_the_one_listed(entry: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert set(entry) == {"name", "version", "licence", "package", "source", "changes", "file", "sha256"}


def test_every_vendored_module_is_listed_with_its_licence() -> None:
    assert {path.name for path in VENDOR.glob("*.js")} == {entry["file"] for entry in LISTED}
    packages = {entry["name"].split("/")[0] for entry in LISTED}
    assert {path.stem for path in VENDOR.glob("*.LICENSE")} == packages


def reached(module: Path) -> set[Path]:
    """The module and all that it imports."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for target in _IMPORT.findall(path.read_text("utf-8")):
            assert target.startswith("."), f"{path.name} imports {target}: nothing resolves that in a browser"
            waiting.append((path.parent / target).resolve())
    return found


@pytest.mark.parametrize("entry", ["widget.js", "desk.js", "team.js", "login.js", "help.js", "loader.js"])
def test_every_import_is_a_file_of_ours(entry: str) -> None:
    assert all(path.is_file() for path in reached(STATIC / entry))


def test_the_loader_is_small() -> None:
    assert (STATIC / "loader.js").stat().st_size <= LOADER_BYTES


def test_the_widget_is_small() -> None:
    page = STATIC.parent / "templates" / "widget.html"
    files = {
        *reached(STATIC / "widget.js"),
        STATIC / "base.css",
        STATIC / "widget.css",
        STATIC / "loader.js",
        page,
    }
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) <= WIDGET_BYTES


def test_no_page_has_inline_script_or_style() -> None:
    """The content security policy would refuse them."""
    for page in (STATIC.parent / "templates").glob("*.html"):
        text = page.read_text("utf-8")
        for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
            assert "src=" in attributes or 'type="application/json"' in attributes, page.name
            assert not body.strip() or 'type="application/json"' in attributes, page.name
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text), page.name


def test_only_the_server_html_goes_in_as_html() -> None:
    places = [
        (path.relative_to(STATIC).as_posix(), line)
        for path in STATIC.rglob("*.js")
        if "vendor" not in path.parts
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"innerHTML|dangerouslySetInnerHTML|insertAdjacentHTML|document\.write", line)
    ]
    assert {name for name, _ in places} == {"widget/messages.js", "desk/conversation.js"}
    assert all("__html: data.html" in line for _, line in places)
