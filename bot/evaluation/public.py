"""The public sets of labelled texts that intents are measured on, read as they are published.

CLINC150 and Banking77 have parts to learn from and to be judged by; of HWU64 the first of ten folds judges.
Of the Russian few-shot sets, five texts an intent, three teach and two judge. A large set takes Rasa's DIET
an hour to learn, so both engines are compared on a cut of it.
"""

from __future__ import annotations

import asyncio
import csv
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bot.evaluation import intents
from bot.evaluation.intents import Labelled
from bot.nlu.query import Query

TAUGHT_OF_FIVE = 3
LARGE = 2000  # texts to learn from beyond which a set is cut for DIET
INTENTS, TEXTS = 40, 20  # of a cut: DIET learns them in a few minutes on two processors


@dataclass(frozen=True, slots=True)
class PublicSet:
    """`language` as Rasa names it. An intent of None: of none of the others."""

    name: str
    language: str
    taught: Sequence[Labelled]
    judged: Sequence[Labelled]

    @property
    def is_large(self) -> bool:
        return len(self.taught) > LARGE

    def cut(self, intents: int = INTENTS, texts: int = TEXTS) -> PublicSet:
        """The same set with so many of its intents, evenly from the sorted names, and texts to learn each.

        Texts of none of the intents are cut as one more intent, those that judge to ten times `texts`.
        """
        names = sorted({intent for _, intent in self.taught if intent is not None})
        kept = {names[at * len(names) // intents] for at in range(min(intents, len(names)))}
        chosen = {None, *kept}
        return replace(
            self,
            taught=_first(self.taught, chosen, texts),
            judged=_first(self.judged, chosen, 10 * texts),
        )


def evaluate(
    folder: Path, read: Callable[[str], Query], on_progress: Callable[[str], None]
) -> Iterator[Mapping[str, Any]]:
    """A row a set: `set`, `texts` to learn from, `cut`, and the figures of `intents.measure`."""
    for name, load in public_sets(folder).items():
        on_progress(name)
        one = load()
        yield {**_about(one), **intents.measure(one.taught, one.judged, read)}


async def evaluate_beside_rasa(
    folder: Path,
    read: Callable[[str], Query],
    venv: Path,
    epochs: int,
    on_progress: Callable[[str], None],
) -> AsyncIterator[Mapping[str, Any]]:
    """Two rows a set, cut where it is large: ours, and that of DIET on the same texts."""
    for name, load in public_sets(folder).items():
        on_progress(name)
        whole = load()
        one = whole.cut() if whole.is_large else whole
        about = {**_about(one), "cut": whole.is_large}
        yield {**about, **await asyncio.to_thread(intents.measure, one.taught, one.judged, read)}
        yield {**about, **await intents.measure_rasa(one.taught, one.judged, venv, epochs, one.language)}


def public_sets(folder: Path) -> Mapping[str, Callable[[], PublicSet]]:
    """How to read each set that the folder has, by its name."""
    readers: dict[str, tuple[str, Callable[[Path], PublicSet]]] = {
        "clinc150": ("clinc150/data_full.json", _clinc),
        "banking77": ("banking77/train.csv", _banking),
        "hwu64": ("hwu64_en/hwu64_all_folds.csv", _hwu),
        **{
            name: (f"ru_intents/intent_records/{name}.json", _few_shot)
            for name in ("ru_massive", "ru_banking77", "ru_clinc150")
        },
    }
    return {
        name: partial(read, folder / path)
        for name, (path, read) in readers.items()
        if (folder / path).is_file()
    }


def _about(one: PublicSet) -> Mapping[str, Any]:
    names = {intent for _, intent in one.taught if intent is not None}
    return {"set": one.name, "intents": len(names), "texts": len(one.taught), "cut": False}


def _clinc(path: Path) -> PublicSet:
    parts = json.loads(path.read_text("utf-8"))

    def part(name: str) -> list[Labelled]:
        return [*map(tuple, parts[name]), *((text, None) for text, _ in parts[f"oos_{name}"])]

    return PublicSet("clinc150", "en", part("train"), part("test"))


def _banking(path: Path) -> PublicSet:
    taught, judged = (
        [(row["text"], row["category"]) for row in _rows(part)] for part in (path, path.with_name("test.csv"))
    )
    return PublicSet("banking77", "en", taught, judged)


def _hwu(path: Path) -> PublicSet:
    parts: dict[bool, list[Labelled]] = {True: [], False: []}
    for row in _rows(path):
        parts[row["fold"] == "1"].append((row["text"], f"{row['scenario']}_{row['intent']}"))
    return PublicSet("hwu64", "en", parts[False], parts[True])


def _few_shot(path: Path) -> PublicSet:
    by_intent: dict[str | None, list[str]] = defaultdict(list)
    for one in json.loads(path.read_text("utf-8"))["utterances"]:
        label = one.get("label")
        by_intent[None if label is None else str(label)].append(one["text"])
    parts: tuple[list[Labelled], list[Labelled]] = ([], [])
    for intent, texts in by_intent.items():
        for at, text in enumerate(texts):
            parts[at % 5 >= TAUGHT_OF_FIVE].append((text, intent))
    return PublicSet(path.stem, "ru", *parts)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _first(pairs: Sequence[Labelled], chosen: set[str | None], most: int) -> list[Labelled]:
    seen: dict[str | None, int] = defaultdict(int)
    found = []
    for text, intent in pairs:
        if intent in chosen and seen[intent] < most:
            seen[intent] += 1
            found.append((text, intent))
    return found
