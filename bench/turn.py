"""How long a turn takes in process: from the message to the committed answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import islice

from bench.figures import Figure, percentiles
from bench.questions import questions
from bot.core.types import Inbound
from bot.evaluation.bm25 import Bm25
from bot.evaluation.workshop import workshop
from bot.settings import Settings

TURNS = 600


def run(settings: Settings) -> Sequence[Figure]:
    """Turns one after the other on the example base; ranking by plain BM25 is the baseline."""
    return asyncio.run(_measured(settings))


async def _measured(settings: Settings) -> Sequence[Figure]:
    async with workshop(settings) as shop:
        articles = tuple(shop.knowledge.current.articles.values())
        texts = list(islice(questions(articles), TURNS * 2))
        for number, text in enumerate(texts[:TURNS]):  # what a running server has in its memory
            await shop.turns.handle(Inbound("bench", f"w{number}", f"w{number}", text))
        took, stages = [], dict.fromkeys(("understand", "retrieve", "decide"), 0.0)
        for number, text in enumerate(texts[TURNS:]):
            begun = time.perf_counter()
            turn = await shop.turns.handle(Inbound("bench", f"a{number}", f"a{number}", text))
            took.append(time.perf_counter() - begun)
            for stage in stages:
                stages[stage] += turn.timings.get(stage, 0.0) / TURNS
        baseline = Bm25(articles, shop.query)
        begun = time.perf_counter()
        for text in texts[TURNS:]:
            baseline.ranked(text)
        plain = (time.perf_counter() - begun) / TURNS
    return [
        *percentiles("turn in process", took, {"p95": 15}),
        *(Figure(f"of which {name}, mean", value, "ms") for name, value in stages.items()),
        Figure("baseline: ranking by BM25, mean", 1000 * plain, "ms"),
        Figure("turn / baseline", sum(took) / TURNS / plain, "x"),
    ]
