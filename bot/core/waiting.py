"""How long a customer will wait for a human, from how long others have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

ENOUGH = 5  # customers who were served lately: of fewer nothing is said
LATEST = 20  # of them count
WINDOW = timedelta(hours=3)  # before now in which they came: a night's wait says nothing about the day


@dataclass(frozen=True, slots=True)
class Wait:
    """One customer in the queue. `left`: served, or gone by himself; None while he waits."""

    since: datetime
    left: datetime | None = None
    served: bool = False


def minutes(waits: Sequence[Wait], ahead: int) -> int | None:
    """How many minutes are left for whom `ahead` others wait before; None: too little is known.

    For each of the latest `LATEST` who were served: a = (left - since) / (places + 1), where `places` is how
    many were waiting when he came. The estimate is median(a) * (ahead + 1), in whole minutes, rounded up, one
    at least. So the long queue of an hour ago does not lengthen the wait in an empty one, nor the other way.
    """
    served = sorted(
        ((wait.left, wait) for wait in waits if wait.served and wait.left is not None),
        key=lambda each: each[0],
    )
    if len(served) < ENOUGH:
        return None
    spans = [(left - wait.since) / (_before(wait, waits) + 1) for left, wait in served[-LATEST:]]
    seconds = median(span.total_seconds() for span in spans) * (ahead + 1)
    return max(1, math.ceil(seconds / 60))


def _before(wait: Wait, waits: Sequence[Wait]) -> int:
    return sum(
        other.since < wait.since and (other.left is None or other.left > wait.since) for other in waits
    )
