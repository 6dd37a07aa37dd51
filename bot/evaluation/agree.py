"""Do both engines do the same? The test stories of a project, played on each.

The result: `engines`; `stories` with `n`, `agree` and how many `builtin` and `rasa` pass; `actions` with `n`
predicted ones and how many `agree`; `seconds` with `train` and `play` of each; `differences`, for each story
that goes two ways the first place where it does: `story`, `place`, `step`, `expected`, `builtin`, `rasa`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.engine.agent import Agent
from bot.engine.events import ActionTaken
from bot.engine.parsing import ProjectParser
from bot.engine.player import advance, play
from bot.engine.recogniser import Read
from bot.engine.timeline import with_steps
from bot.engine.tracker import Tracker
from bot.project.loading import load
from bot.project.model import Story
from bot.rasa import stories as on_rasa
from bot.rasa.stories import Told


async def evaluate(folder: Path, read: Read, data: Path, venv: Path) -> Mapping[str, Any]:
    """`data`: where Rasa's models are kept. Raises `InvalidContent`, `rasa_not_installed`, `rasa_failed`."""
    project = load(folder)
    started = time.perf_counter()
    agent = Agent.train(project, ProjectParser.learn(project, read))
    trained = time.perf_counter()
    ours = [(story, actions(agent, story)) for story in project.tests]
    passed = sum(each.passed for each in play(agent, project))
    played = time.perf_counter()
    rasa = await on_rasa.play(project, data, venv)
    theirs: dict[str, list[Told]] = defaultdict(list)
    for told in rasa.told:
        theirs[told.story].append(told)
    pairs = [
        (story, taken, theirs[story.name].pop(0) if theirs[story.name] else None) for story, taken in ours
    ]
    differences = [found for pair in pairs if (found := compare(*pair))]
    return {
        "engines": ["builtin", "rasa"],
        "stories": {
            "n": len(pairs),
            "agree": len(pairs) - len(differences),
            "builtin": passed,
            "rasa": sum(told.played.passed for told in rasa.told),
        },
        "actions": {
            "n": sum(len(taken) for _, taken, _ in pairs),
            "agree": sum(
                one == other
                for _, taken, told in pairs
                for one, other in zip(taken, told.actions if told else (), strict=False)
            ),
        },
        "seconds": {
            "builtin_train": trained - started,
            "builtin_play": played - trained,
            "rasa_train": rasa.train_s,
            "rasa_play": rasa.play_s,
        },
        "differences": differences,
    }


def actions(agent: Agent, story: Story) -> tuple[str, ...]:
    """What is predicted at each action of a story, which goes on as it is written."""
    tracker = Tracker.begin(agent.lens)
    found: list[str] = []
    for index, (event, _) in enumerate(with_steps(story.steps, agent.lens.domain)):
        tracker, difference = advance(agent, tracker, event, predicts=index > 0)
        if not (index and isinstance(event, ActionTaken)):
            continue
        found.append(difference[2] if difference else event.name)
        if difference:
            tracker = tracker.after(event)
    return tuple(found)


def compare(story: Story, taken: tuple[str, ...], told: Told | None) -> Mapping[str, Any] | None:
    """The first difference between our actions and Rasa's."""
    about = {"story": story.name, "place": str(story.place)}
    if told is None:
        return {**about, "step": 0, "expected": "", "builtin": "played", "rasa": "not played"}
    theirs = [each for each in told.predictions if each.kind == "action"]
    for one, other in zip(taken, theirs, strict=False):
        if one != other.predicted:
            where = {"place": str(other.place or story.place), "step": other.step}
            return {
                **about,
                **where,
                "expected": other.expected,
                "builtin": one,
                "rasa": other.predicted,
            }
    if len(taken) != len(theirs):
        return {
            **about,
            "step": 0,
            "expected": "",
            "builtin": f"{len(taken)} actions",
            "rasa": f"{len(theirs)} actions",
        }
    return None
