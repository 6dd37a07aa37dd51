"""What one who decides says: an action, how sure, and why."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prediction:
    """`no_user`: says so whatever the user said. `end_to_end`: goes by the text of the message.

    `interrupted`: the form that runs next must not read the message. `hidden`: a turn that only rules
    know. `source` names what it was predicted from.
    """

    action: str
    confidence: float
    priority: int = 1
    source: Hashable = None
    no_user: bool = False
    end_to_end: bool = False
    interrupted: bool = False
    hidden: bool = False
