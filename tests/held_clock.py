"""A clock in the test's hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class HeldClock:
    """Moves a microsecond per look, so that order is visible, and further when told."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def advance(self, span: timedelta) -> None:
        self._now += span
