"""Names and numbers of documents come from the project's files, which a contact centre edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.nlu.entities import Entities, Gazetteers
from bot.project.loading import load
from tests.unit.entities import NOW

FILES = {
    "config.yml": "language: ru\n",
    "domain.yml": "version: '3.1'\nintents: [visit]\nentities: [city, policy]\n",
    "data/nlu.yml": r"""
version: "3.1"
nlu:
  - intent: visit
    examples: |
      - хочу в [Тверь](city)
      - запишите меня
  - lookup: city
    examples: |
      - Тверь
      - Нижняя Тура
      - тверской офис
  - synonym: Тверь
    examples: |
      - тверской офис
  - lookup: fruit
    examples: |
      - яблоко
  - regex: policy
    examples: |
      - (?:ПЛ|PL)[- ]?(?P<ПЛ>\d{3}[- ]?\d{2})(?!\d)
      - полис \d+
""",
}


@pytest.fixture
def entities(tmp_path: Path) -> Entities:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return Entities(Gazetteers.of(load(tmp_path)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("поеду в тверь", ("city", "Тверь", "тверь")),
        ("я из Твери", ("city", "Тверь", "Твери")),
        ("в тверском офисе", ("city", "Тверь", "тверском офисе")),
        ("живу в нижней туре", ("city", "Нижняя Тура", "нижней туре")),
        ("в «Нижней-Туре»", ("city", "Нижняя Тура", "Нижней-Туре")),
        ("полис пл—123 45", ("policy", "ПЛ-12345", "пл—123 45")),
        ("PL12345", ("policy", "ПЛ-12345", "PL12345")),
    ],
)
def test_found_in_every_form(entities: Entities, text: str, expected: tuple[str, str, str]) -> None:
    (span,) = entities.find(text, NOW)
    assert (span.entity, span.value, text[span.start : span.end]) == expected


@pytest.mark.parametrize("text", ["нижняя", "тура", "яблоко", "тверской", "в туре нижней", "пл-1234"])
def test_only_what_the_tables_and_the_domain_name(entities: Entities, text: str) -> None:
    assert entities.find(text, NOW) == ()


def test_without_tables_the_rest_is_found() -> None:
    (span,) = Entities(Gazetteers()).find("приеду в Москву завтра", NOW)
    assert span.entity == "date"
