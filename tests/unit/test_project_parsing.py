"""A project's own examples explain messages; its test stories are played."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.engine.parsing import ProjectParser
from bot.nlu.encoders import open_encoder
from bot.nlu.query import QueryBuilder
from bot.project.loading import load
from bot.settings import Settings

DOMAIN = """\
intents: [greet, leave, travel, faq]
entities:
- city: {roles: [from, to]}
- count
- number
responses:
  utter_greet: [{text: Hello}]
  utter_leave: [{text: Bye}]
  utter_travel: [{text: Going}]
  utter_faq/hours: [{text: From nine}]
  utter_faq/price: [{text: Nothing}]
slots:
  city:
    type: text
    influence_conversation: false
    mappings: [{type: from_entity, entity: city, role: to}]
"""
NLU = """\
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - good morning to you
    - hey
- intent: leave
  examples: |
    - bye
    - goodbye my friend
    - see you later
    - so long
- intent: travel
  examples: |
    - a trip from [Oslo]{"entity": "city", "role": "from"} to [Rome]{"entity": "city", "role": "to"}
    - travel from [Rome]{"entity": "city", "role": "from"} to [Paris]{"entity": "city", "role": "to"}
    - travel to [Berlin]{"entity": "city", "role": "to"}
    - a ticket to [NY]{"entity": "city", "role": "to", "value": "New York"} please
    - travel for [3](count)
    - I fly from [Madrid]{"entity": "city", "role": "from"}
- intent: faq/hours
  examples: |
    - when do you open
    - what are your opening hours
    - are you open on sunday
- intent: faq/price
  examples: |
    - what does it cost
    - how much is it
    - is the price high
- regex: count
  examples: |
    - \\b\\d+\\b
"""
RULES = """\
rules:
- {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
- {rule: leave, steps: [{intent: leave}, {action: utter_leave}]}
- {rule: travel, steps: [{intent: travel}, {action: utter_travel}]}
- {rule: faq, steps: [{intent: faq}, {action: utter_faq}]}
"""
TESTS = """\
stories:
- story: all of it
  steps:
  - {user: hi there, intent: greet}
  - action: utter_greet
  - user: 'travel to [Vienna]{"entity": "city", "role": "to"}'
    intent: travel
  - action: utter_travel
  - {user: how much does it cost, intent: faq/price}
  - action: utter_faq
"""
CONFIG = """\
language: en
pipeline: [{name: DIETClassifier}, {name: RegexEntityExtractor}, {name: EntitySynonymMapper},
  {name: DucklingEntityExtractor, dimensions: [number]}]
policies: [{name: RulePolicy}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "config.yml": CONFIG,
        "domain.yml": DOMAIN,
        "data/nlu.yml": NLU,
        "data/rules.yml": RULES,
        "tests/test_all.yml": TESTS,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def parser(folder: Path) -> ProjectParser:
    return ProjectParser.learn(load(folder), QueryBuilder(open_encoder(Settings().retrieval)))


@pytest.mark.parametrize(
    ("text", "intent", "response"),
    [
        ("HELLO", "greet", None),
        ("good morning", "greet", None),
        ("goodbye", "leave", None),
        ("when are you open", "faq", "faq/hours"),
        ("how much does it cost", "faq", "faq/price"),
    ],
)
def test_intents_and_selected_responses(
    parser: ProjectParser, text: str, intent: str, response: str | None
) -> None:
    read = parser.parse(text)
    assert (read.intent, read.response) == (intent, response)
    assert read.ranking[0] == (read.intent, read.confidence)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("travel from Oslo to Paris", [("city", "Oslo", "from"), ("city", "Paris", "to")]),
        ("travel from Vienna to Lisbon", [("city", "Vienna", "from"), ("city", "Lisbon", "to")]),
        ("a ticket to ny please", [("city", "New York", "to")]),
        ("travel to Rome for 12", [("city", "Rome", "to"), ("count", "12", None), ("number", 12, None)]),
        ("travel to Rome for three", [("city", "Rome", "to"), ("number", 3, None)]),
        ("hello", []),
        ("", []),
    ],
)
def test_entities(parser: ProjectParser, text: str, expected: list[tuple[str, str, str | None]]) -> None:
    found = parser.parse(text).entities
    assert [(each.entity, each.value, each.role) for each in found] == expected
    assert all(text[each.start : each.end] for each in found)


def test_stories_are_played(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    result = CliRunner().invoke(app, ["eval", "stories", str(folder), "--json", str(out)])
    assert result.exit_code == 0, result.output
    figures = json.loads(out.read_text("utf-8"))
    assert figures["stories"] == {"n": 1, "passed": 1}
    assert figures["failures"] == []


def test_the_first_difference_is_named(folder: Path) -> None:
    path = folder / "tests" / "test_all.yml"
    path.write_text(TESTS.replace("action: utter_travel", "action: utter_leave"), "utf-8")
    result = CliRunner().invoke(app, ["eval", "stories", str(folder)])
    assert result.exit_code == 1
    assert "tests/test_all.yml:8: all of it: action expected utter_leave, got utter_travel" in result.output


def test_a_broken_project_is_refused(folder: Path) -> None:
    (folder / "domain.yml").write_text("intents: {", "utf-8")
    result = CliRunner().invoke(app, ["eval", "stories", str(folder)])
    assert result.exit_code != 0
    assert "domain.yml" in result.output
