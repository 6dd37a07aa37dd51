"""Seams with two real implementations, or with a heavy dependency behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from bot.core.types import Event

Vectors = npt.NDArray[np.float32]


class Encoder(Protocol):
    """Text to unit vectors. `name` changes whenever the vectors would (model, pooling, version)."""

    name: str
    dim: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 array of shape (len(texts), dim), rows of length 1 (or 0 when nothing is known)."""
        ...


class VectorIndex(Protocol):
    """Nearest neighbours by inner product over unit vectors."""

    kind: str

    def __len__(self) -> int: ...

    def search(self, vectors: Vectors, k: int) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """Scores and row numbers, both (n, k), best first; row -1 where fewer than k exist."""
        ...


class EventBus(Protocol):
    """Says "look again", never what happened; losing a hint loses nothing but time.

    `problem` is a stable code while hints do not reach other processes, else None.
    """

    @property
    def problem(self) -> str | None: ...

    async def publish(self, topic: str, key: str) -> None: ...

    def subscribe(self, *topics: str) -> AsyncIterator[tuple[str, str]]:
        """Yields (topic, key). A slow subscriber loses the oldest hints, never blocks a publisher."""
        ...

    async def ping(self) -> None:
        """Raises a retryable `redis_away` when other processes cannot be reached now."""
        ...

    async def close(self) -> None: ...


class Delivery(Protocol):
    """A channel that must be pushed to: sends one committed event to the customer's address."""

    channel: str

    async def send(self, address: str, event: Event) -> None:
        """Raises to be retried later with backoff; the receiver removes duplicates by seq."""
        ...
