"""Carriers: what brings a call to us and its audio to the caller. One module each, imported when named."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from bot.core.errors import FrontlineError
from bot.settings import Voice
from voice.carriers.announced import Announced
from voice.carriers.calls import Answer
from voice.carriers.next_steps import NextSteps

NAMES = ("asterisk_ws", "audiosocket", "twilio", "webrtc")


class Carrier(Protocol):
    """Takes calls from `start` on and runs `answer` once for each."""

    @property
    def port(self) -> int:
        """On which it listens, after `start`; 0: calls come by the routes of the application."""
        ...

    async def start(self) -> None:
        """Raises `FrontlineError` when the port is taken."""
        ...

    async def stop(self) -> None:
        """Takes no more calls and returns when the running ones have ended; cancelled, it ends them."""
        ...


def open_carriers(
    settings: Voice, answer: Answer, *, steps: NextSteps, announced: Announced
) -> dict[str, Carrier]:
    """The carriers named in the settings, by name, not started."""
    carriers: dict[str, Carrier] = {}
    for name in dict.fromkeys(filter(None, map(str.strip, settings.carriers.split(",")))):
        if name not in NAMES:
            known = ", ".join(NAMES)
            raise FrontlineError("invalid_configuration", f"voice.carriers: {name!r} is none of {known}")
        module = import_module(f"voice.carriers.{name}")
        carriers[name] = module.Carrier(settings, answer, steps=steps, announced=announced)
    return carriers
