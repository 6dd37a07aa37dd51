"""How soon the product is ready and how much memory it holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure
from bench.product import serving


def run(folder: Path) -> Sequence[Figure]:
    """The first start builds the index, the second finds it."""
    with serving(folder) as product:
        cold = product.started
    with serving(folder) as product:
        product.await_twin()
        return [
            Figure("ready after the first start", cold, "s"),
            Figure("ready with a warm index", product.started, "s", at_most=5),
            Figure("resident memory when ready", product.memory, "MB", at_most=700),
        ]
