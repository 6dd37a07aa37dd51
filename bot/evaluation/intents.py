"""How well intents are recognised: any two files of labelled texts, one to learn from, one to be judged by.

Lines are `{"text", "intent"}`; an intent of null is out of scope. The result: `engine`; `n`, the judged
texts that have an intent; `accuracy` and `macro_f1` over these (taken for out of scope counts as wrong);
`likeliest`, the share whose likeliest intent is right, whether or not it is sure enough to be said; `oos`
with `n`, `recall`, `precision` (null where nothing is out of scope); `seconds` with `train` and
`infer_per_text`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.core.errors import InvalidContent
from bot.engine.recogniser import Recogniser
from bot.nlu.query import Query
from bot.rasa.intents import recognise

Labelled = tuple[str, str | None]


def load(path: Path) -> list[Labelled]:
    """The lines of a file; raises `InvalidContent` with the line that is wrong."""
    found: list[Labelled] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            text, intent = entry["text"], entry["intent"]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidContent(str(path), number, 'needs {"text", "intent"}') from error
        if not isinstance(text, str) or not (intent is None or isinstance(intent, str)):
            raise InvalidContent(str(path), number, "`text` is a string, `intent` a string or null")
        found.append((text, intent))
    if not found:
        raise InvalidContent(str(path), None, "has no lines")
    return found


def evaluate(train: Path, test: Path, read: Callable[[str], Query]) -> Mapping[str, Any]:
    """Learns from one file and is judged by the other; raises `InvalidContent`, `too_few_intents`."""
    return measure(load(train), load(test), read)


async def evaluate_rasa(train: Path, test: Path, venv: Path, epochs: int) -> Mapping[str, Any]:
    """The same with Rasa's DIET; further raises `rasa_not_installed`, `rasa_failed`."""
    return await measure_rasa(load(train), load(test), venv, epochs)


def measure(
    taught: Sequence[Labelled], judged: Sequence[Labelled], read: Callable[[str], Query]
) -> Mapping[str, Any]:
    """Learns from some texts and is judged by others; raises `too_few_intents`."""
    started = time.perf_counter()
    recogniser = Recogniser.learn(taught, read)
    learnt = time.perf_counter()
    found = recogniser.recognise([text for text, _ in judged])
    seconds = time.perf_counter() - learnt
    right = [intent for _, intent in judged]
    figures = judge(right, [one.intent for one in found], [one.ranking[0][0] for one in found])
    times = {"train": learnt - started, "infer_per_text": seconds / len(judged)}
    return {"engine": "builtin", **figures, "seconds": times}


async def measure_rasa(
    taught: Sequence[Labelled], judged: Sequence[Labelled], venv: Path, epochs: int, language: str = "ru"
) -> Mapping[str, Any]:
    """The same with Rasa's DIET; raises `rasa_not_installed`, `rasa_failed`."""
    said = await recognise(taught, [text for text, _ in judged], venv, epochs=epochs, language=language)
    figures = judge([intent for _, intent in judged], said.intents, said.likeliest)
    times = {"train": said.train_s, "infer_per_text": said.infer_s / len(judged)}
    return {"engine": "rasa", "epochs": epochs, **figures, "seconds": times}


def judge(
    right: Sequence[str | None], said: Sequence[str | None], likeliest: Sequence[str | None]
) -> Mapping[str, Any]:
    """The figures of answers beside the right ones."""
    pairs = list(zip(right, said, strict=True))
    inside = [(one, other) for one, other in pairs if one is not None]
    hits = sum(one == other for one, other in inside)
    first = sum(one is not None and one == other for one, other in zip(right, likeliest, strict=True))
    outside = sum(one is None for one in right)
    caught = sum(one is None and other is None for one, other in pairs)
    rejected = sum(other is None for other in said)
    scores = [_f1(intent, pairs) for intent in sorted({one for one, _ in inside})]
    return {
        "n": len(inside),
        "accuracy": hits / len(inside) if inside else None,
        "likeliest": first / len(inside) if inside else None,
        "macro_f1": sum(scores) / len(scores) if scores else None,
        "oos": {
            "n": outside,
            "recall": caught / outside if outside else None,
            "precision": caught / rejected if outside and rejected else None,
        },
    }


def _f1(intent: str, pairs: Sequence[tuple[str | None, str | None]]) -> float:
    hits = sum(one == other == intent for one, other in pairs)
    of_it = sum(one == intent for one, _ in pairs) + sum(other == intent for _, other in pairs)
    return 2 * hits / of_it
