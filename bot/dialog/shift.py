"""When operators answer chats, and what a customer is told when they do not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.core.errors import FrontlineError


@dataclass(frozen=True, slots=True)
class Shift:
    """Daily hours in the company's time zone; a shift may pass midnight. Equal ends mean always."""

    opens: time
    closes: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, hours: str, timezone: str) -> Shift:
        """From `08:00-22:00` and a zone name; raises `FrontlineError` that says which is wrong."""
        try:
            opens, closes = (time.fromisoformat(part.strip()) for part in hours.split("-"))
            return cls(opens, closes, ZoneInfo(timezone))
        except (ValueError, KeyError) as error:
            raise FrontlineError(
                "invalid_configuration", f"company.hours {hours!r} or company.timezone {timezone!r}: {error}"
            ) from error

    def is_open(self, now: datetime) -> bool:
        local = now.astimezone(self.zone).time()
        if self.opens == self.closes:
            return True
        if self.opens < self.closes:
            return self.opens <= local < self.closes
        return local >= self.opens or local < self.closes

    def opens_today(self, now: datetime) -> bool:
        """Whether the next shift begins on the same local day."""
        return now.astimezone(self.zone).time() < self.opens
