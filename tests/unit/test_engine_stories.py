"""Remembered stories, those that are near, and end-to-end stories."""

from __future__ import annotations

from bot.engine.events import UserSaid
from bot.project.model import Component, IntentUse
from tests.unit.engine_bot import Chat, WordParser, domain, entity, project, rule, slot, story

INTENTS = ("greet", "sad", "glad", "yes", "no", "bye", "chitchat", "inform")
MOOD = (
    story("greet", "-utter_hello", "glad", "-utter_nice", name="glad"),
    story("greet", "-utter_hello", "sad", "-utter_cheer", "-utter_helped", "yes", "-utter_nice", name="yes"),
    story("greet", "-utter_hello", "sad", "-utter_cheer", "-utter_helped", "no", "-utter_bye", name="no"),
)


def policies(*names: str, **options: object) -> list[Component]:
    return [Component("RulePolicy"), *(Component(name, options) for name in names)]


def test_a_story_is_followed() -> None:
    chat = Chat(project(domain(INTENTS), stories=MOOD))
    assert chat.say("greet") == ["utter_hello"]
    assert chat.say("sad") == ["utter_cheer", "utter_helped"]
    assert chat.say("no") == ["utter_bye"]


def test_memory_is_exact() -> None:
    chat = Chat(project(domain(INTENTS), stories=MOOD, policies=policies("MemoizationPolicy")))
    assert chat.say("sad") == ["action_default_fallback"]


def test_a_short_memory_does_not_look_further_back() -> None:
    chat = Chat(project(domain(INTENTS), stories=MOOD, policies=policies("MemoizationPolicy", max_history=1)))
    assert chat.say("sad") == ["utter_cheer", "utter_helped"]


def test_a_forgetful_memory_begins_a_story_anywhere() -> None:
    for name, expected in (
        ("MemoizationPolicy", "action_default_fallback"),
        ("AugmentedMemoizationPolicy", "utter_hello"),
    ):
        chat = Chat(project(domain(INTENTS), stories=MOOD, policies=policies(name)))
        chat.say("greet")
        chat.say("glad")
        assert chat.say("greet") == [expected]


def test_a_forgetful_memory_forgets_slots() -> None:
    about = domain(INTENTS, entities=["name"], slots=[slot("name", "text", entity("name"))])
    for name, expected in (
        ("MemoizationPolicy", "action_default_fallback"),
        ("AugmentedMemoizationPolicy", "utter_hello"),
    ):
        trained = project(
            about, stories=MOOD, rules=[rule("inform", "-utter_noted")], policies=policies(name)
        )
        chat = Chat(trained)
        chat.say('/inform{"name": "Ann"}')
        assert chat.say("greet") == [expected]


def test_a_rule_that_cuts_in_does_not_disturb_a_story() -> None:
    trained = project(domain(INTENTS), stories=MOOD, rules=[rule("chitchat", "-utter_chat")])
    chat = Chat(trained)
    chat.say("greet")
    assert chat.say("chitchat") == ["utter_chat"]
    assert chat.say("sad") == ["utter_cheer", "utter_helped"]
    assert chat.say("chitchat") == ["utter_chat"]
    assert chat.say("yes") == ["utter_nice"]


def test_what_contradicts_itself_is_not_remembered() -> None:
    stories = [story("greet", "-utter_one"), story("greet", "-utter_two")]
    assert Chat(project(domain(INTENTS), stories=stories)).say("greet") == ["action_default_fallback"]


def test_a_slot_divides_stories() -> None:
    about = domain(
        INTENTS, entities=["kind"], slots=[slot("kind", "categorical", entity("kind"), values=("a", "b"))]
    )
    stories = [
        story("inform+kind", "=kind:a", "-utter_a", name="a"),
        story("inform+kind", "=kind:b", "-utter_b", name="b"),
    ]
    for value in ("a", "b"):
        chat = Chat(project(about, stories=stories))
        assert chat.say(f'/inform{{"kind": "{value}"}}') == [f"utter_{value}"]


def test_the_nearest_story_where_a_neural_policy_is_named() -> None:
    chat = Chat(project(domain(INTENTS), stories=MOOD, policies=policies("MemoizationPolicy", "TEDPolicy")))
    assert chat.say("sad") == ["utter_cheer", "utter_helped"]
    assert chat.say("greet") == ["utter_hello"]
    assert chat.say("glad") == ["utter_nice"]
    assert chat.say("bye") == ["action_default_fallback"], "no story knows this intent"


def test_the_nearest_story_looks_back() -> None:
    stories = [
        story("glad", "-utter_ask", "yes", "-utter_good", name="glad"),
        story("sad", "-utter_ask", "yes", "-utter_bad", name="sad"),
    ]
    for mood, expected in (("glad", "utter_good"), ("sad", "utter_bad")):
        chat = Chat(project(domain(INTENTS), stories=stories, policies=policies("TEDPolicy", max_history=5)))
        chat.say("sad" if mood == "glad" else "glad")
        chat.say(mood)
        assert chat.say("yes") == [expected]


def test_default_policies_when_none_are_named() -> None:
    chat = Chat(project(domain(INTENTS), stories=MOOD, rules=[rule("bye", "-utter_bye")], policies=()))
    assert chat.say("bye") == ["utter_bye"]
    assert chat.say("sad") == ["utter_cheer", "utter_helped"]


def test_end_to_end_stories_go_by_the_text() -> None:
    stories = [
        story("greet", "-utter_hello", ">I would like some sushi", "-utter_order", name="text"),
        story("greet", "-utter_hello", "sad", "<Sushi, perhaps?", name="bot"),
    ]
    parser = WordParser()
    for text in ("I would like some sushi", "I would like sushi"):
        chat = Chat(project(domain(INTENTS), stories=stories), parser)
        chat.say("greet")
        assert chat.say(text) == ["utter_order"]
    chat = Chat(project(domain(INTENTS), stories=stories), parser)
    chat.say("greet")
    assert chat.say("sad") == ["Sushi, perhaps?"]
    assert chat.texts == ["Sushi, perhaps?"]


def test_entities_that_an_intent_does_not_use_make_no_difference() -> None:
    about = domain([*INTENTS, IntentUse("order", use_entities=frozenset())], entities=["dish"])
    chat = Chat(project(about, stories=[story("order", "-utter_order")]))
    assert chat.say('/order{"dish": "soup"}') == ["utter_order"]
    assert isinstance(chat.tracker.last(UserSaid), UserSaid)
