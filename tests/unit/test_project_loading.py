"""A folder in Rasa 3's format: all that is read, and what is refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import InvalidContent
from bot.project.loading import load
from bot.project.model import (
    ANY_VALUE,
    ActionStep,
    LoopStep,
    MappingType,
    Project,
    SlotStep,
    SlotType,
    UserStep,
)

CONFIG = """\
language: en
pipeline:
- name: WhitespaceTokenizer
- name: DIETClassifier
  epochs: 5
policies:
- name: RulePolicy
"""
DOMAIN = """\
version: "3.1"
intents:
- greet
- yes
- book:
    use_entities: [city]
- faq
entities:
- city:
    roles: [from, to]
- date
slots:
  city:
    type: text
    mappings:
    - type: from_entity
      entity: city
      role: to
      conditions:
      - active_loop: book_form
        requested_slot: city
  wants:
    type: bool
    initial_value: false
    mappings:
    - type: from_intent
      intent: [yes]
      value: true
responses:
  utter_greet:
  - text: Hello
    buttons:
    - title: Book
      payload: /book
  - text: Hi by phone
    channel: voice
    condition:
    - type: slot
      name: wants
      value: true
  utter_ask_city:
  - text: Which city at 10:30?
  utter_faq/hours:
  - text: From nine
actions:
- action_book
forms:
  book_form:
    required_slots: [city]
    ignored_intents: greet
session_config:
  session_expiration_time: 5
  carry_over_slots_to_new_session: false
"""
NLU = """\
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
- intent: yes
  examples: |
    - yes
- intent: book
  examples: |
    - to [Rome]{"entity": "city", "role": "to", "value": "rome"} [today](date)
    - from [Oslo][{"entity": "city", "role": "from"}]
- intent: faq/hours
  examples:
  - text: |
      when do you open
- synonym: paris
  examples: |
    - the city of light
- lookup: city
  examples: |
    - Rome
- regex: date
  examples: |
    - \\d+
"""
STORIES = """\
stories:
- story: two ways
  steps:
  - or:
    - intent: greet
    - intent: yes
  - action: utter_greet
  - slot_was_set: [wants: true]
  - checkpoint: met
- story: then
  steps:
  - checkpoint: met
    slot_was_set:
    - wants: true
  - intent: book
    entities:
    - city: Rome
      role: to
  - action: book_form
  - active_loop: book_form
  - active_loop: null
  - slot_was_set:
    - city
  - action: action_book
rules:
- rule: hours
  condition:
  - active_loop: book_form
  wait_for_user_input: false
  steps:
  - intent: faq
  - action: utter_faq
"""
TESTS = """\
stories:
- story: books
  steps:
  - user: |
      to [Milan]{"entity": "city", "role": "to"}
    intent: book
  - action: book_form
  - active_loop: book_form
"""
FILES = {
    "config.yml": CONFIG,
    "domain.yml": DOMAIN,
    "data/nlu.yml": NLU,
    "data/more/stories.yaml": STORIES,
    "tests/test_stories.yml": TESTS,
    "endpoints.yml": "",
}


def written(folder: Path, **changed: str) -> Path:
    for name, text in {**FILES, **changed}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load(written(tmp_path))


def test_config_and_domain(project: Project) -> None:
    assert project.language == "en"
    assert [each.name for each in project.pipeline] == ["WhitespaceTokenizer", "DIETClassifier"]
    assert project.pipeline[1].options == {"epochs": 5}
    assert set(project.domain.intents) == {"greet", "yes", "book", "faq"}
    assert project.domain.intents["book"].use_entities == {"city"}
    assert project.domain.entities["city"].roles == ("from", "to")
    assert (project.domain.session_minutes, project.domain.carry_over) == (5, False)
    assert project.domain.forms["book_form"].ignored_intents == ("greet",)
    assert project.problems == ()


def test_slots(project: Project) -> None:
    city, wants = project.domain.slots["city"], project.domain.slots["wants"]
    assert (city.type, wants.type, wants.initial) == (SlotType.TEXT, SlotType.BOOL, False)
    assert city.mappings[0].conditions == (("book_form", "city"),)
    assert (city.mappings[0].entity, city.mappings[0].role) == ("city", "to")
    assert wants.mappings[0].type is MappingType.FROM_INTENT
    assert (wants.mappings[0].intents, wants.mappings[0].value) == (("yes",), True)


def test_responses(project: Project) -> None:
    first, second = project.domain.responses["utter_greet"]
    assert [(each.title, each.payload) for each in first.buttons] == [("Book", "/book")]
    assert (second.channel, second.conditions) == ("voice", {"wants": True})
    assert project.domain.responses["utter_ask_city"][0].text == "Which city at 10:30?"


def test_training_data(project: Project) -> None:
    texts = {each.text: each for each in project.nlu.examples}
    assert set(texts) == {"hello", "hi there", "yes", "to Rome today", "from Oslo", "when do you open"}
    city, date = texts["to Rome today"].entities
    assert (city.entity, city.value, city.role, city.start, city.end) == ("city", "rome", "to", 3, 7)
    assert (date.entity, date.value) == ("date", "today")
    assert texts["from Oslo"].entities[0].role == "from"
    assert texts["from Oslo"].place.line == 12
    assert texts["when do you open"].intent == "faq/hours"
    assert project.nlu.synonyms == {
        "rome": "rome",
        "the city of light": "paris",
        "paris": "paris",
        "oslo": "Oslo",
        "today": "today",
    }
    assert project.nlu.lookups == {"city": ("Rome",)}
    assert project.nlu.regexes == {"date": (r"\d+",)}


def test_or_and_checkpoints_are_stories_of_their_own(project: Project) -> None:
    greeted, agreed = project.stories
    assert [story.steps[0] for story in project.stories] == [
        UserStep(("greet",), place=greeted.steps[0].place),
        UserStep(("yes",), place=agreed.steps[0].place),
    ]
    _, said, filled, booked, ran, begun, ended, slot, last = greeted.steps
    assert isinstance(said, ActionStep)
    assert isinstance(filled, SlotStep)
    assert filled.slots == (("wants", True),)
    assert isinstance(booked, UserStep)
    assert (booked.entities[0].value, booked.entities[0].role) == ("Rome", "to")
    assert isinstance(ran, ActionStep)
    assert isinstance(begun, LoopStep)
    assert isinstance(ended, LoopStep)
    assert (begun.name, ended.name) == ("book_form", None)
    assert isinstance(slot, SlotStep)
    assert slot.slots == (("city", ANY_VALUE),)
    assert isinstance(last, ActionStep)


def test_rules_and_tests(project: Project) -> None:
    (rule,) = project.rules
    assert not rule.wait_for_user_input
    assert isinstance(rule.condition[0], LoopStep)
    (story,) = project.tests
    step = story.steps[0]
    assert isinstance(step, UserStep)
    assert (step.text, step.entities[0].value, step.entities[0].role) == ("to Milan", "Milan", "to")


@pytest.mark.parametrize(
    ("where", "before", "after", "says"),
    [
        ("config.yml:3", "WhitespaceTokenizer", "MyTokenizer", "`MyTokenizer` is not supported"),
        ("config.yml:7", "RulePolicy", "MagicPolicy", "`MagicPolicy` is not supported"),
        ("config.yml:1", "language", "tongue", "`tongue` is not supported"),
        ("domain.yml:3", "- greet", "- greet: {mood: good}", "`mood` is not supported"),
        ("domain.yml:1", 'version: "3.1"', 'version: "9"', "version 9 is not supported"),
        ("domain.yml:23", "    type: bool", "    type: boolean", "type `boolean` is not supported"),
        ("domain.yml:16", "      entity: city\n", "", "from_entity needs `entity`"),
        ("domain.yml:13", "entity: city", "entity: town", "no entity `town`"),
        ("domain.yml:48", "required_slots: [city]", "required_slots: [town]", "no slot `town`"),
        ("domain.yml:48", "utter_ask_city", "utter_ask_town", "no question `utter_ask_city`"),
        ("domain.yml:41", "  utter_ask_city:", "  utter_greet:", "written twice"),
        ("domain.yml:47", "forms:", "formz:", "`formz` is not supported"),
        ("data/nlu.yml:17", "- synonym: paris", "- synonim: paris", "`synonim` is not supported"),
        ("data/nlu.yml:4", "    - hello", "    hello", "begin with `- `"),
        ("data/nlu.yml:11", '"role": "to", "value"', '"value', "is not JSON"),
        ("data/nlu.yml:12", '"role": "from"', '"rule": "from"', "needs `entity`"),
        ("data/nlu.yml:25", r"- \d+", "- (", "regex `date`"),
        ("data/nlu.yml:7", "    - yes\n", "", "no examples"),
        ("data/more/stories.yaml:5", "- intent: greet", "- intend: greet", "a step is one of"),
        (
            "data/more/stories.yaml:20",
            "  - active_loop: book_form\n  - active",
            "  - active_loop: x\n  - active",
            "",
        ),
        ("data/more/stories.yaml:26", "- rule: hours", "- rool: hours", "`rool` is not supported"),
        ("data/more/stories.yaml:2", "stories:", "stories: [", ""),
        ("tests/test_stories.yml:1", "stories:", "storys:", "`storys` is not supported"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, where: str, before: str, after: str, says: str
) -> None:
    name = where.partition(":")[0]
    assert before in FILES[name]
    folder = written(tmp_path, **{name: FILES[name].replace(before, after, 1)})
    with pytest.raises(InvalidContent) as refused:
        load(folder)
    assert f"{refused.value.path}:{refused.value.line}" == where
    assert says in refused.value.problem


@pytest.mark.parametrize(
    ("name", "before", "after", "says"),
    [
        ("domain.yml", "- faq\n", "- faq\n- lonely\n", "domain.yml:8: intent `lonely` has no examples"),
        ("domain.yml", "utter_greet:", "greet:", "domain.yml:30: response `greet` is never said"),
        (
            "data/nlu.yml",
            "- intent: greet",
            "- intent: meet",
            "nlu.yml:4: intent `meet` is not in the domain",
        ),
        ("data/more/stories.yaml", "action: action_book", "action: action_read", "action `action_read`"),
        ("data/more/stories.yaml", "    - city\n", "    - town\n", "slot `town`"),
        (
            "data/more/stories.yaml",
            "  - checkpoint: met\n    slot",
            "  - checkpoint: x\n    slot",
            "never reached",
        ),
    ],
)
def test_what_is_hardly_meant_is_a_problem(
    tmp_path: Path, name: str, before: str, after: str, says: str
) -> None:
    assert before in FILES[name]
    project = load(written(tmp_path, **{name: FILES[name].replace(before, after, 1)}))
    assert any(says in problem for problem in project.problems), project.problems


def test_a_domain_may_be_a_folder(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "domain").mkdir()
    (folder / "domain.yml").rename(folder / "domain" / "all.yml")
    (folder / "domain" / "more.yml").write_text("intents:\n- more\n", "utf-8")
    assert {"greet", "more"} <= set(load(folder).domain.intents)


def test_checkpoints_that_go_round_end(tmp_path: Path) -> None:
    round_ = (
        "stories:\n- story: in\n  steps:\n  - intent: greet\n  - checkpoint: a\n"
        "- story: round\n  steps:\n  - checkpoint: a\n  - intent: yes\n  - action: utter_greet\n"
        "  - checkpoint: a\n"
    )
    project = load(written(tmp_path, **{"data/more/stories.yaml": round_}))
    assert len(project.stories) == 1


@pytest.mark.parametrize(("wants", "told"), [("true", 2), ("false", 0)])
def test_a_checkpoint_may_ask_for_slots(tmp_path: Path, wants: str, told: int) -> None:
    """The second story goes on where its checkpoint's slot has the value, and not elsewhere."""
    stories = STORIES.replace("[wants: true]", f"[wants: {wants}]")
    project = load(written(tmp_path, **{"data/more/stories.yaml": stories}))
    assert sum(ActionStep in map(type, story.steps[3:]) for story in project.stories) == told


def test_or_is_between_messages_or_slots(tmp_path: Path) -> None:
    stories = STORIES.replace(
        "    - intent: greet\n    - intent: yes\n", "    - slot_was_set: [{wants: true}, city]\n"
    )
    project = load(written(tmp_path, **{"data/more/stories.yaml": stories}))
    first = [story.steps[0] for story in project.stories]
    assert [step.slots for step in first if isinstance(step, SlotStep)] == [
        (("wants", True),),
        (("city", ANY_VALUE),),
    ]
    wrong = STORIES.replace("    - intent: yes\n", "    - action: utter_greet\n")
    with pytest.raises(InvalidContent, match=r"stories\.yaml:6: .*`or` is between"):
        load(written(tmp_path, **{"data/more/stories.yaml": wrong}))


def test_what_older_projects_write_is_read(tmp_path: Path) -> None:
    domain = (
        DOMAIN.replace("    type: bool", "    type: rasa.shared.core.slots.BooleanSlot")
        .replace(
            "    mappings:\n    - type: from_entity",
            "    influence_conversation: null\n    mappings:\n    - type: from_entity",
        )
        .replace("session_config:", "config: {store_entities_as_slots: false}\nsession_config:")
        .replace("    buttons:", "    button_type: vertical\n    quick_replies:")
    )
    stories = STORIES.replace("    - intent: greet", "    - intent: /greet").replace(
        "  - action: utter_greet", "  - metadata: {by: someone}\n  - action: utter_greet"
    )
    nlu = NLU.replace("    - hello", "    # a comment\n    - hello")
    given = {"domain.yml": domain, "data/more/stories.yaml": stories, "data/nlu.yml": nlu}
    project = load(written(tmp_path, **given))
    assert project.domain.slots["wants"].type is SlotType.BOOL
    assert not project.domain.slots["city"].influences
    assert not project.domain.fills_slots
    first = project.domain.responses["utter_greet"][0]
    assert (first.buttons[0].title, first.metadata) == ("Book", {"button_type": "vertical"})
    assert project.stories[0].steps[0] == UserStep(("greet",), place=project.stories[0].steps[0].place)
    assert "hello" in {each.text for each in project.nlu.examples}
