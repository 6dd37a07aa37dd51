"""Plays a question set as conversations through the turn and measures what is said.

Rows are JSON lines `{"id", "kind", "style", "turns": [...], "gold": [article ids]}`; each is played in a
fresh conversation and the answer to its last turn is judged. Kinds: single, ambiguous, followup,
multi, oos, human.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from bot.core.clock import Clock, now
from bot.core.errors import InvalidContent
from bot.core.types import Ask, Escalate, Inbound, Turn
from bot.dialog.turns import Turns
from bot.evaluation.bm25 import Bm25

KINDS = ("single", "ambiguous", "followup", "multi", "oos", "human")
CHANNEL = "eval"


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    kind: str
    turns: tuple[str, ...]
    gold: frozenset[str]


@dataclass(frozen=True, slots=True)
class Played:
    """A row and the turn that answered its last message."""

    row: Row
    turn: Turn

    @property
    def ranked(self) -> list[str]:
        return [hit.article_id for hit in self.turn.hits]

    @property
    def sources(self) -> list[str]:
        """Articles that the answer is from, or that the task which begins goes by, in the order said."""
        answer = self.turn.answer
        return [] if answer is None or isinstance(answer, Ask) else [one.article_id for one in answer.sources]

    @property
    def options(self) -> set[str]:
        answer = self.turn.answer
        if not isinstance(answer, Ask):
            return set()
        return {option.payload.removeprefix("article:") for option in answer.options}

    @property
    def escalated(self) -> bool:
        return isinstance(self.turn.answer, Escalate)


def at_noon(timezone: str) -> Clock:
    """A clock that goes on from noon of a Monday, so that figures do not depend on the hour."""
    lag = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo(timezone)) - now()
    return lambda: now() + lag


def load(path: Path) -> list[Row]:
    """Reads a question set; raises `InvalidContent` with the line that is wrong."""
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            row = Row(
                str(value["id"]), value["kind"], tuple(value["turns"]), frozenset(value.get("gold") or ())
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidContent(str(path), number, f"not a question row: {error!r}") from error
        if row.kind not in KINDS or not row.turns:
            raise InvalidContent(str(path), number, f"unknown kind {row.kind!r} or no turns")
        rows.append(row)
    return rows


async def play(
    rows: Sequence[Row], turns: Turns, on_progress: Callable[[int, int], None] | None = None
) -> list[Played]:
    """Plays every row in its own conversation."""
    run = uuid4().hex
    played = []
    for number, row in enumerate(rows, 1):
        for step, text in enumerate(row.turns):
            name = f"{run}-{row.id}"
            turn = await turns.handle(Inbound(CHANNEL, name, f"{name}-{step}", text))
        played.append(Played(row, turn))
        if on_progress is not None:
            on_progress(number, len(rows))
    return played


def measure(played: Sequence[Played], baseline: Bm25) -> dict[str, Any]:
    """The figures by kind: shares between 0 and 1 and the counts `n`."""
    by_kind: dict[str, list[Played]] = defaultdict(list)
    for one in played:
        by_kind[one.row.kind].append(one)
    single, ordinary = by_kind["single"], [one for one in played if one.row.kind != "human"]
    ranked = [(baseline.ranked(one.row.turns[-1]), one.row.gold) for one in single]
    return {
        "single": {
            "n": len(single),
            "right_first": _share(single, _right(1)),
            "right_in_3": _share(single, _right(3)),
            "answered": _share(single, lambda one: bool(one.sources)),
            "answered_right": _share(
                single, lambda one: bool(one.sources) and one.sources[0] in one.row.gold
            ),
        },
        "baseline_bm25": {
            "right_first": _share(ranked, lambda pair: not pair[1].isdisjoint(pair[0][:1])),
            "right_in_3": _share(ranked, lambda pair: not pair[1].isdisjoint(pair[0][:3])),
        },
        "ambiguous": {
            "n": len(by_kind["ambiguous"]),
            "clarified": _share(by_kind["ambiguous"], lambda one: not one.row.gold.isdisjoint(one.options)),
            "clarified_all": _share(by_kind["ambiguous"], lambda one: one.row.gold <= one.options),
        },
        "followup": {"n": len(by_kind["followup"]), "right_first": _share(by_kind["followup"], _right(1))},
        "multi": {"n": len(by_kind["multi"]), "said": _mean(by_kind["multi"], _said)},
        "oos": {
            "n": len(by_kind["oos"]),
            "wrong_answer": _share(by_kind["oos"], lambda one: bool(one.sources)),
        },
        "human": {"n": len(by_kind["human"]), "reached": _share(by_kind["human"], lambda one: one.escalated)},
        "needless_escalations": _share(ordinary, lambda one: one.escalated),
    }


async def evaluate(
    path: Path, turns: Turns, baseline: Bm25, on_progress: Callable[[int, int], None] | None = None
) -> Mapping[str, Any]:
    """Loads, plays and measures one file."""
    return measure(await play(load(path), turns, on_progress), baseline)


def _right(first: int) -> Callable[[Played], bool]:
    return lambda one: not one.row.gold.isdisjoint(one.ranked[:first])


def _said(one: Played) -> float:
    return len(one.row.gold.intersection(one.sources)) / len(one.row.gold) if one.row.gold else 0.0


def _share(items: Sequence[Any], holds: Callable[[Any], bool]) -> float:
    return _mean(items, lambda item: float(holds(item)))


def _mean(items: Sequence[Any], value: Callable[[Any], float]) -> float:
    return round(sum(map(value, items)) / len(items), 4) if items else 0.0
