"""Rules: what to do whenever the end of a conversation looks like this. Follows Rasa's RulePolicy.

In this order: the intents that always run an action, the form that is active, then the most specific
rule that matches. A form that could not use a message is rejected, and only then rules apply inside it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from bot.engine.events import LISTEN, ActionRejected, ActionTaken, Event
from bot.engine.prediction import Prediction
from bot.engine.states import UNSET, Lens, Mark, State
from bot.engine.timeline import ELSEWHERE, examples, of_rule, of_story
from bot.engine.tracker import Tracker
from bot.project.model import Component, Project, Rule, SlotType, Story, UserStep

DEFAULT_INTENTS = {
    "restart": "action_restart",
    "back": "action_back",
    "session_start": "action_session_start",
}
PRIORITY = 4
MOST_ACTIONS = 10  # without waiting, as in a turn

States = tuple[State, ...]


class Unhappy(Enum):
    """What stories and rules know about leaving a form's questions for a while."""

    COMES_BACK = "the form runs after something else was answered"
    STAYS_AWAY = "another action runs where the form would"


@dataclass(frozen=True, slots=True)
class _Remembered:
    states: States
    action: str
    weight: int
    name: str

    @property
    def source(self) -> Hashable:
        return self.states


@dataclass(slots=True)
class Rules:
    """`only_slots` and `only_loops` are those that no story mentions, `known` the sources that some does."""

    lens: Lens
    options: Mapping[str, Any]
    triggers: Mapping[str, str]
    by_action: Mapping[str | None, Sequence[_Remembered]]
    unhappy: Mapping[str | None, Sequence[tuple[States, Unhappy]]]
    only_slots: frozenset[str] = frozenset()
    only_loops: frozenset[str] = frozenset()
    in_stories: set[Hashable] = field(default_factory=set)
    hides: bool = False
    problems: list[str] = field(default_factory=list)

    @classmethod
    def train(cls, project: Project, lens: Lens, component: Component) -> Rules:
        remembered: list[tuple[States, str, str]] = []  # and the name of the rule
        told: list[tuple[list[State], str]] = []
        for rule in project.rules:
            for states, action in examples(of_rule(rule, project.domain), lens, strict=True):
                told.append((states, action))
                if (key := _since_elsewhere(states)) and action != ELSEWHERE:
                    remembered.append((key, action, f"rule `{rule.name}` ({rule.place})"))
        rule_states = [state for states, _ in told for state in states]
        stories = [(of_story(story, project.domain), story) for story in project.stories]
        story_told = [each for events, _ in stories for each in examples(events, lens, strict=False)]
        story_states = [state for states, _ in story_told for state in states]
        triggers = {use.name: use.triggers for use in project.domain.intents.values() if use.triggers}
        rules = cls(
            lens,
            component.options,
            {**triggers, **DEFAULT_INTENTS},
            _by_latest_action(_unambiguous(remembered, lens)),
            _unhappy_paths([*told, *story_told]),
            only_slots=frozenset(_slots(rule_states) - _slots(story_states)),
            only_loops=frozenset(_loops(rule_states) - _loops(story_states)),
        )
        if component.options.get("restrict_rules", True):
            rules.problems += _too_long(project.rules)
        if component.options.get("check_for_contradictions", True):
            rules._compare(stories, project.rules)
            rules.problems += rules._divided(remembered)
            rules.problems += rules._endless(project.rules)
            rules.hides = True
        return rules

    def predict(self, tracker: Tracker, text: str | None = None) -> Prediction | None:
        """What a rule says, or None. `text`: what the latest message is taken for in end-to-end rules."""
        states = [each.state for each in tracker.history]
        from_text, again = None, False
        if text is not None and tracker.now.action == LISTEN:
            spoken = states[-1]._replace(intent=None, text=text, entities=())
            from_text, again = self._by_rule(tracker, [*states[:-1], spoken])
        if from_text is None and (default := self._by_default(tracker)):
            return self._hidden(default)
        if happy := _by_form(tracker):
            return self._hidden(happy)
        if from_text is not None:
            return self._hidden(replace(from_text, end_to_end=True))
        by_intent, also_again = self._by_rule(tracker, states)
        if by_intent is not None:
            return self._hidden(by_intent)
        return Prediction("", 0.0, interrupted=True) if again or also_again else None

    @property
    def fallback(self) -> Prediction | None:
        """The action when nobody knows what to do, as sure as the threshold is high."""
        if not self.options.get("enable_fallback_prediction", True):
            return None
        name = self.options.get("core_fallback_action_name", "action_default_fallback")
        return Prediction(name, float(self.options.get("core_fallback_threshold", 0.3)), PRIORITY)

    def _hidden(self, prediction: Prediction) -> Prediction:
        return replace(prediction, hidden=self.hides and prediction.source not in self.in_stories)

    def _by_default(self, tracker: Tracker) -> Prediction | None:
        intent = tracker.now.message.intent if tracker.now.message else None
        action = self.triggers.get(intent or "")
        if action is None:
            return None
        if tracker.now.action == LISTEN:
            return Prediction(action, 1.0, PRIORITY, source=("intent", intent))
        if tracker.now.action == action and intent not in DEFAULT_INTENTS:
            return Prediction(LISTEN, 1.0, PRIORITY, source=("intent", intent))
        return None

    def _by_rule(self, tracker: Tracker, states: Sequence[State]) -> tuple[Prediction | None, bool]:
        """The most specific rule's action, and whether the form comes back from another path."""
        best = max(
            (each for each in self.by_action.get(states[-1].action, ()) if _applies(each.states, states)),
            key=lambda each: each.weight,
            default=None,
        )
        again = False
        if form := tracker.now.active_loop:
            paths = {path for key, path in self.unhappy.get(states[-1].action, ()) if _applies(key, states)}
            if best and best.action == LISTEN and best.states[-1].active_loop is None:
                if Unhappy.STAYS_AWAY not in paths:
                    return Prediction(form, 1.0, PRIORITY, source=best.source), False
                best = None
            again = Unhappy.COMES_BACK in paths
        if best is None:
            return None, again
        return Prediction(best.action, 1.0, PRIORITY, source=best.source, interrupted=again), again

    def _compare(self, stories: Iterable[tuple[list[Event], Story]], rules: Iterable[Rule]) -> None:
        """Finds which rules the stories go through, and where the two contradict each other."""
        names = {each.source: each.name for found in self.by_action.values() for each in found}
        told = [(f"{story.place}: story `{story.name}`", False, events) for events, story in stories]
        domain = self.lens.domain
        told += [(f"{rule.place}: rule `{rule.name}`", True, of_rule(rule, domain)) for rule in rules]
        for title, is_rule, events in told:
            for gold, prediction in self._along(events):
                if prediction is None or not prediction.action:
                    continue
                if prediction.action == gold:
                    if not is_rule:
                        self.in_stories.add(prediction.source)
                elif prediction.source in names and (is_rule or not self._yields(prediction)):
                    self.problems.append(
                        f"{title} goes on with {gold}, but "
                        f"{names[prediction.source]} says {prediction.action}"
                    )

    def _yields(self, prediction: Prediction) -> bool:
        """Forgets that a rule waits after its first action, where it goes on only after an answer."""
        states = prediction.source
        if prediction.action != LISTEN or not isinstance(states, tuple) or len(states) > 1:
            return False
        after = [each for found in self.by_action.values() for each in found]
        if not any(each.states[:1] == states and len(each.states) > 1 for each in after):
            return False
        kept = [each for each in self.by_action[states[0].action] if each.states != states]
        self.by_action = {**self.by_action, states[0].action: kept}
        return True

    def _divided(self, remembered: Iterable[tuple[States, str, str]]) -> Iterable[str]:
        """Rules that begin alike and go on differently, where no other rule decides between them."""
        ways: dict[States, dict[str, str]] = defaultdict(dict)
        for key, action, name in remembered:
            ways[key].setdefault(action, name)
        for key, names in ways.items():
            decided = {
                each.action for each in self.by_action.get(key[-1].action, ()) if _applies(each.states, key)
            }
            if len(names) > 1 and not decided:
                (one, first), (other, second), *_ = names.items()
                place = first.rpartition("(")[2].rstrip(")")
                yield f"{place}: {first.rpartition(' (')[0]} goes on with {one}, but {second} says {other}"

    def _endless(self, rules: Iterable[Rule]) -> Iterable[str]:
        """Rules after which rules go on for ever without waiting for the user."""
        for rule in rules:
            if rule.wait_for_user_input:
                continue
            events = of_rule(rule, self.lens.domain)
            tracker = Tracker.begin(
                self.lens, events[: events.index(ActionTaken(ELSEWHERE), len(rule.steps))]
            )
            taken: list[str] = []
            while len(taken) <= MOST_ACTIONS:
                prediction = self.predict(tracker)
                if prediction is None or prediction.action in ("", LISTEN):
                    break
                taken.append(prediction.action)
                tracker = tracker.after(ActionTaken(prediction.action))
            else:
                ring = ", ".join(dict.fromkeys(taken))
                yield f"{rule.place}: rule `{rule.name}` leads to actions without an end: {ring}"

    def _along(self, events: Iterable[Event]) -> Iterable[tuple[str, Prediction | None]]:
        line = Tracker.begin(self.lens, events).line
        tracker = Tracker.begin(self.lens)
        unpredictable = True
        for event in line:
            if isinstance(event, ActionTaken):
                if not unpredictable and event.name != ELSEWHERE:
                    text = tracker.now.message.text if tracker.now.message else None
                    prediction = self.predict(tracker, text)
                    form = tracker.now.active_loop
                    if form and prediction and prediction.action == form != event.name:
                        tracker = tracker.after(ActionRejected(form))
                        prediction = self.predict(tracker, text)
                    yield event.name, prediction
                unpredictable = event.name == ELSEWHERE
            tracker = tracker.after(event)


def _by_form(tracker: Tracker) -> Prediction | None:
    """A form that was not rejected asks its questions and waits for the answers."""
    loop = tracker.now.loop
    if loop is None or loop.name == UNSET or loop.rejected:
        return None
    if tracker.now.action == loop.name:
        return Prediction(LISTEN, 1.0, PRIORITY, source=("form waits", loop.name), no_user=True)
    return Prediction(loop.name, 1.0, PRIORITY, source=("form", loop.name), no_user=True)


def _too_long(rules: Iterable[Rule]) -> Iterable[str]:
    """A rule is for one message; `restrict_rules: false` allows more."""
    for rule in rules:
        if sum(isinstance(step, UserStep) for step in rule.steps) > 1:
            yield f"{rule.place}: rule `{rule.name}` has several messages, which only stories may have"


def _since_elsewhere(states: Sequence[State]) -> States:
    for index in range(len(states) - 1, -1, -1):
        if states[index].action == ELSEWHERE:
            return tuple(states[index + 1 :])
    return tuple(states)


def _unambiguous(remembered: Iterable[tuple[States, str, str]], lens: Lens) -> list[_Remembered]:
    """What is followed by different actions says nothing about any of them."""
    actions: dict[States, set[str]] = defaultdict(set)
    names: dict[States, str] = {}
    for key, action, name in remembered:
        actions[key].add(action)
        names.setdefault(key, name)
    return [
        _Remembered(key, next(iter(each)), _weight(key, lens), names[key])
        for key, each in actions.items()
        if len(each) == 1
    ]


def _by_latest_action(remembered: Iterable[_Remembered]) -> dict[str | None, list[_Remembered]]:
    found: dict[str | None, list[_Remembered]] = defaultdict(list)
    for each in remembered:
        found[each.states[-1].action].append(each)
    return dict(found)


def _unhappy_paths(
    told: Iterable[tuple[list[State], str]],
) -> dict[str | None, list[tuple[States, Unhappy]]]:
    paths: dict[States, Unhappy] = {}
    for states, action in told:
        last = states[-1]
        before = states[-2].action if len(states) > 1 else None
        key: States = (State(action=before), last) if before not in (None, ELSEWHERE) else (last,)
        if last.active_loop is None or last.action == ELSEWHERE:
            continue
        if last.action == LISTEN and action == last.loop:
            paths[key] = Unhappy.COMES_BACK
        elif last.action != LISTEN and action != last.loop:
            paths[key] = Unhappy.STAYS_AWAY
    found: dict[str | None, list[tuple[States, Unhappy]]] = defaultdict(list)
    for key, path in paths.items():
        found[key[-1].action].append((key, path))
    return dict(found)


def _applies(rule: States, states: Sequence[State]) -> bool:
    """Whether the conversation ends like the rule. The first state of all has no action before it."""
    if len(rule) > len(states):
        return False
    for wanted, seen in zip(reversed(rule), reversed(states), strict=False):
        if wanted.action is None or seen.action is None:
            if wanted.action is not seen.action:
                return False
        elif not _fits(wanted, seen):
            return False
    return True


def _fits(wanted: State, seen: State) -> bool:
    if wanted.action != seen.action or (wanted.intent and wanted.intent != seen.intent):
        return False
    if (wanted.text and wanted.text != seen.text) or (wanted.entities and wanted.entities != seen.entities):
        return False
    if wanted.loop == UNSET:
        if seen.active_loop:
            return False
    elif wanted.loop and wanted.loop != seen.loop:
        return False
    return not wanted.slots or _slots_fit(wanted.slots, dict(seen.slots))


def _slots_fit(wanted: Iterable[tuple[str, Hashable]], seen: Mapping[str, Hashable]) -> bool:
    for name, feature in wanted:
        found = seen.get(name)
        is_set = found is not None and found is not Mark.UNSET
        if feature is Mark.UNSET or feature is Mark.ANY:
            if is_set is (feature is Mark.UNSET):
                return False
        elif found != feature:
            return False
    return True


def _slots(states: Iterable[State]) -> set[str]:
    return {name for state in states for name, _ in state.slots}


def _loops(states: Iterable[State]) -> set[str]:
    return {state.active_loop for state in states if state.active_loop}


def _weight(states: States, lens: Lens) -> int:
    """How specific a rule is: the length of its states written the way Rasa writes them."""
    written = []
    for state in states:
        user = {"intent": state.intent, "text": state.text, "entities": list(state.entities)}
        parts = {
            "user": {key: value for key, value in user.items() if value},
            "slots": {name: _numbers(name, feature, lens) for name, feature in state.slots},
            "prev_action": {"action_name": state.action} if state.action else {},
            "active_loop": {"name": state.loop} if state.loop else {},
        }
        written.append({key: value for key, value in parts.items() if value})
    return len(json.dumps(written))


def _numbers(name: str, feature: Hashable, lens: Lens) -> str | list[float]:
    slot = lens.slot(name)
    if feature is Mark.UNSET:
        return UNSET
    if slot is None or slot.type in (SlotType.TEXT, SlotType.LIST):
        return [1.0]
    if slot.type is SlotType.CATEGORICAL:
        return [0.0] * (len(slot.values) + 1)
    return [1.0, float(feature) if isinstance(feature, bool | float | int) else 1.0]
