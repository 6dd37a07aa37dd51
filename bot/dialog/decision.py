"""What is to be done with a message."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.types import Answer
from bot.dialog.context import Context


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` says in a word why, for the desk and for tests; `context` is what to remember."""

    answer: Answer
    context: Context
    reason: str
