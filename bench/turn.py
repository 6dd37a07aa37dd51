"""How long a turn takes in process: from the message to the committed answer."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from bench.figures import Figure, percentiles
from bench.questions import questions
from bot.core.types import Inbound
from bot.evaluation.bm25 import Bm25
from bot.evaluation.workshop import Workshop, workshop
from bot.settings import Settings
from knowledge_base.articles import Article, load_folder

TURNS = 600
STAGES = ("understand", "retrieve", "decide")
LARGE_ARTICLES, SECTIONS, SECTION_WORDS = 2_000, 50, 62  # 100,000 passages


def run(settings: Settings) -> Sequence[Figure]:
    """Turns one after the other on the example base; ranking by plain BM25 is the baseline."""
    articles = load_folder(settings.articles).articles
    texts = list(islice(questions(articles), TURNS * 2))
    folder = settings.data_dir / "large"
    _write_large(articles, folder)
    large = settings.model_copy(update={"articles": folder, "data_dir": settings.data_dir / "of-large"})
    return [*asyncio.run(_on_example(settings, texts)), *asyncio.run(_on_large(large, texts))]


async def _on_example(settings: Settings, texts: Sequence[str]) -> Sequence[Figure]:
    async with workshop(settings) as shop:
        took, stages = await _timed(shop, texts)
        baseline = Bm25(tuple(shop.knowledge.current.articles.values()), shop.query)
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


async def _on_large(settings: Settings, texts: Sequence[str]) -> Sequence[Figure]:
    async with workshop(settings) as shop:
        took, stages = await _timed(shop, texts)
        passages = len(shop.knowledge.current.retriever.passages)
    return [
        Figure("passages of the large base", passages, "", at_least=100_000),
        *percentiles("turn on it", took, {"p95": 40}),
        *(Figure(f"of which {name}, mean, on it", value, "ms") for name, value in stages.items()),
    ]


async def _timed(shop: Workshop, texts: Sequence[str]) -> tuple[list[float], dict[str, float]]:
    """Seconds of each turn, and the mean milliseconds of their stages, after as many to warm up."""
    for number, text in enumerate(texts[:TURNS]):  # what a running server has in its memory
        await shop.turns.handle(Inbound("bench", f"w{number}", f"w{number}", text))
    took, stages = [], dict.fromkeys(STAGES, 0.0)
    for number, text in enumerate(texts[TURNS:]):
        begun = time.perf_counter()
        turn = await shop.turns.handle(Inbound("bench", f"a{number}", f"a{number}", text))
        took.append(time.perf_counter() - begun)
        for stage in stages:
            stages[stage] += turn.timings.get(stage, 0.0) / TURNS
    return took, stages


def _write_large(articles: Sequence[Article], folder: Path) -> None:
    """Long articles without example questions, of the example base's lines in random order."""
    folder.mkdir(parents=True)
    chance = random.Random(3)
    lines = [line for article in articles for line in article.body.splitlines() if len(line) > 40]
    for number in range(LARGE_ARTICLES):
        body = [f"# Статья {number}"]
        for place in range(SECTIONS):
            body.append(f"\n## Раздел {place}\n")
            words = 0
            while words < SECTION_WORDS:
                line = chance.choice(lines)
                words += len(line.split())
                body.append(line)
        (folder / f"a{number}.md").write_text("\n".join(body), "utf-8")
