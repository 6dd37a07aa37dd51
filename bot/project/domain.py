"""`domain.yml`, or a folder of such files: what a bot understands, remembers, says and does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.project.model import (
    Button,
    Domain,
    EntityUse,
    Form,
    IntentUse,
    MappingType,
    Place,
    Slot,
    SlotMapping,
    SlotType,
    Variant,
)
from bot.project.source import Source

TOP = (
    "version",
    "intents",
    "entities",
    "slots",
    "responses",
    "actions",
    "forms",
    "config",
    "session_config",
    "e2e_actions",
)
_CLASSES = {  # the slot types' names as Python classes, which older projects write
    "rasa.shared.core.slots.TextSlot": "text",
    "rasa.shared.core.slots.BooleanSlot": "bool",
    "rasa.shared.core.slots.CategoricalSlot": "categorical",
    "rasa.shared.core.slots.FloatSlot": "float",
    "rasa.shared.core.slots.ListSlot": "list",
    "rasa.shared.core.slots.AnySlot": "any",
}
_SLOT = (
    "type",
    "initial_value",
    "influence_conversation",
    "mappings",
    "values",
    "min_value",
    "max_value",
)
_MAPPING = ("type", "entity", "role", "group", "intent", "not_intent", "value", "action", "conditions")
_VARIANT = (
    "text",
    "buttons",
    "quick_replies",
    "button_type",
    "image",
    "custom",
    "channel",
    "condition",
    "metadata",
    "id",
)


@dataclass(slots=True)
class DomainReader:
    """Gathers all files' parts; what is defined twice is refused."""

    intents: dict[str, IntentUse] = field(default_factory=dict)
    entities: dict[str, EntityUse] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)
    responses: dict[str, tuple[Variant, ...]] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    forms: dict[str, Form] = field(default_factory=dict)
    session_minutes: float = 60.0
    carry_over: bool = True
    fills_slots: bool = True
    problems: list[str] = field(default_factory=list)

    def add(self, source: Source) -> None:
        """Raises `InvalidContent` for whatever is not supported."""
        top = source.record("domain", TOP)
        for name, given, place in _placed(top.get("intents"), "intents"):
            self.intents[name] = _intent(name, given, place)
        for name, given in _named(top.get("entities"), "entities"):
            self.entities[name] = _entity(name, given)
        for name, given in _pairs(top.get("slots"), "slots"):
            self._once(name, self.slots, given, "slot")
            self.slots[name] = _slot(name, given)
        for name, given in _pairs(top.get("forms"), "forms"):
            self._once(name, self.forms, given, "form")
            self.forms[name] = _form(name, given)
        for name, given in _named(top.get("actions"), "actions"):
            if given:
                given.record(f"action `{name}`", ("send_domain",))
            self.actions.append(name)
        if "e2e_actions" in top:
            self.actions += [each.text("e2e_actions") for each in top["e2e_actions"].items("e2e_actions")]
        if "responses" in top:
            self.add_responses(top["responses"])
        self._settings(top)

    def add_responses(self, source: Source) -> None:
        for name, given in _pairs(source, "responses"):
            self._once(name, self.responses, given, "response")
            if not name.startswith("utter_"):
                self.problems.append(f"{given.place}: response `{name}` is never said: its name lacks utter_")
            variants = tuple(_variant(name, each) for each in given.items(f"response `{name}`"))
            if not variants:
                raise given.wrong(f"response `{name}` says nothing")
            self.responses[name] = variants

    def domain(self) -> Domain:
        return Domain(
            self.intents,
            self.entities,
            self.slots,
            self.responses,
            tuple(dict.fromkeys(self.actions)),
            self.forms,
            self.session_minutes,
            self.carry_over,
            self.fills_slots,
        )

    def _settings(self, top: dict[str, Source]) -> None:
        if "config" in top:
            given = top["config"].record("config", ("store_entities_as_slots",))
            if (fills := given.get("store_entities_as_slots")) is not None:
                self.fills_slots = fills.flag("store_entities_as_slots")
        if "session_config" not in top:
            return
        keys = ("session_expiration_time", "carry_over_slots_to_new_session")
        given = top["session_config"].record("session_config", keys)
        if keys[0] in given:
            self.session_minutes = given[keys[0]].number(keys[0])
        if keys[1] in given:
            self.carry_over = given[keys[1]].flag(keys[1])

    def _once(self, name: str, known: Iterable[str], given: Source, what: str) -> None:
        if name in known:
            raise given.wrong(f"{what} `{name}` is defined twice")


def _pairs(source: Source | None, what: str) -> Iterable[tuple[str, Source]]:
    return source.entries(what).items() if source else ()


def _named(source: Source | None, what: str) -> Iterable[tuple[str, Source | None]]:
    return ((name, given) for name, given, _ in _placed(source, what))


def _placed(source: Source | None, what: str) -> Iterable[tuple[str, Source | None, Place]]:
    """A list of names, each with settings or without."""
    for entry in source.items(what) if source else ():
        if not entry.is_mapping:
            yield entry.text(what), None, entry.place
            continue
        settings = entry.entries(what)
        if len(settings) != 1:
            raise entry.wrong(f"{what}: one name an entry")
        for name, given in settings.items():
            yield name, given, entry.place


def _intent(name: str, given: Source | None, place: Place) -> IntentUse:
    if given is None:
        return IntentUse(name, place=place)
    what = f"intent `{name}`"
    keys = given.record(what, ("use_entities", "ignore_entities", "triggers"))
    used: frozenset[str] | None = None
    if "use_entities" in keys:
        value = keys["use_entities"].value()
        used = None if value is True else frozenset(value or ())
    ignored = keys["ignore_entities"].value() if "ignore_entities" in keys else ()
    triggers = keys["triggers"].text("triggers") if "triggers" in keys else None
    return IntentUse(name, used, frozenset(ignored or ()), triggers, place)


def _entity(name: str, given: Source | None) -> EntityUse:
    if given is None:
        return EntityUse(name)
    keys = given.record(f"entity `{name}`", ("roles", "groups", "influence_conversation"))
    roles = keys["roles"].one_or_more("roles") if "roles" in keys else ()
    groups = keys["groups"].one_or_more("groups") if "groups" in keys else ()
    influences = "influence_conversation" not in keys or keys["influence_conversation"].flag(name)
    return EntityUse(name, tuple(roles), tuple(groups), influences)


def _slot(name: str, source: Source) -> Slot:
    what = f"slot `{name}`"
    given = source.record(what, _SLOT)
    if "type" not in given or "mappings" not in given:
        raise source.wrong(f"{what} needs `type` and `mappings`")
    written = given["type"].text("type")
    written = _CLASSES.get(written, written)
    if written not in set(SlotType):
        raise given["type"].wrong(f"{what}: type `{written}` is not supported")
    kind = SlotType(written)
    influences = kind is not SlotType.ANY
    if (written_so := given.get("influence_conversation")) is not None:
        influences = not written_so.is_empty and written_so.flag("influence_conversation")
    if kind is SlotType.ANY and influences:
        raise given["influence_conversation"].wrong(f"{what}: a slot of type any cannot influence")
    values = given["values"].items("values") if "values" in given else ()
    if kind is SlotType.CATEGORICAL and not values:
        raise source.wrong(f"{what}: a categorical slot needs `values`")
    return Slot(
        name,
        kind,
        given["initial_value"].value() if "initial_value" in given else None,
        influences,
        tuple(_mapping(what, each) for each in given["mappings"].items("mappings")),
        tuple(each.value() for each in values),
        given["min_value"].number("min_value") if "min_value" in given else 0.0,
        given["max_value"].number("max_value") if "max_value" in given else 1.0,
        source.place,
    )


def _mapping(what: str, source: Source) -> SlotMapping:
    given = source.record(f"a mapping of {what}", _MAPPING)
    written = given["type"].text("type") if "type" in given else ""
    if written not in set(MappingType):
        raise source.wrong(f"{what}: mapping of type `{written}` is not supported")
    kind = MappingType(written)
    if kind is MappingType.FROM_ENTITY and "entity" not in given:
        raise source.wrong(f"{what}: from_entity needs `entity`")
    if kind in (MappingType.FROM_INTENT, MappingType.FROM_TRIGGER_INTENT) and "value" not in given:
        raise source.wrong(f"{what}: {kind.value} needs `value`")
    conditions = given["conditions"].items("conditions") if "conditions" in given else ()
    return SlotMapping(
        kind,
        _text(given, "entity"),
        _text(given, "role"),
        _text(given, "group"),
        intents=_texts(given, "intent"),
        not_intents=_texts(given, "not_intent"),
        value=given["value"].value() if "value" in given else None,
        action=_text(given, "action"),
        conditions=tuple(_condition(each) for each in conditions),
    )


def _condition(source: Source) -> tuple[str | None, str | None]:
    given = source.record("a condition", ("active_loop", "requested_slot"))
    return _text(given, "active_loop"), _text(given, "requested_slot")


def _text(given: dict[str, Source], key: str) -> str | None:
    return given[key].text(key) if key in given and not given[key].is_empty else None


def _texts(given: dict[str, Source], key: str) -> tuple[str, ...]:
    return tuple(given[key].one_or_more(key)) if key in given and not given[key].is_empty else ()


def _form(name: str, source: Source) -> Form:
    if source.is_empty:
        return Form(name, (), (), source.place)
    given = source.record(f"form `{name}`", ("required_slots", "ignored_intents"))
    if "required_slots" not in given:
        raise source.wrong(f"form `{name}` needs `required_slots`")
    slots = [each.text("required_slots") for each in given["required_slots"].items("required_slots")]
    return Form(name, tuple(slots), _texts(given, "ignored_intents"), source.place)


def _variant(name: str, source: Source) -> Variant:
    what = f"response `{name}`"
    given = source.record(what, _VARIANT)
    if not given.keys() & {"text", "image", "custom", "buttons", "quick_replies"}:
        raise source.wrong(f"{what}: a variant needs `text`, `image`, `buttons` or `custom`")
    metadata = given["metadata"].value() if "metadata" in given else {}
    if "button_type" in given:
        metadata = {**metadata, "button_type": given["button_type"].text("button_type")}
    buttons = [each for key in ("buttons", "quick_replies") if key in given for each in given[key].items(key)]
    conditions = {}
    for each in given["condition"].items("condition") if "condition" in given else ():
        entry = each.record("a condition", ("type", "name", "value"))
        if entry.keys() != {"type", "name", "value"} or entry["type"].text("type") != "slot":
            raise each.wrong(f"{what}: a condition needs `type: slot`, `name` and `value`")
        conditions[entry["name"].text("name")] = entry["value"].value()
    return Variant(
        _text(given, "text"),
        tuple(_button(what, each) for each in buttons),
        _text(given, "image"),
        given["custom"].value() if "custom" in given else None,
        _text(given, "channel"),
        conditions,
        metadata,
        source.place,
    )


def _button(what: str, source: Source) -> Button:
    given = source.record(f"a button of {what}", ("title", "payload", "type"))
    if "title" not in given:
        raise source.wrong(f"{what}: a button needs `title`")
    title = given["title"].text("title")
    return Button(title, _text(given, "payload") or title)
