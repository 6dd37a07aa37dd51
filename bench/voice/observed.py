"""`python -m bench.voice.observed FILE serve`: the product, whose stages of answers are written one by one.

Lines of the file: moment, stage, seconds. `lag` is how late the loop of the calls came to a tick of 20 ms.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TextIO

from bot.__main__ import main
from bot.web.metrics import Metrics
from voice.gateway import Gateway

TICK_S, LATE_S = 0.02, 0.02


def observe(file: TextIO) -> None:
    """The histogram of the metrics has buckets; figures want each value."""
    count, start = Metrics.call_stage, Gateway.start

    def written(stage: str, seconds: float) -> None:
        file.write(f"{time.monotonic()} {stage} {seconds}\n")

    def call_stage(self: Metrics, stage: str, seconds: float) -> None:
        count(self, stage, seconds)
        written(stage, seconds)

    def lag(loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = loop.time()
        if now - due > LATE_S:
            written("lag", now - due)
            due = now
        loop.call_at(due + TICK_S, lag, loop, due + TICK_S)

    async def started(self: Gateway) -> None:
        await start(self)
        self._loop.call_soon_threadsafe(lambda: lag(self._loop, self._loop.time()))

    Metrics.call_stage = call_stage  # type: ignore[method-assign]  # the stages go to a file as well
    Gateway.start = started  # type: ignore[method-assign]  # the lag of its loop too


if __name__ == "__main__":
    path = sys.argv.pop(1)
    with open(path, "a", buffering=1, encoding="utf-8") as stages:  # noqa: PTH123 - written line by line
        observe(stages)
        main()
