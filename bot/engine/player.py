"""Plays a project's test stories: what was written is what happens next, whatever was predicted.

As `rasa test` does it: messages with a text are understood and compared with what is annotated; each
action is predicted from the conversation as the story tells it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.engine.agent import Agent
from bot.engine.events import ActionRejected, ActionTaken, Event, UserSaid
from bot.engine.prediction import Prediction
from bot.engine.timeline import with_steps
from bot.engine.tracker import Tracker
from bot.project.model import NOWHERE, EntitySpan, Place, Project, Step, Story

_Found = tuple[str, str, str] | None  # kind, expected, predicted

TOO_MANY = "too many actions without waiting"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that went another way. `step` counts the story's written steps from 1."""

    step: int
    place: Place
    kind: str  # "intent", "entity" or "action"
    expected: str
    predicted: str


@dataclass(frozen=True, slots=True)
class Played:
    story: str
    place: Place
    difference: Difference | None = None

    @property
    def passed(self) -> bool:
        return self.difference is None


def play(agent: Agent, project: Project) -> Iterator[Played]:
    """One result per test story."""
    for story in project.tests:
        yield Played(story.name, story.place, _first_difference(agent, story))


def _first_difference(agent: Agent, story: Story) -> Difference | None:
    tracker = Tracker.begin(agent.lens)
    written = 0
    previous: Step | None = None
    for index, (event, step) in enumerate(with_steps(story.steps, agent.lens.domain)):
        if step is not None and step is not previous:
            written, previous = written + 1, step
        tracker, found = advance(agent, tracker, event, predicts=index > 0)
        if found:
            place = step.place if step else previous.place if previous else NOWHERE
            return Difference(written, place, *found)
    return None


def advance(agent: Agent, tracker: Tracker, event: Event, *, predicts: bool) -> tuple[Tracker, _Found]:
    """The conversation after the event, and what was predicted instead of it."""
    if isinstance(event, UserSaid):
        heard, found = _heard(agent, event)
        return tracker.after(heard), found
    if isinstance(event, ActionTaken) and predicts:
        return _acted(agent, tracker, event)
    return tracker.after(event), None


def _heard(agent: Agent, gold: UserSaid) -> tuple[UserSaid, _Found]:
    """The message as annotated, with the response that was selected for it; and what differs."""
    if not gold.text:
        return gold, None
    said = agent.understand(gold.text)
    wanted = gold.response or gold.intent
    predicted = said.intent
    if predicted != wanted and said.response:
        predicted = said.response
    if wanted is not None and predicted != wanted:
        return gold, ("intent", wanted, str(predicted))
    positions = not gold.text.startswith("/")
    if positions:
        gold = replace(gold, entities=tuple(_placed(each, said.entities) for each in gold.entities))
    if _entities(gold.entities, positions) != _entities(said.entities, positions):
        return gold, ("entity", _listed(gold.entities), _listed(said.entities))
    return replace(gold, response=said.response), None


def _acted(agent: Agent, tracker: Tracker, gold: ActionTaken) -> tuple[Tracker, _Found]:
    if tracker.since_listening() >= agent.most_predictions:
        return tracker, ("action", gold.name, TOO_MANY)
    prediction = agent.policies.predict(tracker)
    form = tracker.now.active_loop
    if form and prediction.action == form != gold.name:  # nobody runs the form that would have refused
        tracker = tracker.after(ActionRejected(form))
        prediction = agent.policies.predict(tracker)
    if _name(prediction, tracker, gold.name) != gold.name:
        return tracker, ("action", gold.name, prediction.action)
    return tracker.after(replace(gold, hidden=prediction.hidden)), None


def _name(prediction: Prediction, tracker: Tracker, gold: str) -> str:
    """The action; one that selects a response is meant when the story names the response."""
    message = tracker.now.message
    full = f"utter_{message.response}" if message and message.response else ""
    return full if full == gold and full.startswith(f"{prediction.action}/") else prediction.action


def _entities(spans: tuple[EntitySpan, ...], positions: bool) -> set[tuple[str, str, int, int]]:
    return {
        (each.entity, str(each.value), each.start if positions else 0, each.end if positions else 0)
        for each in spans
    }


def _placed(wanted: EntitySpan, found: tuple[EntitySpan, ...]) -> EntitySpan:
    """One that is listed below its message and not marked in it stands where it is found."""
    if wanted.end:
        return wanted
    same = (each for each in found if (each.entity, str(each.value)) == (wanted.entity, str(wanted.value)))
    return next((replace(wanted, start=each.start, end=each.end) for each in same), wanted)


def _listed(spans: tuple[EntitySpan, ...]) -> str:
    named = (f"{each.entity}={each.value} [{each.start}:{each.end}]" for each in spans)
    return ", ".join(named) or "none"
