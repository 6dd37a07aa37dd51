"""The seams of the dialogue: who reads messages, who runs a project's code, what plays a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from bot.engine.events import Event, UserSaid
from bot.engine.responses import Message
from bot.engine.tracker import Kept, Tracker
from bot.project.model import EntitySpan

if TYPE_CHECKING:
    from bot.engine.agent import Handled


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


class Engine(Protocol):
    """What plays a project: `bot.engine.agent.Agent`, a Rasa server, or one with the other behind it."""

    async def handle(
        self,
        state: Kept,
        text: str,
        sender: str = "",
        *,
        channel: str | None = None,
        at: float | None = None,
        slots: Mapping[str, Any] | None = None,
        said: UserSaid | None = None,
        actions: Actions | None = None,
    ) -> Handled:
        """See `bot.engine.agent.Agent.handle`."""
        ...
