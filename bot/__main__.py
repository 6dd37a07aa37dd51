"""`python -m bot` and the console script `frontline`."""

from __future__ import annotations

import gc
import os

# Hundreds of thousands of objects that stay are made at a start: looking through them for garbage as often as
# Python does by default takes a third of a second of it.
gc.set_threshold(10_000, 10, 10)

# The matrices here are small: threads of the linear algebra library only get in each other's way.
# It reads this when it is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def main() -> None:
    from bot.cli import app

    app()


if __name__ == "__main__":
    main()
