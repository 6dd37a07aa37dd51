"""Small projects for tests of the engine, written in one line per step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.engine.agent import Agent
from bot.engine.events import Event
from bot.engine.responses import Message
from bot.engine.tracker import Tracker
from bot.project.model import (
    ActionStep,
    Component,
    Domain,
    EntitySpan,
    EntityUse,
    Form,
    IntentUse,
    LoopStep,
    MappingType,
    NluData,
    Place,
    Project,
    Rule,
    Slot,
    SlotMapping,
    SlotStep,
    SlotType,
    Step,
    Story,
    UserStep,
    Variant,
)

BOTH = (Component("RulePolicy"), Component("MemoizationPolicy"))


def steps(*lines: str) -> tuple[Step, ...]:
    """`greet` is an intent (`greet+city`: with an entity), `-utter_x` an action, `@form` a loop.

    `=x:1` is a slot, `>text` (or `>text|greet`) a message of an end-to-end story, `<text` the bot's.
    """
    return tuple(_step(line, Place("stories.yml", number)) for number, line in enumerate(lines, 1))


def _step(line: str, place: Place) -> Step:
    match line[0]:
        case "-":
            return ActionStep(line[1:], place=place)
        case "@":
            return LoopStep(line[1:] or None, place)
        case "=":
            name, _, value = line[1:].partition(":")
            return SlotStep(((name, {"": None, "true": True, "false": False}.get(value, value)),), place)
        case "<":
            return ActionStep("", line[1:], place)
        case ">":
            text, _, intent = line[1:].partition("|")
            return UserStep((intent,) if intent else (), (), text, place)
        case _:
            intent, *entities = line.split("+")
            return UserStep((intent,), tuple(EntitySpan(each, each, 0, 0) for each in entities), None, place)


def story(*lines: str, name: str = "story") -> Story:
    return Story(name, steps(*lines), Place("stories.yml", 1))


def rule(*lines: str, when: Sequence[str] = (), name: str = "rule", **options: Any) -> Rule:
    condition = tuple(each for each in steps(*when) if isinstance(each, SlotStep | LoopStep))
    return Rule(name, steps(*lines), condition, place=Place("rules.yml", 1), **options)


def entity(name: str, **given: Any) -> SlotMapping:
    return SlotMapping(MappingType.FROM_ENTITY, entity=name, **given)


def slot(name: str, kind: str = "text", *mappings: SlotMapping, **given: Any) -> Slot:
    return Slot(name, SlotType(kind), mappings=mappings, **given)


def domain(
    intents: Iterable[str | IntentUse] = (),
    *,
    entities: Iterable[str | EntityUse] = (),
    slots: Iterable[Slot] = (),
    forms: Iterable[Form] = (),
    responses: Mapping[str, str | tuple[Variant, ...]] | None = None,
    actions: Sequence[str] = (),
) -> Domain:
    uses = [each if isinstance(each, IntentUse) else IntentUse(each) for each in intents]
    known = [each if isinstance(each, EntityUse) else EntityUse(each) for each in entities]
    said = {
        name: (Variant(given),) if isinstance(given, str) else given
        for name, given in (responses or {}).items()
    }
    return Domain(
        {each.name: each for each in uses},
        {each.name: each for each in known},
        {each.name: each for each in slots},
        said,
        tuple(actions),
        {each.name: each for each in forms},
    )


def project(
    about: Domain,
    *,
    stories: Sequence[Story] = (),
    rules: Sequence[Rule] = (),
    tests: Sequence[Story] = (),
    policies: Sequence[Component] = BOTH,
    pipeline: Sequence[Component] = (),
) -> Project:
    return Project(
        Path("bot"),
        "en",
        tuple(pipeline),
        tuple(policies),
        about,
        NluData(),
        tuple(stories),
        tuple(rules),
        tuple(tests),
    )


@dataclass(frozen=True)
class Read:
    text: str
    intent: str
    confidence: float = 1.0
    ranking: tuple[tuple[str, float], ...] = ()
    entities: tuple[EntitySpan, ...] = ()
    response: str | None = None


class WordParser:
    """The first word is the intent; `given` says it otherwise."""

    def __init__(self, given: Mapping[str, Read] | None = None) -> None:
        self.given = given or {}

    def parse(self, text: str) -> Read:
        return self.given.get(text) or Read(text, (text.split() or [""])[0])


@dataclass
class Scripted:
    """Custom actions that do what they are told, and say what they were asked."""

    does: Mapping[str, Callable[[Tracker], Sequence[Event | Message]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def run(self, name: str, tracker: Tracker) -> Sequence[Event | Message]:
        self.asked.append(name)
        return self.does[name](tracker) if name in self.does else ()


class Chat:
    """A conversation with a trained project; the state goes through JSON as it would in a database."""

    def __init__(
        self, about: Project, parser: WordParser | None = None, actions: Scripted | None = None
    ) -> None:
        self.agent = Agent.train(about, parser or WordParser(), actions)
        self.state: dict[str, Any] | None = None

    def say(self, text: str, **given: Any) -> list[str]:
        """The actions that follow."""
        self.handled = asyncio.run(self.agent.handle(self.state, text, "someone", **given))
        self.state = self.handled.state
        return list(self.handled.actions)

    @property
    def texts(self) -> list[str | None]:
        return [message.text for message in self.handled.messages]

    @property
    def tracker(self) -> Tracker:
        return Tracker.from_json(self.agent.lens, self.state or {}, "someone")
