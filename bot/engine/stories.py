"""Stories: what was done in conversations that went the same way, exactly or nearly.

`Remembered` is Rasa's memoisation: the same last states, the same action. `Nearest` stands where a
project names a neural policy: the action of the most similar remembered states. Both leave out turns
that only rules know, so that a rule that cuts in does not hide where the story was.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.engine.events import LISTEN, ActionTaken
from bot.engine.prediction import Prediction
from bot.engine.rules import States
from bot.engine.states import State
from bot.engine.tracker import Past, Tracker

DEEPEST = 8  # states that `Nearest` compares
FADING = 0.5  # what a state weighs beside the one after it
UNTOLD = 0.6  # how alike a conversation is to what a story does not tell
SURE = 0.5  # the least confidence of `Nearest` when the last state is known
WORDS_SHARED = 0.6  # of a message and the text of an end-to-end story, to be taken for it


def told(
    history: Iterable[Past],
    only_slots: frozenset[str] = frozenset(),
    only_loops: frozenset[str] = frozenset(),
) -> list[State]:
    """The states as stories know them: without the turns, slots and loops that only rules have."""
    states: list[State] = []
    latest: str | None = None
    hidden = False
    for state, hides, ordered in history:
        if not hidden:
            latest = state.action
        if not ordered and state.action != state.active_loop:
            hidden = hides
        if hidden:
            continue
        seen = state
        if only_slots:
            seen = seen._replace(slots=tuple(each for each in seen.slots if each[0] not in only_slots))
        if seen.loop in only_loops:
            seen = seen._replace(loop=None)
        if states and state.action != LISTEN:
            before = states[-1]
            seen = seen._replace(intent=before.intent, text=before.text, entities=before.entities)
        states.append(seen._replace(action=latest) if latest else seen)
    return states


@dataclass(frozen=True, slots=True)
class Remembered:
    """`forgetful`: tries again and again without the oldest events, as AugmentedMemoizationPolicy."""

    actions: Mapping[States, str]
    max_history: int | None = None
    forgetful: bool = False
    longest: int = 0
    priority: int = 3

    @classmethod
    def train(
        cls,
        examples: Iterable[tuple[Sequence[State], str]],
        max_history: int | None = None,
        forgetful: bool = False,
    ) -> Remembered:
        found: dict[States, set[str]] = defaultdict(set)
        for states, action in examples:
            found[_last(states, max_history)].add(action)
        sure = {key: next(iter(actions)) for key, actions in found.items() if len(actions) == 1}
        return cls(sure, max_history, forgetful, max(map(len, sure), default=0))

    def predict(
        self, tracker: Tracker, states: Sequence[State], only: tuple[frozenset[str], frozenset[str]]
    ) -> Prediction | None:
        action = self.actions.get(_last(states, self.max_history))
        if action is None and self.forgetful:
            action = self._recall(tracker, only)
        return Prediction(action, 1.0, self.priority) if action is not None else None

    def _recall(self, tracker: Tracker, only: tuple[frozenset[str], frozenset[str]]) -> str | None:
        for history in self._shorter(tracker):
            states = told(history, *only)
            if (action := self.actions.get(_last(states, self.max_history))) is not None:
                return action
        return None

    def _shorter(self, tracker: Tracker) -> Iterator[tuple[Past, ...]]:
        """The history from each of the actions on, longest first, the slots set before forgotten."""
        line = tracker.line
        actions = [index for index, event in enumerate(line) if isinstance(event, ActionTaken)]
        if self.max_history:
            waited = [index for index in actions[: -self.max_history] if line[index] == ActionTaken(LISTEN)]
            actions = [index for index in actions if index >= (waited[-1] if waited else 0)]
        else:
            hidden = sum(1 for event in line if isinstance(event, ActionTaken) and event.hidden)
            actions = actions[-self.longest - hidden :]
        for index in actions:
            yield tracker.retold(line[index:])


def _last(states: Sequence[State], count: int | None) -> States:
    return tuple(states[-count:] if count else states)


@dataclass(slots=True)
class Nearest:
    """Deterministic: the same examples and states give the same action."""

    pools: Mapping[Hashable, Mapping[States, Counter[str]]]
    actions: frozenset[str | None]
    depth: int = DEEPEST
    priority: int = 1

    @classmethod
    def train(
        cls, examples: Iterable[tuple[Sequence[State], str]], max_history: int | None = None
    ) -> Nearest:
        depth = min(max_history or DEEPEST, DEEPEST)
        pools: dict[Hashable, dict[States, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for states, action in examples:
            pools[_pool(states[-1])][_last(states, depth)][action] += 1
        known = frozenset(states[-1].action for pool in pools.values() for states in pool)
        return cls({key: dict(pool) for key, pool in pools.items()}, known, depth)

    def predict(self, states: Sequence[State]) -> Prediction | None:
        pool = self.pools.get(_pool(states[-1]))
        if not pool:
            waits = bool(self.actions) and states[-1].action != LISTEN
            return Prediction(LISTEN, SURE, self.priority) if waits else None
        seen: dict[tuple[State, State], float] = {}
        recent = states[-1 : -1 - self.depth : -1]
        best, share = None, -1.0
        for key, actions in pool.items():
            action, times = actions.most_common(1)[0]
            score = _likeness(recent, key[::-1], self.depth, seen) + 1e-6 * times
            if score > share:
                best, share = action, score
        return Prediction(best or LISTEN, SURE + (1 - SURE) * min(share, 1.0) * 0.99, self.priority)


def _pool(state: State) -> Hashable:
    """What must be the same: the latest action and, when it was waiting, what the user said."""
    return (state.action, state.intent, state.text) if state.action == LISTEN else state.action


def _likeness(
    one: Sequence[State], other: Sequence[State], depth: int, seen: dict[tuple[State, State], float]
) -> float:
    """How alike a conversation and a story are, newest first, from 0 to 1.

    A story may be told in the middle of a conversation: what was before it says neither yes nor no.
    """
    total, weight, full = 0.0, 1.0, 0.0
    for index in range(depth):
        here = one[index] if index < len(one) else None
        there = other[index] if index < len(other) else None
        if here is None or there is None or there.action is None:
            begun = here is None or here.action is None
            over = there is None or there.action is None
            alike = 1.0 if begun and over else UNTOLD if over else 0.0
        elif (known := seen.get((here, there))) is not None:
            alike = known
        else:
            alike = seen[here, there] = _alike(here, there)
        total += weight * alike
        full += weight
        weight *= FADING
    return total / full


def _alike(one: State, other: State) -> float:
    """What was heard counts where it is new: the states of a whole turn have the same message."""
    alike = 3.0 * (one.action == other.action) + 2.0 * (one.active_loop == other.active_loop)
    alike += 2.0 * _shared(one.slots, other.slots)
    if LISTEN not in (one.action, other.action):
        return alike / 7
    heard = 3.0 * ((one.intent, one.text) == (other.intent, other.text))
    return (alike + heard + _shared(one.entities, other.entities)) / 11


def _shared(one: Iterable[Hashable], other: Iterable[Hashable]) -> float:
    left, right = set(one), set(other)
    return len(left & right) / len(left | right) if left or right else 1.0


@dataclass(frozen=True, slots=True)
class Spoken:
    """The messages of end-to-end stories and rules, to recognise them when they are said again."""

    texts: Mapping[frozenset[str], str] = field(default_factory=dict)

    @classmethod
    def train(cls, texts: Iterable[str]) -> Spoken:
        return cls({_words(text): text for text in texts})

    def recognise(self, text: str | None) -> str | None:
        if not self.texts or not text:
            return None
        words = _words(text)
        if (same := self.texts.get(words)) is not None:
            return same
        best = max(self.texts, key=lambda known: _shared(known, words))
        return self.texts[best] if _shared(best, words) >= WORDS_SHARED else None


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))
