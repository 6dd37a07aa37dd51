"""`stories:` and `rules:` of a training or test file; `or` and checkpoints become stories of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from bot.core.errors import InvalidContent
from bot.project.annotations import read_annotations
from bot.project.model import (
    ANY_VALUE,
    ActionStep,
    Domain,
    EntitySpan,
    LoopStep,
    Place,
    Rule,
    SlotStep,
    Step,
    Story,
    UserStep,
)
from bot.project.source import Source

MOST_WAYS = 5000  # through all checkpoints
_KINDS = ("user", "intent", "or", "action", "bot", "checkpoint", "slot_was_set", "active_loop")
_USER = ("user", "intent", "entities", "metadata")


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    name: str
    condition: SlotStep | None
    place: Place


@dataclass(frozen=True, slots=True)
class _Block:
    """Steps between checkpoints. `begins` empty: at the start of a conversation."""

    story: str
    begins: tuple[_Checkpoint, ...]
    steps: tuple[Step, ...]
    ends: _Checkpoint | None
    place: Place


@dataclass(slots=True)
class StoryReader:
    """Gathers the entries of all files."""

    blocks: list[_Block] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add_stories(self, source: Source) -> None:
        for entry in source.items("stories"):
            given = entry.record("a story", ("story", "steps", "metadata"))
            name = _title(given, "story", entry)
            for steps in _ways(given["steps"], name):
                self.blocks += _cut(name, steps, entry.place)

    def add_rules(self, source: Source) -> None:
        keys = ("rule", "steps", "condition", "conversation_start", "wait_for_user_input", "metadata")
        for entry in source.items("rules"):
            given = entry.record("a rule", keys)
            name = _title(given, "rule", entry)
            asked = given["condition"].items("condition") if "condition" in given else ()
            condition = [step for each in asked for step in _step(each, f"rule `{name}`")]
            if not all(isinstance(step, SlotStep | LoopStep) for step in condition):
                raise given["condition"].wrong(f"rule `{name}`: conditions are slot_was_set and active_loop")
            for steps in _ways(given["steps"], name):
                if any(isinstance(step, _Checkpoint) for step in steps):
                    raise entry.wrong(f"rule `{name}`: rules have no checkpoints")
                self.rules.append(
                    Rule(
                        name,
                        tuple(step for step in steps if not isinstance(step, _Checkpoint)),
                        tuple(step for step in condition if isinstance(step, SlotStep | LoopStep)),
                        "conversation_start" in given and given["conversation_start"].flag(name),
                        "wait_for_user_input" not in given or given["wait_for_user_input"].flag(name),
                        entry.place,
                    )
                )

    def stories(self, domain: Domain) -> tuple[Story, ...]:
        """Each way through the checkpoints from the start. Raises `InvalidContent` for far too many."""
        after: dict[str, list[_Block]] = defaultdict(list)
        for block in self.blocks:
            for checkpoint in block.begins:
                after[checkpoint.name].append(block)
        told: list[Story] = []
        reached: set[int] = set()
        for block in self.blocks:
            if block.begins:
                continue
            for way in _onwards(block, after, (), domain):
                reached |= {id(each) for each in way}
                steps = tuple(step for each in way for step in each.steps)
                told.append(Story(block.story, steps, block.place))
                if len(told) > MOST_WAYS:
                    raise InvalidContent(
                        block.place.path, block.place.line, f"more than {MOST_WAYS} ways through checkpoints"
                    )
        for block in self.blocks:
            if id(block) not in reached:
                self.problems.append(f"{block.place}: story `{block.story}`: its checkpoint is never reached")
            if block.ends and block.ends.name not in after:
                self.problems.append(f"{block.ends.place}: nothing goes on after `{block.ends.name}`")
        return tuple(told)


def _title(given: dict[str, Source], kind: str, entry: Source) -> str:
    if kind not in given or "steps" not in given:
        raise entry.wrong(f"a {kind} needs `{kind}` (its name) and `steps`")
    name = given[kind].text(kind)
    if not given["steps"].items("steps"):
        raise entry.wrong(f"{kind} `{name}` has no steps")
    return name


def _ways(source: Source, name: str) -> Iterator[list[Step | _Checkpoint]]:
    """The steps, once for each choice of every `or`."""
    choices: list[list[tuple[Step | _Checkpoint, ...]]] = []
    ways = 1
    for entry in source.items("steps"):
        given = entry.entries(f"a step of `{name}`")
        if given.keys() == {"metadata"}:
            continue
        if "or" not in given:
            choices.append([_step(entry, name)])
            continue
        entry.record("or", ("or",))
        choices.append([choice for each in given["or"].items("or") for choice in _choices(each, name)])
        ways *= len(choices[-1])
        if not ways or ways > MOST_WAYS:
            raise entry.wrong(f"`{name}`: `or` gives {ways} ways")
    for way in product(*choices):
        yield [step for steps in way for step in steps]


def _choices(source: Source, name: str) -> Iterator[tuple[Step, ...]]:
    """A message, or each of these slots."""
    for step in _step(source, name):
        match step:
            case UserStep():
                yield (step,)
            case SlotStep(slots=slots, place=place):
                yield from ((SlotStep((each,), place),) for each in slots)
            case _:
                raise source.wrong(f"`{name}`: `or` is between messages, or between slots")


def _step(source: Source, name: str) -> tuple[Step | _Checkpoint, ...]:
    given = source.entries(f"a step of `{name}`")
    kind = next((kind for kind in _KINDS if kind in given), None)
    match kind:
        case "user" | "intent":
            return (_said(source, name),)
        case "action":
            source.record("an action", ("action", "metadata"))
            return (ActionStep(given["action"].text("action").strip(), place=source.place),)
        case "bot":
            source.record("a bot's text", ("bot", "metadata"))
            return (ActionStep("", given["bot"].text("bot").strip(), source.place),)
        case "checkpoint":
            source.record("a checkpoint", ("checkpoint", "slot_was_set"))
            asked = SlotStep(_slots(given["slot_was_set"]), source.place) if "slot_was_set" in given else None
            return (_Checkpoint(given["checkpoint"].text("checkpoint"), asked, source.place),)
        case "slot_was_set":
            source.record("slots", ("slot_was_set",))
            return (SlotStep(_slots(given["slot_was_set"]), source.place),)
        case "active_loop":
            source.record("a loop", ("active_loop",))
            loop = given["active_loop"]
            return (LoopStep(None if loop.is_empty else loop.text("active_loop"), source.place),)
        case _:
            raise source.wrong(f"`{name}`: a step is one of {', '.join(_KINDS)}")


def _said(source: Source, name: str) -> UserStep:
    given = source.record(f"a message of `{name}`", _USER)
    text: str | None = None
    spans: tuple[EntitySpan, ...] = ()
    if "user" in given:
        text, spans = read_annotations(given["user"].text("user").strip(), given["user"], 0)
    if "entities" in given:
        spans += tuple(_entity(each) for each in given["entities"].items("entities"))
    intent = (given["intent"].text("intent").strip().removeprefix("/"),) if "intent" in given else ()
    return UserStep(intent, spans, text, source.place)


def _entity(source: Source) -> EntitySpan:
    """`city`, `city: Rome`, or these with `role` and `group`."""
    if not source.is_mapping:
        return EntitySpan(source.text("an entity"), None, 0, 0)
    given = source.entries("an entity")
    names = [key for key in given if key not in ("role", "group")]
    if len(names) != 1:
        raise source.wrong("an entity is its name and value, may have role and group")
    role, group = (given[key].text(key) if key in given else None for key in ("role", "group"))
    return EntitySpan(names[0], given[names[0]].value(), 0, 0, role, group)


def _slots(source: Source) -> tuple[tuple[str, object], ...]:
    entries = source.items("slot_was_set") if source.is_list else [source]
    found: list[tuple[str, object]] = []
    for entry in entries:
        if entry.is_mapping:
            found += [(name, each.value()) for name, each in entry.entries("slot_was_set").items()]
        else:
            found.append((entry.text("slot_was_set"), ANY_VALUE))
    return tuple(found)


def _cut(name: str, steps: Sequence[Step | _Checkpoint], place: Place) -> Iterator[_Block]:
    """The parts between checkpoints; one in the middle ends a part and begins the next."""
    begins: tuple[_Checkpoint, ...] = ()
    part: list[Step] = []
    for step in steps:
        if not isinstance(step, _Checkpoint):
            part.append(step)
        elif not part:
            begins = (*begins, step)
        else:
            yield _Block(name, begins, tuple(part), step, place)
            begins, part = (step,), []
    if part:
        yield _Block(name, begins, tuple(part), None, place)


def _onwards(
    block: _Block, after: dict[str, list[_Block]], before: tuple[_Block, ...], domain: Domain
) -> Iterator[tuple[_Block, ...]]:
    """Ways from here to an end; no way takes a block twice."""
    way = (*before, block)
    following = [] if block.ends is None else after.get(block.ends.name, [])
    onwards = [each for each in following if each not in way and _may_follow(each, way, domain)]
    if not onwards:
        yield way
    for each in onwards:
        yield from _onwards(each, after, way, domain)


def _may_follow(block: _Block, way: Sequence[_Block], domain: Domain) -> bool:
    """Whether the slots are as one of the block's checkpoints asks."""
    ends = way[-1].ends
    asked = [each.condition for each in block.begins if ends and each.name == ends.name]
    if None in asked:
        return True
    slots = _slots_after((step for each in way for step in each.steps), domain)
    return any(
        all(slots.get(name) == value or (value is ANY_VALUE and slots.get(name) is not None)
            for name, value in condition.slots)
        for condition in asked if condition
    )  # fmt: skip


def _slots_after(steps: Iterable[Step], domain: Domain) -> dict[str, object]:
    found: dict[str, object] = {name: slot.initial for name, slot in domain.slots.items()}
    for step in steps:
        match step:
            case SlotStep(slots=slots):
                found.update(slots)
            case UserStep(entities=entities):
                said = {(span.entity, span.role, span.group): span.value for span in entities}
                for name, slot in domain.slots.items():
                    for mapping in slot.mappings:
                        key = (mapping.entity or "", mapping.role, mapping.group)
                        found[name] = said.get(key, found[name])
    return found
