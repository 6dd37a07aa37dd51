"""What the dialplan tells about a call before it comes: AudioSocket itself carries nothing but an id."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from bot.core.errors import FrontlineError
from voice.carriers.kept import KEPT_S, Kept

RATES = (8000, 16000)
VALUE_CHARS = 256


@dataclass(frozen=True, slots=True)
class Announcement:
    """As `GET /voice/call?id=UUID&from=…` gives it. `rate` 0: whatever the audio turns out to be."""

    caller: str = ""
    called: str = ""
    conversation_id: str | None = None
    purpose: str = ""
    rate: int = 0
    variables: Mapping[str, str] = field(default_factory=dict)


class Announced:
    """Announcements by call id, for a minute."""

    def __init__(self, seconds: float = KEPT_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls: Kept[Announcement] = Kept(seconds, clock)

    def announce(self, query: Mapping[str, str]) -> None:
        """Takes the parameters `id`, `from`, `to`, `conversation`, `purpose`, `rate`; others are variables.

        Raises `FrontlineError` for an id that is no UUID and for a rate that is none of ours.
        """
        call_id = _uuid(query.get("id", ""))
        rate = query.get("rate", "0")
        if rate not in ("0", "", *map(str, RATES)):
            raise FrontlineError("invalid_rate", f"rate: {RATES[0]} or {RATES[1]} is expected", status=422)
        values = {name: value[:VALUE_CHARS] for name, value in query.items()}
        known = ("id", "from", "to", "conversation", "purpose", "rate")
        self._calls.keep(
            call_id,
            Announcement(
                caller=values.get("from", ""),
                called=values.get("to", ""),
                conversation_id=values.get("conversation") or None,
                purpose=values.get("purpose", ""),
                rate=int(rate or 0),
                variables={name: value for name, value in values.items() if name not in known},
            ),
        )

    def take(self, call_id: str) -> Announcement:
        """What was announced, once; an empty announcement for a call that nobody announced."""
        return self._calls.take(call_id) or Announcement()


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise FrontlineError("invalid_call_id", "id: a UUID is expected", status=422) from error
