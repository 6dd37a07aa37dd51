"""What a customer says next is understood with what was said before; floors are only ever raised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dialog.context import Context
from bot.dialog.search import Search
from bot.evaluation.workshop import workshop
from bot.settings import Settings

pytestmark = [pytest.mark.eval, pytest.mark.slow]

ROWS = yaml.safe_load(Path(__file__).with_name("followups.yml").read_text("utf-8"))["followups"]


async def test_what_is_said_next_is_about_what_was_said_or_is_not(tmp_path: Path) -> None:
    right: dict[bool, list[bool]] = {True: [], False: []}
    async with workshop(Settings(data_dir=tmp_path)) as shop:
        snapshot = shop.knowledge.current
        search = Search(snapshot.retriever, frozenset())
        for row in ROWS:
            u = shop.thinker.understand(row["say"], _context(row), snapshot.articles, search)
            first = u.hits[0].article_id if u.hits else None
            right[row["about"] in row["gold"]].append(first in row["gold"])
    stays, goes = right[True], right[False]
    assert sum(stays) / len(stays) >= 0.9
    assert sum(goes) / len(goes) >= 0.85


def _context(row: dict[str, Any]) -> Context:
    return Context(articles=(row["about"],), question=row["asked"], last="Готово." if row.get("task") else "")
