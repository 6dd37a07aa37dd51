"""Everything that is found in what customers say: the table `entities.yml`, readable by a contact centre."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from tests.unit.entities import CASES, ENTITIES, NOW


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_found(text: str, expected: dict[str, Any]) -> None:
    found = defaultdict(list)
    for span in ENTITIES.find(text, NOW):
        found[span.entity].append(span.value)
    assert {name: values if len(values) > 1 else values[0] for name, values in found.items()} == expected


def test_the_table_is_read_whole() -> None:
    assert len(CASES) >= 250
