"""Rules decide as Rasa's RulePolicy does."""

from __future__ import annotations

import pytest

from bot.engine.events import Event
from bot.engine.ports import Rejected
from bot.engine.responses import Message
from bot.engine.tracker import Tracker
from bot.project.model import ANY_VALUE, Component, Domain, Form, IntentUse, SlotStep
from tests.unit.engine_bot import BOTH, Chat, Scripted, domain, entity, project, rule, slot, story

INTENTS = ("greet", "bye", "order", "inform", "chitchat", "stop", "affirm", "deny", "explain")
RULES_ONLY = (Component("RulePolicy"),)
CITY = Form("order_form", ("city",))


def about_order() -> Domain:
    return domain(
        INTENTS,
        entities=["city"],
        slots=[slot("city", "text", entity("city"), influences=False)],
        forms=[CITY],
        responses={
            "utter_ask_city": "Where?",
            "utter_done": "Done for {city}",
            "utter_chat": "Chat",
            "utter_sorry": "?",
        },
    )


ORDER_RULES = (
    rule("order", "-order_form", "@order_form", name="begin"),
    rule("-order_form", "@", "=requested_slot", "-utter_done", when=["@order_form"], name="end"),
)


def test_rule_applies_at_any_point() -> None:
    chat = Chat(
        project(
            domain(INTENTS, responses={"utter_bye": "Bye"}),
            rules=[rule("bye", "-utter_bye")],
            policies=RULES_ONLY,
        )
    )
    assert chat.say("bye") == ["utter_bye"]
    assert chat.say("bye again") == ["utter_bye"]


def test_rule_at_the_start_of_a_conversation_only() -> None:
    chat = Chat(
        project(
            domain(INTENTS),
            rules=[rule("greet", "-utter_hello", conversation_start=True), rule("greet", "-utter_again")],
        )
    )
    assert chat.say("greet") == ["utter_hello"]
    assert chat.say("greet") == ["utter_again"]


def test_the_more_specific_rule_wins() -> None:
    about = domain(INTENTS, slots=[slot("vip", "bool")])
    rules = [
        rule("greet", "-utter_hello", name="plain"),
        rule("greet", "-utter_welcome", when=["=vip:true"], name="vip"),
        rule("greet", "-utter_dear", when=["=vip:false"], name="not vip"),
    ]
    chat = Chat(project(about, rules=rules))
    assert chat.say("greet") == ["utter_hello"]
    for value, expected in ((True, "utter_welcome"), (False, "utter_dear")):
        chat.state = {
            "base": {"vip": value},
            "events": [{"event": "ActionTaken", "name": "action_listen"}],
        }
        assert chat.say("greet") == [expected]


def test_a_slot_that_must_be_empty_and_one_that_must_have_any_value() -> None:
    about = domain(INTENTS, slots=[slot("plan", "categorical", values=("a", "b"))])
    filled = rule("greet", "-utter_filled")
    filled = type(filled)("filled", filled.steps, (SlotStep((("plan", ANY_VALUE),)),))
    rules = [rule("greet", "-utter_empty", when=["=plan"], name="empty"), filled]
    chat = Chat(project(about, rules=rules))
    assert chat.say("greet") == ["utter_empty"]
    chat.state = {"base": {"plan": "a"}, "events": [{"event": "ActionTaken", "name": "action_listen"}]}
    assert chat.say("greet") == ["utter_filled"]


def test_a_rule_that_does_not_wait_lets_another_go_on() -> None:
    rules = [
        rule("greet", "-utter_hello", wait_for_user_input=False, name="one"),
        rule("-utter_hello", "-utter_how_are_you", name="two"),
    ]
    assert Chat(project(domain(INTENTS), rules=rules)).say("greet") == ["utter_hello", "utter_how_are_you"]


def test_entities_of_a_rule_must_be_those_of_the_message() -> None:
    about = domain(INTENTS, entities=["city"])
    rules = [rule("inform+city", "-utter_city", name="with"), rule("inform", "-utter_what", name="without")]
    chat = Chat(project(about, rules=rules))
    assert chat.say('/inform{"city": "Rome"}') == ["utter_city"]
    assert chat.say("/inform") == ["utter_what"]


def test_the_happy_path_of_a_form() -> None:
    chat = Chat(project(about_order(), rules=ORDER_RULES))
    assert chat.say("order") == ["order_form"]
    assert chat.texts == ["Where?"]
    assert chat.say('/inform{"city": "Rome"}') == ["order_form", "utter_done"]
    assert chat.texts == ["Done for Rome"]
    assert chat.tracker.now.active_loop is None


def test_a_rule_inside_a_form_comes_back_to_its_question() -> None:
    rules = [*ORDER_RULES, rule("chitchat", "-utter_chat", name="chitchat")]
    chat = Chat(project(about_order(), rules=rules))
    chat.say("order")
    assert chat.say("chitchat") == ["utter_chat", "order_form"]
    assert chat.texts == ["Chat", "Where?"]
    assert chat.say('/inform{"city": "Rome"}') == ["order_form", "utter_done"]


def test_an_unhappy_path_only_for_one_question() -> None:
    explains = rule(
        "explain", "-utter_chat", "-order_form", "@order_form", when=["@order_form"], name="explain"
    )
    chat = Chat(project(about_order(), rules=[*ORDER_RULES, explains]))
    assert chat.say("explain") == ["action_default_fallback"]
    chat.say("order")
    assert chat.say("explain") == ["utter_chat", "order_form"]


STOPPING = (
    story("order", "-order_form", "@order_form", "stop", "-utter_sure", "deny", "-order_form", "@order_form"),
    story(
        "order", "-order_form", "@order_form", "stop", "-utter_sure", "affirm", "-action_deactivate_loop", "@"
    ),
)


def test_a_story_leaves_a_form_and_deactivates_it() -> None:
    chat = Chat(project(about_order(), rules=ORDER_RULES, stories=STOPPING))
    chat.say("order")
    assert chat.say("stop") == ["utter_sure"]
    assert chat.say("affirm") == ["action_deactivate_loop"]
    assert chat.tracker.now.active_loop is None
    assert chat.tracker.slot("requested_slot") is None


def test_a_story_leaves_a_form_and_comes_back_without_validation() -> None:
    chat = Chat(project(about_order(), rules=ORDER_RULES, stories=STOPPING))
    chat.say("order")
    chat.say("stop")
    assert chat.say("deny") == ["order_form"]
    assert chat.texts == ["Where?"]


@pytest.mark.parametrize(
    ("message", "action"),
    [("/restart", "action_restart"), ("/back", "action_back"), ("/session_start", None)],
)
def test_default_intents_work_inside_a_form(message: str, action: str | None) -> None:
    chat = Chat(project(about_order(), rules=ORDER_RULES))
    chat.say("order")
    assert chat.say(message) == ([action] if action else [])
    assert chat.tracker.now.active_loop is None


def test_an_intent_that_triggers_an_action_overrules_a_form() -> None:
    about = domain(
        [*INTENTS, IntentUse("help", triggers="utter_chat")],
        slots=[slot("city")],
        forms=[CITY],
        responses={"utter_chat": "Chat", "utter_ask_city": "Where?"},
    )
    chat = Chat(project(about, rules=ORDER_RULES))
    chat.say("order")
    assert chat.say("help")[0] == "utter_chat"


def test_the_fallback_when_nobody_knows() -> None:
    about = domain(INTENTS, responses={"utter_default": "Pardon?", "utter_bye": "Bye"})
    chat = Chat(project(about, rules=[rule("bye", "-utter_bye")]))
    assert chat.say("greet") == ["action_default_fallback"]
    assert chat.texts == ["Pardon?"]
    assert chat.tracker.now.message is None, "the message is undone"
    assert chat.say("bye") == ["utter_bye"]


def test_options_of_the_fallback() -> None:
    about = domain(INTENTS, responses={"utter_sorry": "?"})
    named = Component("RulePolicy", {"core_fallback_action_name": "utter_sorry"})
    assert Chat(project(about, policies=[named])).say("greet")[0] == "utter_sorry"
    silent = Component("RulePolicy", {"enable_fallback_prediction": False})
    assert Chat(project(about, policies=[silent])).say("greet") == []


def test_rules_that_contradict_stories_are_reported() -> None:
    trained = Chat(
        project(
            domain(INTENTS), rules=[rule("greet", "-utter_hello")], stories=[story("greet", "-utter_other")]
        )
    )
    assert any("utter_other" in problem for problem in trained.agent.problems)
    agreeing = project(
        domain(INTENTS), rules=[rule("greet", "-utter_hello")], stories=[story("greet", "-utter_hello")]
    )
    assert Chat(agreeing).agent.problems == ()


def test_two_rules_that_say_different_things_say_nothing() -> None:
    rules = [rule("greet", "-utter_one", name="one"), rule("greet", "-utter_two", name="two")]
    assert Chat(project(domain(INTENTS), rules=rules, policies=RULES_ONLY)).say("greet") == [
        "action_default_fallback"
    ]


def test_stories_without_a_story_policy_do_not_speak() -> None:
    about = project(
        domain(INTENTS, slots=[slot("city", "text", entity("city"))]),
        stories=[story("greet", "-utter_hello")],
        policies=RULES_ONLY,
    )
    assert Chat(about).say("greet") == ["action_default_fallback"]
    assert Chat(project(about.domain, stories=about.stories, policies=BOTH)).say("greet") == ["utter_hello"]


def test_the_fallback_when_a_rule_says_what_was_rejected() -> None:
    def refuses(_: Tracker) -> list[Event | Message]:
        raise Rejected

    about = project(
        domain(INTENTS, responses={"utter_default": "Sorry?"}, actions=["action_pay"]),
        rules=[rule("greet", "-action_pay")],
        policies=RULES_ONLY,
    )
    chat = Chat(about, actions=Scripted({"action_pay": refuses}))
    assert chat.say("greet") == ["action_default_fallback"]
    assert chat.texts == ["Sorry?"]
    assert chat.tracker.now.message is None


def test_an_action_that_breaks_has_done_nothing_and_is_gone_on_from() -> None:
    def breaks(_: Tracker) -> list[Event | Message]:
        raise ZeroDivisionError

    about = project(
        domain(INTENTS, responses={"utter_done": "That was it."}, actions=["action_pay"]),
        rules=[rule("greet", "-action_pay", "-utter_done")],
        policies=RULES_ONLY,
    )
    chat = Chat(about, actions=Scripted({"action_pay": breaks}))
    assert chat.say("greet") == ["action_pay", "utter_done"]
