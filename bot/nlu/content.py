"""Reads the content files that are not Rasa's: rules of escalation, facets, offers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.core.documents import parse_yaml
from bot.core.errors import InvalidContent


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping; raises `InvalidContent` with the line where the parser stopped."""
    try:
        content = parse_yaml(path.read_text("utf-8"))
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise InvalidContent(str(path), line, error.problem or "is not YAML") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidContent(str(path), None, str(error)) from error
    if not isinstance(content, dict):
        raise InvalidContent(str(path), None, "must be a mapping")
    return content


def line_of(path: Path, word: str) -> int | None:
    """The first line that has the word; the document itself was read without places."""
    lines = path.read_text("utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if word in line), None)
