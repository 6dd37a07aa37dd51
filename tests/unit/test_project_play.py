"""Whole projects in Rasa 3's format, written for these tests: each of their test stories passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.engine.parsing import ProjectParser
from bot.engine.recogniser import Read
from bot.nlu.encoders import open_encoder
from bot.nlu.query import QueryBuilder
from bot.project.loading import load
from bot.settings import Settings

PROJECTS = sorted(path for path in (Path(__file__).parents[1] / "projects").iterdir() if path.is_dir())
Files = Callable[..., Path]

RULES = """\
rules:
- {rule: one, steps: [{intent: greet}, {action: utter_a}]}
"""
TESTS = """\
stories:
- story: all
  steps: [{user: hello, intent: greet}, {action: utter_a}]
"""
PROJECT = {
    "config.yml": "pipeline: [{name: DIETClassifier}]\npolicies: [{name: RulePolicy}]\n",
    "domain.yml": "intents: [greet, leave]\nresponses: {utter_a: [{text: a}], utter_b: [{text: b}]}\n",
    "data/nlu.yml": """\
nlu:
- {intent: greet, examples: '- hello'}
- {intent: leave, examples: '- goodbye'}
""",
    "data/rules.yml": RULES,
    "tests/test_all.yml": TESTS,
}
ANOTHER = "- {rule: two, steps: [{intent: greet}, {action: utter_b}]}\n"
FURTHER = "- {rule: two, steps: [{intent: greet}, {action: utter_a}, {action: utter_b}]}\n"
STORY = "stories:\n- {story: two, steps: [{intent: greet}, {action: utter_b}]}\n"
LONG = """\
rules:
- rule: long
  steps: [{intent: greet}, {action: utter_a}, {intent: leave}, {action: utter_b}]
"""
ROUND = """\
rules:
- {rule: to, wait_for_user_input: false, steps: [{action: utter_a}, {action: utter_b}]}
- {rule: fro, wait_for_user_input: false, steps: [{action: utter_b}, {action: utter_a}]}
- {rule: in, wait_for_user_input: false, steps: [{intent: greet}, {action: utter_a}]}
"""


@pytest.fixture(scope="module")
def read() -> Read:
    return QueryBuilder(open_encoder(Settings().retrieval))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    def write(**changed: str) -> Path:
        for name, text in {**PROJECT, **changed}.items():
            path = tmp_path / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path / "project"

    return write


def played(folder: Path, out: Path) -> tuple[int, str, dict[str, Any]]:
    result = CliRunner().invoke(app, ["eval", "stories", str(folder), "--json", str(out)])
    return result.exit_code, result.output, json.loads(out.read_text("utf-8")) if out.exists() else {}


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda path: path.name)
def test_its_test_stories_pass(folder: Path, tmp_path: Path) -> None:
    code, output, figures = played(folder, tmp_path / "out.json")
    assert code == 0, output
    assert figures["stories"]["n"] == figures["stories"]["passed"] > 0
    assert figures["problems"] == []


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (
            RULES + ANOTHER,
            "rules.yml:2: rule `one` goes on with utter_a, but rule `two` (data/rules.yml:3) says",
        ),
        (
            RULES + FURTHER,
            "rule `one` goes on with action_listen, but rule `two` (data/rules.yml:3) says utter_b",
        ),
        (
            RULES + STORY,
            "rules.yml:4: story `two` goes on with utter_b, but rule `one` (data/rules.yml:2) says",
        ),
        (LONG, "data/rules.yml:2: rule `long` has several messages"),
        (ROUND, "data/rules.yml:4: rule `in` leads to actions without an end: utter_b, utter_a"),
    ],
)
def test_rules_that_cannot_be_kept_are_refused(files: Files, tmp_path: Path, rules: str, says: str) -> None:
    code, output, figures = played(files(**{"data/rules.yml": rules}), tmp_path / "out.json")
    assert code != 0
    assert says in output.replace("\n", " ").replace("  ", " ")
    assert figures == {}


def test_a_rule_may_wait_for_another_answer_than_a_story(files: Files, tmp_path: Path) -> None:
    """A rule that begins with an action does not say that the bot waits after it, wherever it is."""
    rules = (
        "rules:\n- {rule: then, steps: [{action: utter_a}, {intent: leave}, {action: utter_b}]}\n"
        "stories:\n- {story: on, steps: [{intent: greet}, {action: utter_a}, {action: utter_b}]}\n"
    )
    tests = TESTS.replace("utter_a}]", "utter_a}, {action: utter_b}]")
    config = PROJECT["config.yml"].replace("RulePolicy}", "RulePolicy}, {name: MemoizationPolicy}")
    folder = files(**{"data/rules.yml": rules, "tests/test_all.yml": tests, "config.yml": config})
    code, output, _ = played(folder, tmp_path / "out.json")
    assert code == 0, output


def test_entities_may_be_listed_below_a_message(files: Files, tmp_path: Path) -> None:
    domain = PROJECT["domain.yml"] + "entities: [who]\n"
    nlu = PROJECT["data/nlu.yml"] + "- {intent: leave, examples: '- [Ann](who) leaves'}\n"
    tests = (
        "stories:\n- story: all\n  steps:\n  - {user: Ann leaves, intent: leave, entities: [{who: %s}]}\n"
        "  - action: utter_b\n"
    )
    rules = RULES + "- {rule: two, steps: [{intent: leave}, {action: utter_b}]}\n"
    given = {"domain.yml": domain, "data/nlu.yml": nlu, "data/rules.yml": rules}
    assert played(files(**given, **{"tests/test_all.yml": tests % "Ann"}), tmp_path / "a.json")[0] == 0
    code, output, _ = played(files(**given, **{"tests/test_all.yml": tests % "Bob"}), tmp_path / "b.json")
    assert code == 1
    assert "entity expected who=Bob" in output


def test_examples_held_out_are_no_stories(files: Files, tmp_path: Path) -> None:
    held_out = {"tests/test_nlu.yml": "nlu:\n- {intent: greet, examples: '- hi'}\n"}
    assert played(files(**held_out), tmp_path / "out.json")[2]["stories"]["n"] == 1


def test_texts_of_stories_have_the_intent_that_does_the_same(files: Files, read: Read) -> None:
    stories = (
        "stories:\n"
        "- {story: one, steps: [{action: utter_a}, {intent: leave}, {action: utter_b}]}\n"
        "- {story: two, steps: [{action: utter_a}, {user: I am off}, {action: utter_b}]}\n"
        "- {story: three, steps: [{action: utter_b}, {user: so what}, {action: utter_b}]}\n"
    )
    parser = ProjectParser.learn(load(files(**{"data/stories.yml": stories})), read)
    assert parser.parse("i am OFF").intent == "leave"
    assert parser.taught.keys() == {"hello", "goodbye", "i am off"}


KEYWORDS = PROJECT["config.yml"].replace("DIETClassifier", "KeywordIntentClassifier")


@pytest.mark.parametrize(
    ("config", "text", "intent"),
    [
        (KEYWORDS, "well hello there", "greet"),
        (KEYWORDS, "HELLO", ""),
        (KEYWORDS.replace("Classifier}", "Classifier, case_sensitive: false}"), "HELLO", "greet"),
        (KEYWORDS, "othello", ""),
        (KEYWORDS, "", ""),
        (KEYWORDS.replace("}]\np", "}, {name: DIETClassifier}]\np"), "helo", "greet"),
        (KEYWORDS.replace("[{name: K", "[{name: DIETClassifier}, {name: K"), "helo", "greet"),
    ],
)
def test_keywords(files: Files, read: Read, config: str, text: str, intent: str) -> None:
    assert ProjectParser.learn(load(files(**{"config.yml": config})), read).parse(text).intent == intent
