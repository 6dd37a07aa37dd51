"""Where two engines part."""

from __future__ import annotations

from bot.engine.player import Difference
from bot.evaluation.agree import actions, compare
from bot.project.model import Place
from bot.rasa.stories import Prediction, Told
from tests.unit.engine_bot import Chat, domain, project, rule, story

HERE = Place("tests/test_stories.yml", 7)
STORY = story("greet", "-utter_greet", "greet", "-utter_bye", name="twice")


def told(*predicted: str) -> Told:
    expected = ("utter_greet", "action_listen", "utter_bye", "action_listen")
    pairs = zip(expected, predicted, strict=False)
    found = [Prediction("action", one, other, HERE, number) for number, (one, other) in enumerate(pairs, 1)]
    return Told("twice", HERE, (Prediction("intent", "greet", "greet"), *found))


def test_our_actions_are_predicted_along_the_story_as_it_is_written() -> None:
    about = domain(["greet"], responses={"utter_greet": "Hi", "utter_bye": "Bye"})
    agent = Chat(project(about, rules=[rule("greet", "-utter_greet")])).agent
    after_bye = "action_default_fallback"  # which no rule knows
    assert actions(agent, STORY) == ("utter_greet", "action_listen", "utter_greet", after_bye)


def test_engines_agree_also_where_both_are_wrong() -> None:
    taken = ("utter_greet", "action_listen", "utter_greet", "action_listen")
    assert compare(STORY, taken, told(*taken)) is None


def test_the_first_difference_is_told_with_its_place() -> None:
    found = compare(STORY, ("utter_greet", "action_listen", "utter_greet"), told("utter_greet", "utter_bye"))
    assert found == {
        "story": "twice",
        "place": "tests/test_stories.yml:7",
        "step": 2,
        "expected": "action_listen",
        "builtin": "action_listen",
        "rasa": "utter_bye",
    }


def test_a_story_that_is_shorter_on_one_engine_is_a_difference() -> None:
    found = compare(STORY, ("utter_greet", "action_listen"), told("utter_greet"))
    assert found
    assert (found["builtin"], found["rasa"]) == ("2 actions", "1 actions")


def test_a_story_that_rasa_does_not_know_is_a_difference() -> None:
    found = compare(STORY, ("utter_greet",), None)
    assert found
    assert found["rasa"] == "not played"


def test_a_story_on_rasa_fails_at_its_first_wrong_prediction() -> None:
    played = told("utter_greet", "action_listen", "utter_greet", "utter_greet").played
    assert played.difference == Difference(3, HERE, "action", "utter_bye", "utter_greet")
    assert told("utter_greet", "action_listen", "utter_bye", "action_listen").played.passed
