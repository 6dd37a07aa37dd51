"""Plays the test stories of any project in Rasa 3's format, on the built-in engine or on Rasa.

The result: `engine`; `stories` with `n` and `passed`; `seconds` with `load`, `train`, `play`;
`failures`, for each failed story its first difference; `problems`, what the project surely does not mean.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.core.errors import FrontlineError
from bot.engine.agent import Agent
from bot.engine.parsing import ProjectParser
from bot.engine.player import Played, play
from bot.engine.recogniser import Read
from bot.project.loading import load
from bot.rasa import stories as on_rasa


def evaluate(folder: Path, read: Read) -> Mapping[str, Any]:
    """Loads, trains, plays. Raises `InvalidContent`, and `contradiction` for what Rasa would not train."""
    started = time.perf_counter()
    project = load(folder)
    loaded = time.perf_counter()
    agent = Agent.train(project, ProjectParser.learn(project, read))
    if agent.problems:
        raise FrontlineError("contradiction", "\n".join(agent.problems), status=422)
    trained = time.perf_counter()
    played = list(play(agent, project))
    done = time.perf_counter()
    return {
        "engine": "builtin",
        "stories": {"n": len(played), "passed": sum(each.passed for each in played)},
        "seconds": {"load": loaded - started, "train": trained - loaded, "play": done - trained},
        "failures": [_failure(each) for each in played if not each.passed],
        "problems": list(project.problems),
    }


async def evaluate_rasa(folder: Path, data: Path, venv: Path) -> Mapping[str, Any]:
    """The same on Rasa, whose models are kept in `data`; raises also `rasa_not_installed`, `rasa_failed`.

    `seconds.play` has the time that Rasa takes to start.
    """
    started = time.perf_counter()
    project = load(folder)
    loaded = time.perf_counter()
    results = await on_rasa.play(project, data, venv)
    played = [told.played for told in results.told]
    return {
        "engine": "rasa",
        "stories": {"n": len(played), "passed": sum(each.passed for each in played)},
        "seconds": {"load": loaded - started, "train": results.train_s, "play": results.play_s},
        "failures": [_failure(each) for each in played if not each.passed],
        "problems": list(project.problems),
    }


def _failure(played: Played) -> Mapping[str, Any]:
    found = played.difference
    if found is None:
        return {"story": played.story}
    return {
        "story": played.story,
        "place": str(found.place),
        "step": found.step,
        "kind": found.kind,
        "expected": found.expected,
        "predicted": found.predicted,
    }
