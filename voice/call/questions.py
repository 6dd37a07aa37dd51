"""What the call itself asks: whether to go on, whether to call back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from voice.ports import NextStep
from voice.turn_taking import Expected


@dataclass(frozen=True, slots=True)
class Way:
    """What came of an answer: the call goes on, or leaves by `step`."""

    step: NextStep | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the call's own. `answered` returns None where the words are no answer to it.

    `minutes`: how long the caller would wait for a person, where that is known.
    """

    key: str
    awaited: Expected
    answered: Callable[[str], Awaitable[Way | None]]
    minutes: int | None = None

    @property
    def phrase(self) -> str:
        """The key of what is said."""
        return self.key if self.minutes is None else f"{self.key}_wait"
