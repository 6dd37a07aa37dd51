"""`nlu:` of a training file: examples of intents, synonyms, look-up tables, regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.core.errors import InvalidContent
from bot.project.annotations import read_annotations
from bot.project.model import Example, NluData, Place
from bot.project.source import Source

KINDS = ("intent", "synonym", "lookup", "regex")


@dataclass(slots=True)
class NluReader:
    """Gathers the entries of all files."""

    examples: list[Example] = field(default_factory=list)
    synonyms: dict[str, str] = field(default_factory=dict)
    lookups: dict[str, list[str]] = field(default_factory=dict)
    regexes: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)  # of intents
    tables: dict[str, Place] = field(default_factory=dict)  # of look-up tables and regular expressions

    def add(self, source: Source) -> None:
        """Raises `InvalidContent` for an entry that is not understood."""
        for entry in source.items("nlu"):
            given = entry.record("nlu", (*KINDS, "examples", "metadata"))
            kinds = [kind for kind in KINDS if kind in given]
            if len(kinds) != 1:
                raise entry.wrong(f"an entry of nlu is one of {', '.join(KINDS)}")
            kind = kinds[0]
            name = given[kind].text(kind).strip()
            if "examples" not in given:
                raise entry.wrong(f"{kind} `{name}` has no `examples`")
            lines = list(_lines(given["examples"], f"{kind} `{name}`"))
            if not lines:
                raise given["examples"].wrong(f"{kind} `{name}` has no examples")
            self._add(kind, name, lines, entry)

    def data(self) -> NluData:
        return NluData(
            tuple(self.examples),
            dict(self.synonyms),
            {name: tuple(texts) for name, texts in self.lookups.items()},
            {name: tuple(texts) for name, texts in self.regexes.items()},
        )

    def _add(self, kind: str, name: str, lines: list[tuple[str, Source, int]], entry: Source) -> None:
        if kind == "intent":
            self.places.setdefault(name, entry.place)
        elif kind in ("lookup", "regex"):
            self.tables.setdefault(name, entry.place)
        for text, source, line in lines:
            match kind:
                case "intent":
                    self._example(name, text, source, line)
                case "synonym":
                    self._synonym(text, name)
                case "lookup":
                    self.lookups.setdefault(name, []).append(text)
                case _:
                    try:
                        re.compile(text)
                    except re.error as error:
                        problem = f"regex `{name}`: `{text}`: {error}"
                        raise InvalidContent(source.path, source.line + line, problem) from error
                    self.regexes.setdefault(name, []).append(text)

    def _example(self, intent: str, text: str, source: Source, line: int) -> None:
        plain, spans = read_annotations(text, source, line)
        place = Place(source.path, source.line + line)
        self.examples.append(Example(plain, intent, spans, place))
        for span in spans:
            said = plain[span.start : span.end]
            self._synonym(said, str(span.value))

    def _synonym(self, said: str, value: str) -> None:
        """A value stands for itself too, however its letters are written."""
        if said != value:
            self.synonyms[said.lower()] = value
        self.synonyms.setdefault(value.lower(), value)


def _lines(source: Source, what: str) -> Iterator[tuple[str, Source, int]]:
    """Each example with where it stands: a value and how many lines below it."""
    if source.is_list:
        for item in source.items(what):
            given = item.record(what, ("text", "metadata", "intent")) if item.is_mapping else {"text": item}
            if "text" not in given:
                raise item.wrong(f"{what}: an example needs `text`")
            yield given["text"].text(what).strip(), item, 0
        return
    for number, line in enumerate(source.text(what).splitlines(), int(source.is_block)):
        text = line.strip()
        if text.startswith("#"):
            continue
        if text and not text.startswith("-"):
            problem = f"{what}: examples begin with `- `, this does not: `{text[:40]}`"
            raise InvalidContent(source.path, source.line + number, problem)
        if text := text.removeprefix("-").strip():
            yield text, source, number
