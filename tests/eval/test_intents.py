"""Floors of intent recognition on public sets: what was reached once is not lost again.

Large sets are cut as they are for the comparison with Rasa's DIET, see docs/decisions/0008-intents.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.evaluation.intents import measure
from bot.evaluation.public import public_sets
from bot.nlu.encoders.static import StaticEncoder
from bot.nlu.query import QueryBuilder

pytestmark = pytest.mark.eval

# accuracy, and of what is out of scope: recall, precision
FLOORS = {
    "clinc150": (0.86, 0.73, 0.52),
    "banking77": (0.85, 0, 0),
    "hwu64": (0.785, 0, 0),
    "ru_massive": (0.57, 0, 0),
    "ru_banking77": (0.535, 0, 0),
    "ru_clinc150": (0.766, 0.61, 0.71),
}


@pytest.mark.parametrize("name", FLOORS)
def test_what_was_reached_is_kept(eval_data: Path, name: str) -> None:
    whole = public_sets(eval_data)[name]()
    one = whole.cut() if whole.is_large else whole
    figures = measure(one.taught, one.judged, QueryBuilder(StaticEncoder()))
    accuracy, recall, precision = FLOORS[name]
    assert figures["accuracy"] >= accuracy
    assert (figures["oos"]["recall"] or 0) >= recall
    assert (figures["oos"]["precision"] or 0) >= precision
