"""The index that a start finds on disk answers as the one that was built, whatever is left of its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.types import Hit
from bot.nlu.encoders.static import StaticEncoder
from bot.nlu.query import QueryBuilder
from knowledge_base.articles import Article, load_folder
from knowledge_base.indexing import KnowledgeIndex

FOLDER = Path(__file__).resolve().parents[2] / "knowledge_base" / "articles" / "card"
QUESTIONS = ("карту украли что делать", "сменить пин код", "где моя карта")
NEW = "куда девать золотой жетон"
ENCODER = StaticEncoder()


@pytest.fixture(scope="module")
def articles() -> tuple[Article, ...]:
    return load_folder(FOLDER).articles


@pytest.fixture(scope="module")
def changed(articles: tuple[Article, ...]) -> tuple[Article, ...]:
    """One article gone, one with another question."""
    first, second, *rest = articles
    del first
    return (replace(second, questions=(*second.questions, NEW), hash="another"), *rest)


def found(index: KnowledgeIndex) -> list[list[Hit]]:
    read = QueryBuilder(ENCODER)
    hits = [list(index.current.retriever.search(read(text), 3)) for text in (*QUESTIONS, NEW)]
    return [[replace(hit, p=round(hit.p, 4)) for hit in each] for each in hits]


def opened(folder: Path, articles: tuple[Article, ...]) -> KnowledgeIndex:
    index = KnowledgeIndex(ENCODER, folder)
    index.refresh(articles, 1)
    return index


def test_what_is_found_on_disk_answers_and_learns_as_what_was_built(
    tmp_path: Path, articles: tuple[Article, ...], changed: tuple[Article, ...]
) -> None:
    built = opened(tmp_path, articles)
    assert found(opened(tmp_path, articles)) == found(built)
    built.refresh(changed, 2)
    assert found(built)[-1][0].article_id == changed[0].id
    assert found(opened(tmp_path, changed)) == found(built)  # which the built one has saved
    assert len(list(tmp_path.glob("inverse-*.npy"))) == 1


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwritten(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[-1000:] = bytes(1000)
    path.write_bytes(whole)


@pytest.mark.parametrize("damage", [Path.unlink, cut, overwritten])
def test_a_damaged_matrix_costs_time_and_nothing_else(
    tmp_path: Path,
    articles: tuple[Article, ...],
    changed: tuple[Article, ...],
    damage: Callable[[Path], object],
) -> None:
    built = opened(tmp_path, articles)
    [matrix] = tmp_path.glob("inverse-*.npy")
    damage(matrix)
    again = opened(tmp_path, articles)
    assert found(again) == found(built)
    built.refresh(changed, 2)
    again.refresh(changed, 2)
    assert found(again) == found(built)
