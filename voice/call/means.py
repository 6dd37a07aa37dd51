"""What all calls share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.settings import Voice
from voice.call.errands import Errands
from voice.call.mouth import Speak
from voice.call.script import Script
from voice.ports import Recogniser
from voice.turn_taking import Ears


@dataclass(frozen=True, slots=True)
class Means:
    """`recordings` is a folder; `observe` is told the seconds of each stage of an answer.

    `errands`: what our own calls are for, where we make any.
    """

    settings: Voice
    script: Script
    ears: Ears
    recogniser: Recogniser
    speak: Speak
    recordings: Path
    observe: Callable[[str, float], None]
    errands: Errands | None = None
