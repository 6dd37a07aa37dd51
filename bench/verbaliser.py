"""How fast the shipped base becomes words that can be spoken."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure, percentiles
from knowledge_base.articles import load_folder
from voice.verbaliser import verbalise

ARTICLES = Path(__file__).resolve().parent.parent / "knowledge_base" / "articles"


def run() -> Sequence[Figure]:
    """Characters a second, and what an answer waits for its words; the dictionaries are loaded before."""
    articles = load_folder(ARTICLES).articles
    verbalise(articles[0].body)
    started = time.perf_counter()
    for article in articles:
        verbalise(article.body)
    spent = time.perf_counter() - started
    taken = []
    for article in articles:
        before = time.perf_counter()
        verbalise(article.voice)
        taken.append(time.perf_counter() - before)
    characters = sum(len(article.body) for article in articles)
    return [
        Figure("characters of articles", characters / spent / 1000, "thousand/s"),
        *percentiles("an answer in words", taken),
    ]
