"""Our events as Rasa's event JSON, and back.

Rasa writes more than we keep: what the bot said, reminders, exports. These have no event of ours.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from bot.core.errors import FrontlineError
from bot.engine.events import (
    ActionRejected,
    ActionReverted,
    ActionTaken,
    Event,
    FollowUp,
    LoopInterrupted,
    LoopSet,
    Paused,
    Restarted,
    Resumed,
    SessionStarted,
    SlotSet,
    SlotsReset,
    TextUsed,
    UserReverted,
    UserSaid,
)
from bot.engine.responses import Message
from bot.project.model import Button, EntitySpan

Written = dict[str, Any]

_BARE: dict[str, Event] = {
    "pause": Paused(),
    "resume": Resumed(),
    "restart": Restarted(),
    "session_started": SessionStarted(),
    "reset_slots": SlotsReset(),
    "rewind": UserReverted(),
    "undo": ActionReverted(),
}
_BARE_NAMES = {type(event): name for name, event in _BARE.items()}
# Entities that policies found, what was said, reminders and exports; "form" and "form_validation"
# are Rasa 1's names of what Rasa 3 writes differently.
_NOT_OURS = frozenset(["bot", "agent", "entities", "reminder", "cancel_reminder", "export"])


def to_rasa(event: Event, texts: Container[str] = ()) -> Written:  # noqa: PLR0911 - one return per event
    """`texts`: what the bot says in end-to-end stories, where the text is the action."""
    match event:
        case UserSaid():
            return {"event": "user", "text": event.text, "parse_data": parse_data(event)}
        case ActionTaken(name, hidden):
            named = {"name": None, "action_text": name} if name in texts else {"name": name}
            return {"event": "action", **named, "hide_rule_turn": hidden}
        case ActionRejected(name):
            return {"event": "action_execution_rejected", "name": name}
        case SlotSet(name, value):
            return {"event": "slot", "name": name, "value": value}
        case LoopSet(name):
            return {"event": "active_loop", "name": name}
        case LoopInterrupted():
            return {"event": "loop_interrupted", "is_loop_interrupted": True}
        case TextUsed(text):
            return {
                "event": "user_featurization",
                "use_text_for_featurization": True,
                "metadata": {"text": text},
            }
        case FollowUp(name):
            return {"event": "followup", "name": name}
        case _:
            return {"event": _BARE_NAMES[type(event)]}


def from_rasa(written: Iterable[Mapping[str, Any]], said: str | None = None) -> list[Event]:
    """The events of ours among them; raises `rasa_garbage` for what Rasa would never write.

    `said`: the latest message before them.
    """
    found: list[Event] = []
    try:
        for each in written:
            event = _event(each, said)
            if isinstance(event, UserSaid):
                said = event.text
            if event is not None:
                found.append(event)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise garbage(f"an event cannot be read: {type(error).__name__}") from error
    return found


def garbage(problem: str) -> FrontlineError:
    return FrontlineError("rasa_garbage", f"Rasa's answer is not understood: {problem}", status=502)


def _event(written: Mapping[str, Any], said: str | None) -> Event | None:  # noqa: PLR0911, C901 - one per kind
    kind = written["event"]
    match kind:
        case "user":
            return _user_said(written)
        case "action":
            name = written.get("name") or written["action_text"]
            return ActionTaken(_text(name), hidden=bool(written.get("hide_rule_turn", False)))
        case "action_execution_rejected":
            return ActionRejected(_text(written["name"]))
        case "slot":
            return SlotSet(_text(written["name"]), written.get("value"))
        case "active_loop":
            return LoopSet(_maybe(written.get("name")))
        case "loop_interrupted":
            return LoopInterrupted() if written.get("is_loop_interrupted") else None
        case "user_featurization":
            if not written.get("use_text_for_featurization"):
                return None
            text = (written.get("metadata") or {}).get("text", said)
            return None if text is None else TextUsed(_text(text))
        case "followup":
            return FollowUp(_text(written["name"]))
        case _ if kind in _BARE:
            return _BARE[kind]
        case _ if kind in _NOT_OURS:
            return None
    raise ValueError(f"event {kind}")


def parse_data(said: UserSaid) -> Written:
    """A message as if Rasa's pipeline had understood it."""
    intent: Written = {}
    if said.intent is not None:
        intent = {"name": said.intent, "confidence": said.confidence}
    if said.response is not None:
        intent["full_retrieval_intent_name"] = said.response
    return {
        "text": said.text,
        "intent": intent,
        "intent_ranking": [{"name": name, "confidence": share} for name, share in said.ranking],
        "entities": [_entity(span) for span in said.entities],
        **(_selected(said.response) if said.response else {}),
    }


def _selected(response: str) -> Written:
    """What says `utter_faq` which of the `utter_faq/…` it is."""
    intent, action = response.split("/", maxsplit=1)[0], f"utter_{response}"
    chosen = {"utter_action": action, "intent_response_key": response, "responses": [], "confidence": 1.0}
    selector = {"all_retrieval_intents": [intent], intent: {"response": chosen, "ranking": []}}
    return {"response_selector": selector}


def _entity(span: EntitySpan) -> Written:
    """Role and group are left out when there is none: Rasa asks whether the keys are there."""
    written: Written = {
        "entity": span.entity,
        "value": span.value,
        "start": span.start,
        "end": span.end,
        "confidence_entity": span.confidence,
        "extractor": span.extractor,
    }
    if span.role is not None:
        written["role"] = span.role
    if span.group is not None:
        written["group"] = span.group
    return written


def _user_said(written: Mapping[str, Any]) -> UserSaid:
    parsed = written.get("parse_data") or {}
    intent = parsed.get("intent") or {}
    name = _maybe(intent.get("name"))
    return UserSaid(
        _maybe(written.get("text")),
        name,
        tuple(_span(each) for each in parsed.get("entities") or ()),
        float(intent.get("confidence", 1.0 if name is None else 0.0)),
        tuple(
            (_text(each["name"]), float(each["confidence"])) for each in parsed.get("intent_ranking") or ()
        ),
        _maybe(intent.get("full_retrieval_intent_name")),
    )


def _ranked(written: Mapping[str, Any]) -> tuple[str, float]:
    return _text(written["name"]), float(written["confidence"])


def _span(written: Mapping[str, Any]) -> EntitySpan:
    confidence = written.get("confidence_entity", written.get("confidence"))
    return EntitySpan(
        _text(written["entity"]),
        written["value"],
        int(written.get("start") or 0),
        int(written.get("end") or 0),
        _maybe(written.get("role")),
        _maybe(written.get("group")),
        written.get("extractor") or "",
        1.0 if confidence is None else float(confidence),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _maybe(value: object) -> str | None:
    return None if value is None else _text(value)


def message_to_rasa(message: Message) -> Written:
    """What an action says, as it answers Rasa. Rasa keeps unknown keys as the utterance's metadata."""
    written: Written = {"ready": True}
    if message.text is not None:
        written["text"] = message.text
    if message.buttons:
        written["buttons"] = [{"title": each.title, "payload": each.payload} for each in message.buttons]
    if message.image is not None:
        written["image"] = message.image
    if message.custom is not None:
        written["custom"] = dict(message.custom)
    if message.response is not None:
        written["utter_action"] = message.response
    return written


def message_from_rasa(bot: Mapping[str, Any]) -> Message:
    """A `bot` event; raises `rasa_garbage`."""
    try:
        data, about = bot.get("data") or {}, bot.get("metadata") or {}
        buttons = (*_buttons(data.get("buttons")), *_buttons(data.get("quick_replies")))
        custom = data.get("custom")
        if not (custom is None or isinstance(custom, dict)):
            raise TypeError
        text, image, response = (
            _maybe(each) for each in (bot.get("text"), data.get("image"), about.get("utter_action"))
        )
        return Message(text, buttons, image, custom, response)
    except (KeyError, TypeError, AttributeError) as error:
        raise garbage(f"an utterance cannot be read: {type(error).__name__}") from error


def is_ready(bot: Mapping[str, Any]) -> bool:
    """Whether an action of ours said it, so that nothing is left to be chosen or filled in."""
    return bool((bot.get("metadata") or {}).get("ready"))


def _buttons(written: Sequence[Mapping[str, Any]] | None) -> tuple[Button, ...]:
    """A button without a payload says its title."""
    return tuple(
        Button(str(each["title"]), str(each.get("payload") or each["title"])) for each in written or ()
    )
