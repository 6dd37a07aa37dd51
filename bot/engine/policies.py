"""Who decides the next action: rules, remembered stories and the fallback, as Rasa's ensemble weighs them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.engine.events import LISTEN, ActionRejected, ActionTaken
from bot.engine.prediction import Prediction
from bot.engine.rules import Rules
from bot.engine.states import Lens, State
from bot.engine.stories import Nearest, Remembered, Spoken, told
from bot.engine.timeline import examples, of_story
from bot.engine.tracker import Tracker
from bot.project.model import Component, Project, Rule, Story, UserStep

DEFAULT = (
    Component("MemoizationPolicy"),
    Component("RulePolicy"),
    Component("TEDPolicy", {"max_history": 5}),
)


@dataclass(slots=True)
class Policies:
    """Trained once; `predict` changes nothing."""

    rules: Rules | None
    remembered: tuple[Remembered, ...]
    nearest: Nearest | None
    spoken: Spoken

    @classmethod
    def train(cls, project: Project, lens: Lens) -> Policies:
        components = {each.name.rsplit(".", 1)[-1]: each for each in project.policies or DEFAULT}
        given = [
            example
            for story in project.stories
            for example in examples(of_story(story, project.domain), lens, strict=False)
        ]
        rules = components.get("RulePolicy")
        trained = Rules.train(project, lens, rules) if rules else None
        remembered = tuple(
            Remembered.train(given, _max_history(components[name]), name.startswith("Augmented"))
            for name in ("MemoizationPolicy", "AugmentedMemoizationPolicy")
            if name in components
        )
        neural = components.get("TEDPolicy")
        nearest = Nearest.train(given, _max_history(neural)) if neural else None
        return cls(trained, remembered, nearest, Spoken.train(_texts(project)))

    def predict(self, tracker: Tracker) -> Prediction:
        """The next action; waiting for the user when nobody knows one."""
        asked_for = tracker.now.follow_up
        if asked_for and tracker.last(ActionRejected, ActionTaken) != ActionRejected(asked_for):
            return Prediction(asked_for, 1.0)
        listening = tracker.now.action == LISTEN
        message = tracker.now.message
        said = self.spoken.recognise(message.text) if listening and message else None
        rule = self.rules.predict(tracker, said) if self.rules else None
        decided = self._not_rejected(rule, tracker) if rule and rule.action else None
        if decided and decided.confidence == 1.0 and said is None:  # no story is surer than a rule
            return decided
        found = [decided] if decided else []
        if not (rule and rule.no_user):
            found += self._by_stories(tracker, said)
        if self.rules and self.rules.fallback and not (rule and rule.action):
            found.append(self.rules.fallback)
        best = _best([_rejected(each, tracker) for each in found])
        return replace(best, interrupted=rule.interrupted) if rule else best

    def _not_rejected(self, rule: Prediction, tracker: Tracker) -> Prediction:
        """What a rule says, or the fallback when that has just been rejected."""
        decided, fallback = _rejected(rule, tracker), self.rules.fallback if self.rules else None
        if decided is rule or fallback is None:
            return decided
        return replace(rule, action=fallback.action, confidence=fallback.confidence)

    def text_used(self, tracker: Tracker, prediction: Prediction) -> str | None:
        """The text that the latest message was taken for, when the prediction goes by it."""
        message = tracker.now.message
        if not prediction.end_to_end or tracker.now.action != LISTEN or message is None:
            return None
        return self.spoken.recognise(message.text)

    def _by_stories(self, tracker: Tracker, said: str | None) -> list[Prediction]:
        only = (self.rules.only_slots, self.rules.only_loops) if self.rules else (frozenset[str](),) * 2
        states = told(tracker.history, *only)
        if not states:
            return []
        found = [each for policy in self.remembered if (each := policy.predict(tracker, states, only))]
        if self.nearest and (near := self.nearest.predict(states)):
            found.append(near)
        if said is not None:
            found += self._by_text(tracker, states, said, only)
        return found

    def _by_text(
        self, tracker: Tracker, states: list[State], said: str, only: tuple[frozenset[str], frozenset[str]]
    ) -> list[Prediction]:
        spoken = [*states[:-1], states[-1]._replace(intent=None, text=said, entities=())]
        found = [each for policy in self.remembered if (each := policy.predict(tracker, spoken, only))]
        if self.nearest and (near := self.nearest.predict(spoken)):
            found.append(near)
        return [replace(each, end_to_end=True) for each in found]


def _rejected(prediction: Prediction, tracker: Tracker) -> Prediction:
    """An action that has just been rejected is not tried again."""
    latest = tracker.last(ActionRejected, ActionTaken)
    if isinstance(latest, ActionRejected) and latest.name == prediction.action:
        return replace(prediction, action=LISTEN, confidence=0.0)
    return prediction


def _best(found: list[Prediction]) -> Prediction:
    """One that does not look at the message wins, then one that goes by its text, then the surest."""
    for wanted in ("no_user", "end_to_end"):
        if any(getattr(each, wanted) for each in found):
            found = [each for each in found if getattr(each, wanted)]
            break
    return max(found, key=lambda each: (each.confidence, each.priority), default=Prediction(LISTEN, 0.0))


def _max_history(component: Component | None) -> int | None:
    value = component.options.get("max_history") if component else None
    return int(value) if value else None


def _texts(project: Project) -> list[str]:
    told_by: list[Story | Rule] = [*project.stories, *project.rules]
    steps = [step for each in told_by for step in each.steps]
    return [step.text for step in steps if isinstance(step, UserStep) and step.text and not step.intents]
