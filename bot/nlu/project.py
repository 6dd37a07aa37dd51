"""Reads the NLU project: intents with their examples, and the responses of small talk.

The files are Rasa 3 training data (`nlu:` with `examples: |`, `responses:` with `utter_<intent>`), so
that the same folder trains either engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.core.documents import parse_yaml
from bot.core.errors import InvalidContent

UTTER = "utter_"


@dataclass(frozen=True, slots=True)
class Project:
    """`intents`: name -> examples. `responses`: intent -> locale -> variants."""

    intents: Mapping[str, tuple[str, ...]]
    responses: Mapping[str, Mapping[str, tuple[str, ...]]]

    @classmethod
    def load(cls, folder: Path) -> Project:
        """Every YAML file under `folder/data`; raises `InvalidContent` for one that cannot be read."""
        intents: dict[str, tuple[str, ...]] = {}
        responses: dict[str, dict[str, tuple[str, ...]]] = {}
        for path in sorted((folder / "data").rglob("*.yml")):
            content = read_yaml(path)
            for intent, examples in _intents(path, content.get("nlu") or []):
                intents[intent] = intents.get(intent, ()) + examples
            for intent, locale, text in _responses(path, content.get("responses") or {}):
                texts = responses.setdefault(intent, {})
                texts[locale] = (*texts.get(locale, ()), text)
        return cls(intents, responses)

    def family(self, prefix: str) -> dict[str, tuple[str, ...]]:
        """The intents `prefix/name` by name."""
        start = f"{prefix}/"
        return {
            name.removeprefix(start): texts for name, texts in self.intents.items() if name.startswith(start)
        }

    def negatives(self) -> dict[str, tuple[str, ...]]:
        """Messages that no article answers, for the ranking to learn from: out of scope, small talk."""
        return {
            prefix: tuple(text for texts in self.family(prefix).values() for text in texts)
            for prefix in ("out_of_scope", "chitchat")
        }


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


def _intents(path: Path, entries: list[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for entry in entries:
        if not isinstance(entry, dict) or "intent" not in entry:
            continue  # synonyms, look-up tables and regular expressions are not for this reader
        examples = entry.get("examples")
        if not isinstance(examples, str):
            raise InvalidContent(str(path), None, f"{entry['intent']}: needs `examples: |`")
        lines = (line.strip().removeprefix("-").strip() for line in examples.splitlines())
        yield str(entry["intent"]), tuple(line for line in lines if line)


def _responses(path: Path, entries: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, variants in entries.items():
        for variant in variants or []:
            if not isinstance(variant, dict) or not isinstance(variant.get("text"), str):
                raise InvalidContent(str(path), None, f"{name}: every variant needs `text`")
            locale = (variant.get("metadata") or {}).get("locale", "ru")
            yield str(name).removeprefix(UTTER), str(locale), variant["text"]
