"""Components and policies: which are carried out, which are refused, and that the document says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.core.errors import InvalidContent
from bot.engine.tagging import Tagger
from bot.project.config import DIMENSIONS, PIPELINE, POLICIES
from bot.project.loading import load

DOCUMENT = Path(__file__).parents[2] / "docs" / "rasa-format.md"
DOMAIN = "intents: [go, stay]\nentities: [city, code, PERSON, number, email]\n"
NLU = """\
nlu:
- intent: go
  examples: |
    - to [Rome](city)
    - to [Oslo](city)
    - code [AB-1](code)
- intent: stay
  examples: |
    - stay here
- regex: code
  examples: |
    - [A-Z]{2}-\\d
- lookup: city
  examples: |
    - Rio
- synonym: Rome
  examples: |
    - Roma
- lookup: email
  examples: |
    - none
"""
Project = Callable[[str], Path]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    def write(pipeline: str) -> Path:
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "domain.yml").write_text(DOMAIN, "utf-8")
        (tmp_path / "data" / "nlu.yml").write_text(NLU, "utf-8")
        (tmp_path / "config.yml").write_text(f"pipeline:\n{pipeline}", "utf-8")
        return tmp_path

    return write


def test_the_document_names_them_all() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert [name for name in sorted(PIPELINE | POLICIES | DIMENSIONS) if f"`{name}`" not in text] == []


def found(folder: Path, text: str) -> list[tuple[str, object]]:
    return [(span.entity, span.value) for span in Tagger.learn(load(folder)).find(text)]


TABLES = "- name: RegexEntityExtractor\n"


@pytest.mark.parametrize(
    ("pipeline", "text", "expected"),
    [
        (TABLES, "ab-7 in rio", [("code", "ab-7"), ("city", "rio")]),
        (TABLES + "  case_sensitive: true\n", "ab-7 in Rio", [("city", "Rio")]),
        (TABLES + "  use_lookup_tables: false\n", "AB-7 in Rio", [("code", "AB-7")]),
        (TABLES + "  use_regexes: false\n", "AB-7 in Rio", [("city", "Rio")]),
        (TABLES, "period none", []),
        (TABLES, "riot", []),
        (TABLES + "  use_word_boundaries: false\n", "riot", [("city", "rio")]),
        ("- name: WhitespaceTokenizer\n", "to Rome", []),
        ("- name: DIETClassifier\n", "to Rome", [("city", "Rome")]),
        ("- name: DIETClassifier\n", "to Lima", [("city", "Lima")]),
        ("- name: DIETClassifier\n", "roma", [("city", "roma")]),
        ("- name: DIETClassifier\n- name: EntitySynonymMapper\n", "roma", [("city", "Rome")]),
        ("- name: DIETClassifier\n- name: EntitySynonymMapper\n", "to ROME", [("city", "Rome")]),
        ("- name: EntitySynonymMapper\n- name: DIETClassifier\n", "roma", [("city", "roma")]),
        ("- name: DIETClassifier\n  entity_recognition: false\n", "to Rome", []),
        ("- name: SpacyEntityExtractor\n  dimensions: [city]\n", "to Rome", [("city", "Rome")]),
        ("- name: SpacyEntityExtractor\n  dimensions: [city]\n", "code AB-1", []),
        (
            "- name: DucklingEntityExtractor\n  dimensions: [number, email]\n",
            "3 to a@b.io by tomorrow",
            [("number", 3), ("email", "a@b.io")],
        ),
    ],
)
def test_entities_by_component(
    project: Project, pipeline: str, text: str, expected: list[tuple[str, object]]
) -> None:
    assert found(project(pipeline), text) == expected


def test_a_moment_has_the_time_zone_of_the_pipeline(project: Project) -> None:
    duckling = "- name: DucklingEntityExtractor\n  dimensions: [time]\n"
    text = "in January 2019"
    assert found(project(duckling), text) == [("time", "2019-01-01T00:00:00.000-08:00")]
    moscow = duckling + "  timezone: Europe/Moscow\n"
    assert found(project(moscow), text) == [("time", "2019-01-01T00:00:00.000+03:00")]


@pytest.mark.parametrize(
    ("pipeline", "line", "says"),
    [
        ("- name: DucklingEntityExtractor\n  dimensions: [volume]\n", 2, "`volume` is not supported"),
        ("- name: DucklingEntityExtractor\n  timezone: Mars/Base\n", 2, "no time zone `Mars/Base`"),
        ("- name: SpacyEntityExtractor\n  dimensions: [PERSON]\n", 2, "`PERSON` is not supported without"),
        ("- name: SpacyEntityExtractor\n", 2, "needs `dimensions`"),
        ("- name: my.package.Component\n", 2, "`Component` is not supported"),
        ("- name: DIETClassifier\nrecipe: graph.v1\n", 3, "recipe `graph.v1` is not supported"),
        ("- name: DIETClassifier\nimporters: []\n", 3, "importers are not supported"),
    ],
)
def test_what_is_not_carried_out_is_refused(project: Project, pipeline: str, line: int, says: str) -> None:
    with pytest.raises(InvalidContent) as refused:
        load(project(pipeline))
    assert (refused.value.path, refused.value.line) == ("config.yml", line)
    assert says in refused.value.problem


def test_a_table_that_nobody_marks_is_a_problem(project: Project) -> None:
    (problem,) = load(project(TABLES)).problems
    assert problem.startswith("data/nlu.yml:19: no example marks `email`")
