"""Plays a project's test stories on Rasa, in one process of its own and without a server."""

from __future__ import annotations

import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.engine.events import ActionTaken, UserSaid
from bot.engine.player import Difference, Played
from bot.engine.timeline import with_steps
from bot.project.model import NOWHERE, Domain, Place, Project, Step, Story
from bot.rasa.environment import SCRIPTS, copy_content, environ, finished, python
from bot.rasa.training import train


@dataclass(frozen=True, slots=True)
class Prediction:
    """At a message or an action of a story. `kind`: intent, entity, action. `step` counts from 1."""

    kind: str
    expected: str
    predicted: str
    place: Place = NOWHERE
    step: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A story with everything that was predicted along it, whatever was predicted before."""

    story: str
    place: Place
    predictions: tuple[Prediction, ...]

    @property
    def played(self) -> Played:
        wrong = (each for each in self.predictions if each.expected != each.predicted)
        if (first := next(wrong, None)) is None:
            return Played(self.story, self.place)
        found = Difference(first.step, first.place, first.kind, first.expected, first.predicted)
        return Played(self.story, self.place, found)

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(each.predicted for each in self.predictions if each.kind == "action")


@dataclass(frozen=True, slots=True)
class Results:
    """`seconds`: train, and play with the time that Rasa takes to start."""

    told: tuple[Told, ...]
    train_s: float
    play_s: float


async def play(project: Project, folder: Path, venv: Path) -> Results:
    """Trains if need be. `folder`: as in `training.train`, whose errors it raises."""
    started = time.perf_counter()
    model = await train(project.root, folder, venv)
    trained = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=model.parent.parent, prefix="stories-") as made:
        copy_content(project.root, Path(made) / "project")
        tests, out = Path(made) / "project" / "tests", Path(made) / "out.json"
        environment = environ(model.parent.parent, project.root)
        if project.tests:
            await finished([python(venv), SCRIPTS / "stories.py", model, tests, out], Path(made), environment)
        found = json.loads(out.read_text("utf-8")) if project.tests else []
    return Results(tuple(_told(found, project)), trained - started, time.perf_counter() - trained)


def _told(found: Sequence[dict[str, object]], project: Project) -> list[Told]:
    """Rasa names a story and says nothing of where it is written: ours of the same name is the same."""
    ours: dict[str, list[Story]] = defaultdict(list)
    for story in project.tests:
        ours[story.name].append(story)
    told = []
    for each in found:
        name, steps = str(each["story"]), each["steps"]
        same = ours[name].pop(0) if ours[name] else None
        assert isinstance(steps, list)  # noqa: S101 - our own script writes it
        places = _places(same, project.domain) if same else []
        if len(places) != len(steps):
            places = [(NOWHERE, number) for number in range(1, len(steps) + 1)]
        predictions = (
            Prediction(kind, str(expected), str(predicted), place, number)
            for (kind, expected, predicted), (place, number) in zip(steps, places, strict=True)
        )
        told.append(Told(name, same.place if same else NOWHERE, tuple(predictions)))
    return told


def _places(story: Story, domain: Domain) -> list[tuple[Place, int]]:
    """Where each message and action after the first waiting is written, and which step of the story it is."""
    found: list[tuple[Place, int]] = []
    number, previous = 0, None
    for index, (event, step) in enumerate(with_steps(story.steps, domain)):
        if step is not None and step is not previous:
            number, previous = number + 1, step
        if index and isinstance(event, UserSaid | ActionTaken):
            found.append((_place(step or previous), number))
    return found


def _place(step: Step | None) -> Place:
    return step.place if step else NOWHERE
