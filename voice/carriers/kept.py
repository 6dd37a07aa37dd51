"""What is kept by call for a minute: read by the routes' thread, written by the calls' or the reverse."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT_S = 60.0
MOST = 5000  # entries; the oldest go first


class Kept(Generic[T]):
    """Values by call id that forget themselves. Safe to use from several threads."""

    def __init__(self, seconds: float = KEPT_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._lock = Lock()
        self._values: dict[str, tuple[float, T]] = {}  # in the order of their age

    def keep(self, call_id: str, value: T) -> None:
        with self._lock:
            self._values.pop(call_id, None)
            self._values[call_id] = (self._clock(), value)
            self._forget()

    def get(self, call_id: str) -> T | None:
        with self._lock:
            self._forget()
            found = self._values.get(call_id)
        return found[1] if found else None

    def take(self, call_id: str) -> T | None:
        """The value, once."""
        with self._lock:
            self._forget()
            found = self._values.pop(call_id, None)
        return found[1] if found else None

    def __len__(self) -> int:
        with self._lock:
            self._forget()
            return len(self._values)

    def _forget(self) -> None:
        oldest = self._clock() - self._seconds
        while self._values:
            call_id, (since, _value) = next(iter(self._values.items()))
            if since > oldest and len(self._values) <= MOST:
                return
            del self._values[call_id]
