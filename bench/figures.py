"""What a benchmark found, beside what it should be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Figure:
    """`at_most` or `at_least` is the target; neither: the figure is a baseline or for information."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool:
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""


def percentiles(
    name: str, seconds: Iterable[float], at_most: Mapping[str, float] | None = None
) -> Sequence[Figure]:
    """p50, p95 and p99 in milliseconds; `at_most` maps some of these names to their target."""
    taken = sorted(seconds)
    targets = at_most or {}
    return [
        Figure(f"{name} {share}", 1000 * taken[int(len(taken) * part)], "ms", at_most=targets.get(share))
        for share, part in SHARES.items()
    ]
