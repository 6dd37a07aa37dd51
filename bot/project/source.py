"""YAML whose every value knows its file and line; as in YAML 1.2 only true and false are booleans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.core.errors import InvalidContent
from bot.project.model import Place

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """A value of a YAML file. Methods raise `InvalidContent` where it is of another kind."""

    node: yaml.Node
    path: str
    key: yaml.Node | None = None

    @property
    def line(self) -> int:
        """Where its key stands, or the value itself where it has none."""
        return int((self.key or self.node).start_mark.line) + 1

    @property
    def place(self) -> Place:
        return Place(self.path, self.line)

    def wrong(self, problem: str) -> InvalidContent:
        return InvalidContent(self.path, self.line, problem)

    @property
    def is_empty(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag.endswith(":null")

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_block(self) -> bool:
        """A text after `|` or `>`: it begins on the next line."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.style in ("|", ">")

    def entries(self, what: str) -> dict[str, Source]:
        """The mapping; empty for nothing. A key that is written twice is refused."""
        if self.is_empty:
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong(f"{what} must be a mapping")
        found: dict[str, Source] = {}
        for key, value in self.node.value:
            name = Source(key, self.path)
            if (text := name.text("a key")) in found:
                raise name.wrong(f"{what}: `{text}` is written twice")
            if text == "<<":
                raise name.wrong("merge keys (<<) are not supported")
            found[text] = Source(value, self.path, key)
        return found

    def record(self, what: str, allowed: Iterable[str]) -> dict[str, Source]:
        """The mapping, with these keys and no others."""
        found, known = self.entries(what), set(allowed)
        for name, value in found.items():
            if name not in known:
                raise value.wrong(f"{what}: `{name}` is not supported; known: {', '.join(sorted(known))}")
        return found

    def items(self, what: str) -> list[Source]:
        """The list; empty for nothing."""
        if self.is_empty:
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong(f"{what} must be a list")
        return [Source(each, self.path) for each in self.node.value]

    def one_or_more(self, what: str) -> list[str]:
        """A text, or a list of them."""
        return [each.text(what) for each in self.items(what)] if self.is_list else [self.text(what)]

    def text(self, what: str) -> str:
        if not isinstance(self.node, yaml.ScalarNode) or self.is_empty:
            raise self.wrong(f"{what} must be a text")
        return str(self.node.value)

    def flag(self, what: str) -> bool:
        value = self.value()
        if not isinstance(value, bool):
            raise self.wrong(f"{what} must be true or false")
        return value

    def number(self, what: str) -> float:
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(f"{what} must be a number")
        return float(value)

    def value(self) -> Any:
        """The plain value: texts, numbers, booleans, None, lists and mappings of these."""
        if isinstance(self.node, yaml.MappingNode):
            return {name: each.value() for name, each in self.entries("the value").items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [each.value() for each in self.items("the value")]
        return _scalar(str(self.node.value), self.node.tag.rsplit(":", 1)[-1])


def _scalar(written: str, kind: str) -> Any:
    try:
        match kind:
            case "null":
                return None
            case "bool" if written.lower() in ("true", "false"):
                return written.lower() == "true"
            case "int":
                return int(written)
            case "float":
                return float(written)
    except ValueError:  # 10:30 and the like, which are numbers in YAML 1.1 alone
        pass
    return written


def read(path: Path, shown: str) -> Source | None:
    """The file's value, None where it is empty; `shown` is how messages name the file.

    Raises `InvalidContent` for what is no YAML or no text.
    """
    try:
        node = yaml.compose(path.read_text("utf-8"), _LOADER)
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise InvalidContent(shown, line, error.problem or "is not YAML") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidContent(shown, None, str(error)) from error
    source = None if node is None else Source(node, shown)
    return None if source is None or source.is_empty else source


def plain(sources: Mapping[str, Source]) -> dict[str, Any]:
    return {name: each.value() for name, each in sources.items()}
