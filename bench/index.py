"""How fast passages are indexed, and what searching 100,000 passages and 1,000,000 vectors costs."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator, Sequence

import numpy as np

from bench.figures import Figure, percentiles
from bot.evaluation.workshop import open_encoder
from bot.nlu.query import QueryBuilder
from bot.settings import Settings
from knowledge_base.articles import Article, load_folder
from knowledge_base.indexes.faiss import FaissIndex
from knowledge_base.passages import PassageIndex

PASSAGES, VECTORS, QUERIES = 100_000, 1_000_000, 200


def run() -> Sequence[Figure]:
    """The texts are the example base's sentences in random order; the vectors are made around its own."""
    settings = Settings()
    encoder = open_encoder(settings.retrieval)
    articles = load_folder(settings.articles).articles
    begun = time.perf_counter()
    index = PassageIndex.build(_mixed(articles, PASSAGES), encoder)
    built = time.perf_counter() - begun
    query = QueryBuilder(encoder)
    took = []
    for article in articles[:QUERIES]:
        asked = query(article.questions[0] if article.questions else article.title)
        begun = time.perf_counter()
        index.search(asked)
        took.append(time.perf_counter() - begun)
    return [
        Figure("passages indexed", len(index), "", at_least=PASSAGES),
        Figure("indexing", len(index) / built, "passages/s", at_least=2000),
        *percentiles(f"search in {len(index):,} passages", took, {"p95": 40}),
        *_million(encoder.encode([article.body for article in articles])),
    ]


def _mixed(articles: Sequence[Article], count: int) -> Iterator[Article]:
    chance = random.Random(3)
    sentences = [line for article in articles for line in article.body.splitlines() if len(line) > 40]
    for number in range(count):
        body = "\n".join(chance.sample(sentences, 2))
        digest = hashlib.sha256(body.encode()).hexdigest()
        yield Article(f"a{number}", f"Статья {number}", body, body, digest)


def _million(seeds: np.ndarray) -> Sequence[Figure]:
    """Recall at 10 against exact search over the same vectors, which is the baseline of speed too."""
    chance = np.random.default_rng(5)
    rows = np.empty((VECTORS, seeds.shape[1]), np.float32)
    for start in range(0, VECTORS, 50_000):
        part = seeds[chance.integers(0, len(seeds), 50_000)]
        rows[start : start + 50_000] = _unit(part + chance.normal(0, 0.04, part.shape))
    asked = _unit(
        rows[chance.integers(0, VECTORS, QUERIES)] + chance.normal(0, 0.02, (QUERIES, rows.shape[1]))
    )
    index = FaissIndex.build(rows)
    took, exact, found = [], 0.0, 0
    for vector in asked:
        begun = time.perf_counter()
        _, near = index.search(vector[None, :], 10)
        took.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        scores = rows @ vector
        best = np.argpartition(-scores, 10)[:10]
        exact += time.perf_counter() - begun
        found += len(np.intersect1d(best, near[0]))
    return [
        *percentiles(f"search in {VECTORS:,} vectors, {index.kind}", took),
        Figure("recall at 10 against exact", found / (10 * QUERIES), ""),
        Figure("memory of the codes", VECTORS * rows.shape[1] / 1e6, "MB"),
        Figure("baseline: exact search, mean", 1000 * exact / QUERIES, "ms"),
    ]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
