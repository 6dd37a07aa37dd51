"""Measures the search of any folder of Markdown beside plain BM25, over an index of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.core.errors import FrontlineError, InvalidContent
from bot.core.ports import Encoder
from bot.evaluation.bm25 import Bm25
from bot.nlu.query import QueryBuilder
from knowledge_base.articles import load_folder
from knowledge_base.indexing import KnowledgeIndex

CUTS = (1, 3, 5, 10)


def evaluate(
    articles: Path,
    questions: Path,
    encoder: Encoder,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Recall at 1/3/5/10 and MRR of our ranking and of BM25; shares between 0 and 1."""
    loaded = load_folder(articles, strict=False)
    if not loaded.articles:
        raise FrontlineError("no_articles", f"no Markdown in {articles}")
    asked = load(questions, frozenset(article.id for article in loaded.articles))
    query = QueryBuilder(encoder)
    with TemporaryDirectory(prefix="frontline-") as folder:
        index = KnowledgeIndex(encoder, Path(folder))
        started = time.perf_counter()
        snapshot = index.refresh(loaded.articles, 1, on_progress)
        spent = time.perf_counter() - started
    baseline = Bm25(loaded.articles, query)
    ours = [
        ([hit.article_id for hit in snapshot.retriever.search(query(text), CUTS[-1])], gold)
        for text, gold in asked
    ]
    return {
        "n": len(asked),
        "articles": len(loaded.articles),
        "problems": len(loaded.problems),
        "encoder": encoder.name,
        "build_seconds": spent,
        **_figures(ours),
        "baseline_bm25": _figures([(baseline.ranked(text), gold) for text, gold in asked]),
    }


def load(path: Path, known: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
    """(question, gold ids); raises `InvalidContent` with the line that is wrong or names no article."""
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            text, gold = (
                str(value["question"]),
                frozenset(str(one).removesuffix(".md") for one in value["gold"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidContent(str(path), number, 'needs {"question", "gold": [...]}') from error
        if not gold or not gold <= known:
            raise InvalidContent(
                str(path), number, f"gold names no article: {', '.join(sorted(gold - known))}"
            )
        rows.append((text, gold))
    if not rows:
        raise InvalidContent(str(path), None, "holds no questions")
    return rows


def _figures(ranked: Sequence[tuple[Sequence[str], frozenset[str]]]) -> dict[str, float]:
    places = [next((place for place, key in enumerate(keys, 1) if key in gold), 0) for keys, gold in ranked]
    recall = {f"recall_at_{cut}": sum(0 < place <= cut for place in places) / len(places) for cut in CUTS}
    return recall | {"mrr": sum(1 / place for place in places if 0 < place <= CUTS[-1]) / len(places)}
