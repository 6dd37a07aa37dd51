"""BM25 in arrays against the formula written out, and every way to the same rows."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.lexical import K1, B, LexicalIndex, best_rows

terms = st.sampled_from("абвгд")
documents = st.lists(st.lists(terms, max_size=12), min_size=1, max_size=12)
queries = st.lists(st.sampled_from("абвгдя"), max_size=6)


def by_the_formula(rows: list[list[str]], query: list[str]) -> list[float]:
    """Robertson and Zaragoza 2009; a row without terms does not count."""
    live = [row for row in rows if row]
    mean = sum(map(len, live)) / max(1, len(live))
    scores = []
    for row in rows:
        score = 0.0
        for term in set(query):
            tf, df = row.count(term), sum(term in one for one in live)
            if tf:
                idf = log(1 + (len(live) - df + 0.5) / (df + 0.5))
                score += idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * len(row) / mean))
        scores.append(score)
    return scores


@given(documents, queries)
def test_scores_follow_the_formula(rows: list[list[str]], query: list[str]) -> None:
    scores, most = LexicalIndex.of(rows).scores(query)
    assert scores.tolist() == pytest.approx(by_the_formula(rows, query), abs=1e-4)
    assert most >= scores.max() - 1e-4


@given(documents, documents, queries)
def test_rows_added_later_are_as_good(
    first: list[list[str]], later: list[list[str]], query: list[str]
) -> None:
    index = LexicalIndex.of(first)
    added = index.new_rows()
    for row in later:
        added.add(row)
    grown, whole = index.extended(added), LexicalIndex.of([*first, *later])
    assert grown.scores(query)[0].tolist() == pytest.approx(whole.scores(query)[0].tolist(), abs=1e-4)


@given(documents, st.data(), queries)
def test_dead_rows_are_as_if_they_had_never_been(
    rows: list[list[str]], data: st.DataObject, query: list[str]
) -> None:
    live = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    kept = LexicalIndex.of([row for row, stays in zip(rows, live, strict=True) if stays]).scores(query)[0]
    index = LexicalIndex.of(rows)
    marked = index.extended(index.new_rows(), ~live)
    assert marked.scores(query)[0][live].tolist() == pytest.approx(kept.tolist(), abs=1e-4)
    assert not marked.scores(query)[0][~live].any()
    assert marked.compacted(live).scores(query)[0].tolist() == pytest.approx(kept.tolist(), abs=1e-4)


@given(st.lists(st.integers(0, 4), max_size=30), st.integers(1, 30))
def test_best_rows_are_those_of_a_full_sort(values: list[int], limit: int) -> None:
    ranked = sorted((row for row, value in enumerate(values) if value), key=lambda row: (-values[row], row))
    assert best_rows(np.array(values, np.float32), limit).tolist() == ranked[:limit]
