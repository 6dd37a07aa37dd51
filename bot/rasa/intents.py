"""Intents as Rasa's DIET recognises them, learnt and asked in one process of Rasa's environment."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.rasa.environment import SCRIPTS, environ, finished, python

NONE = "out_of_scope"  # what texts without an intent are taught as
_NONE_OF_THESE = (NONE, "nlu_fallback", None)


@dataclass(frozen=True, slots=True)
class Said:
    """`likeliest`: the same where a text was too unsure to be said to have its intent."""

    intents: tuple[str | None, ...]
    likeliest: tuple[str | None, ...]
    train_s: float
    infer_s: float


async def recognise(
    taught: Sequence[tuple[str, str | None]],
    asked: Sequence[str],
    venv: Path,
    *,
    epochs: int = 100,
    language: str = "ru",
) -> Said:
    """None: none of the intents. Raises `rasa_not_installed`, `rasa_failed`."""
    interpreter = python(venv)
    with tempfile.TemporaryDirectory(prefix="diet-") as made:
        train, test, out = (Path(made) / name for name in ("train.json", "test.json", "out.json"))
        pairs = [(text, NONE if intent is None else intent) for text, intent in taught if text.strip()]
        train.write_text(json.dumps(pairs, ensure_ascii=False), "utf-8")
        test.write_text(json.dumps(list(asked), ensure_ascii=False), "utf-8")
        command: list[str | Path] = [
            interpreter,
            SCRIPTS / "diet.py",
            train,
            test,
            out,
            str(epochs),
            language,
        ]
        # A cache would answer the second training with the first one's time.
        await finished(command, Path(made), environ(Path(made)))
        found = json.loads(out.read_text("utf-8"))
    said, likeliest = (
        tuple(None if intent in _NONE_OF_THESE else intent for intent in found[name])
        for name in ("intents", "likeliest")
    )
    return Said(said, likeliest, found["train_s"], found["infer_s"])
