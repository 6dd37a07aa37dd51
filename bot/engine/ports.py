"""What the dialogue needs from others: someone who reads messages, someone who runs a project's code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.engine.events import Event
from bot.engine.responses import Message
from bot.engine.tracker import Tracker
from bot.project.model import EntitySpan


class Parsed(Protocol):
    """`ranking`: intents with confidences, the surest first. `response`: "faq/ask_name"."""

    @property
    def text(self) -> str: ...
    @property
    def intent(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def ranking(self) -> tuple[tuple[str, float], ...]: ...
    @property
    def entities(self) -> tuple[EntitySpan, ...]: ...
    @property
    def response(self) -> str | None: ...


class Parser(Protocol):
    def parse(self, text: str) -> Parsed: ...


class Rejected(Exception):
    """Raised by a custom action that refuses to run, so that something else may."""


class Actions(Protocol):
    """Custom actions, which may wait for others. What `run` raises but `Rejected` counts as nothing done."""

    async def run(self, name: str, tracker: Tracker) -> Sequence[Event | Message]: ...


class NoActions:
    """Every custom action does nothing."""

    async def run(self, name: str, tracker: Tracker) -> Sequence[Event | Message]:
        return ()
