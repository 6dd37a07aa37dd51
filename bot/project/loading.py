"""Loads a folder in Rasa 3's format. What is not supported is refused with file and line, never ignored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.core.errors import InvalidContent
from bot.project.config import SPACY, read_config
from bot.project.domain import DomainReader
from bot.project.model import (
    ActionStep,
    Component,
    Domain,
    Example,
    LoopStep,
    NluData,
    Place,
    Project,
    Rule,
    SlotStep,
    Story,
    UserStep,
)
from bot.project.nlu import NluReader
from bot.project.source import Source, read
from bot.project.stories import StoryReader

TRAINING = ("version", "nlu", "stories", "rules", "responses")
VERSIONS = ("2.0", "3.0", "3.1")
DEFAULT_INTENTS = frozenset(["restart", "back", "session_start", "out_of_scope", "nlu_fallback"])
DEFAULT_ACTIONS = frozenset(
    [
        "...",
        "action_listen",
        "action_restart",
        "action_session_start",
        "action_default_fallback",
        "action_deactivate_loop",
        "action_revert_fallback_events",
        "action_default_ask_affirmation",
        "action_default_ask_rephrase",
        "action_two_stage_fallback",
        "action_unlikely_intent",
        "action_back",
        "action_extract_slots",
    ]
)


def load(root: Path) -> Project:
    """The project in the folder; raises `InvalidContent`."""
    if not root.is_dir():
        raise InvalidContent(str(root), None, "is not a folder")
    language, pipeline, policies = read_config(_optional(root, "config.yml"))
    about, nlu, told, tests = DomainReader(), NluReader(), StoryReader(), StoryReader()
    for source in _files(root, "domain.yml", "domain"):
        _version(source)
        about.add(source)
    for source in _files(root, "data"):
        given = source.record("training data", TRAINING)
        _version(source)
        if "nlu" in given:
            nlu.add(given["nlu"])
        if "stories" in given:
            told.add_stories(given["stories"])
        if "rules" in given:
            told.add_rules(given["rules"])
        if "responses" in given:
            about.add_responses(given["responses"])
    for source in _files(root, "tests"):
        _add_tests(tests, source)
    domain = about.domain()
    stories = told.stories(domain)
    _check_spacy(pipeline, nlu.data())
    _check_forms(domain)
    _check_mappings(domain)
    _check_loops((*stories, *told.rules), domain)
    problems = [*about.problems, *told.problems, *_unknown((*stories, *told.rules), domain)]
    problems += _without_examples(domain, nlu)
    problems += _not_in_domain(nlu.examples, domain)
    problems += _not_marked(pipeline, nlu, domain)
    return Project(
        root,
        language,
        pipeline,
        policies,
        domain,
        nlu.data(),
        stories,
        tuple(told.rules),
        tests.stories(domain),
        tuple(dict.fromkeys(problems)),
    )


def _add_tests(tests: StoryReader, source: Source) -> None:
    given = source.record("test stories", ("version", "stories", "nlu"))
    if "stories" in given:
        tests.add_stories(given["stories"])
    if "nlu" in given:  # examples held out, which are no stories: their format alone is checked
        NluReader().add(given["nlu"])


def _optional(root: Path, name: str) -> Source | None:
    path = root / name
    return read(path, name) if path.is_file() else None


def _files(root: Path, *names: str) -> Iterator[Source]:
    """The YAML files of these names, or in folders of these names, that are not empty."""
    for name in names:
        path = root / name
        found = [path] if path.is_file() else sorted(path.rglob("*.y*ml")) if path.is_dir() else []
        for each in found:
            if source := read(each, each.relative_to(root).as_posix()):
                yield source


def _version(source: Source) -> None:
    given = source.entries("the file")
    if "version" in given and (written := given["version"].text("version")) not in VERSIONS:
        raise given["version"].wrong(f"version {written} is not supported; known: {', '.join(VERSIONS)}")


def _check_forms(domain: Domain) -> None:
    sayable = {*domain.responses, *domain.actions}
    for form in domain.forms.values():
        for slot in form.required_slots:
            if slot not in domain.slots:
                raise _refused(form.place, f"form `{form.name}`: the domain has no slot `{slot}`")
            names = (f"{form.name}_{slot}", slot)
            if not sayable & {f"{kind}_ask_{name}" for kind in ("utter", "action") for name in names}:
                raise _refused(form.place, f"form `{form.name}`: there is no question `utter_ask_{slot}`")


def _check_spacy(pipeline: Iterable[Component], nlu: NluData) -> None:
    """The entities that spaCy's models know are found where examples mark some of them."""
    for component in pipeline:
        if component.name != SPACY:
            continue
        wanted = component.options.get("dimensions")
        if not wanted:
            raise _refused(component.place, f"{SPACY} needs `dimensions`")
        for name in wanted:
            if name not in nlu.entities:
                problem = f"{SPACY}: `{name}` is not supported without examples that mark it"
                raise _refused(component.place, problem)


def _not_marked(pipeline: Iterable[Component], nlu: NluReader, domain: Domain) -> Iterator[str]:
    """Rasa's extractor leaves out the tables of entities that no example has."""
    if any(component.name == "RegexEntityExtractor" for component in pipeline):
        for name, place in nlu.tables.items():
            if name in domain.entities and name not in nlu.data().entities:
                yield f"{place}: no example marks `{name}`, so that its table finds none"


def _check_mappings(domain: Domain) -> None:
    for slot in domain.slots.values():
        for mapping in slot.mappings:
            if mapping.entity and mapping.entity not in domain.entities:
                problem = f"slot `{slot.name}`: the domain has no entity `{mapping.entity}`"
                raise _refused(slot.place, problem)


def _refused(place: Place, problem: str) -> InvalidContent:
    return InvalidContent(place.path, place.line, problem)


def _check_loops(told: Iterable[Story | Rule], domain: Domain) -> None:
    for each in told:
        for step in each.steps:
            known = {*domain.forms, "action_two_stage_fallback", None}
            if isinstance(step, LoopStep) and step.name not in known:
                raise _refused(step.place, f"`{each.name}`: there is no form `{step.name}`")


def _unknown(told: Iterable[Story | Rule], domain: Domain) -> Iterator[str]:
    """What stories name and the domain does not."""
    actions = {*domain.actions, *domain.responses, *domain.forms, *DEFAULT_ACTIONS}
    for each in told:
        for step in each.steps:
            match step:
                case UserStep(intents=intents):
                    missing = [f"intent `{name}`" for name in intents if not _known(name, domain)]
                case ActionStep(name=name) if name and name not in actions:
                    missing = [] if _selected(name, domain) else [f"action `{name}`"]
                case SlotStep(slots=slots):
                    missing = [f"slot `{name}`" for name, _ in slots if not _has_slot(name, domain)]
                case _:
                    missing = []
            yield from (f"{step.place}: `{each.name}`: {what} is not in the domain" for what in missing)


def _has_slot(name: str, domain: Domain) -> bool:
    return name in domain.slots or name == "requested_slot"


def _selected(name: str, domain: Domain) -> bool:
    """`utter_faq` says the selected one of `utter_faq/…`."""
    return any(each.startswith(f"{name}/") for each in domain.responses)


def _known(intent: str, domain: Domain) -> bool:
    return intent.split("/", maxsplit=1)[0] in domain.intents or intent in DEFAULT_INTENTS


def _without_examples(domain: Domain, nlu: NluReader) -> Iterator[str]:
    taught = {name.split("/")[0] for name in nlu.places}
    for name, use in domain.intents.items():
        if name not in taught and name not in DEFAULT_INTENTS:
            yield f"{use.place}: intent `{name}` has no examples"


def _not_in_domain(examples: Iterable[Example], domain: Domain) -> Iterator[str]:
    unknown = {example.intent: example for example in reversed(list(examples))}
    for example in unknown.values():
        if not _known(example.intent, domain):
            yield f"{example.place}: intent `{example.intent}` is not in the domain"
