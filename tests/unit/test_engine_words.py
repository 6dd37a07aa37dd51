"""Entities learnt from a handful of examples."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.engine.words import Words
from bot.project.model import EntitySpan, Example

_MARK = re.compile(r"\[([^]]+)\]\((\w+)(?:#(\w+))?\)")


def example(marked: str) -> Example:
    """`[Rome](city#to)`: an entity and its role."""
    spans: list[EntitySpan] = []
    text = ""
    for part in _parts(marked):
        if isinstance(part, str):
            text += part
            continue
        said, name, role = part.groups()
        spans.append(EntitySpan(name, said, len(text), len(text) + len(said), role))
        text += said
    return Example(text, "any", tuple(spans))


def _parts(marked: str) -> Iterator[str | re.Match[str]]:
    at = 0
    for match in _MARK.finditer(marked):
        yield marked[at : match.start()]
        yield match
        at = match.end()
    yield marked[at:]


PIZZA = [
    example(each)
    for each in (
        "a pizza with [ham](topping) [olives](topping) please",
        "with [cheese](topping) [ham](topping)",
        "I want [olives](topping) [cheese](topping)",
        "one [large](size) pizza with [ham](topping)",
        "a [small](size) one with [sea food](topping)",
        "bring it to [Green Street](street)",
        "I live in [Old Mill Lane](street)",
        "to [High Street](street) please",
        "hello",
        "thanks a lot",
        "from [Rome](city#from) to [Oslo](city#to)",
        "from [Oslo](city#from) to [Rome](city#to)",
        "a train from [Bonn](city#from)",
        "a train to [Riga](city#to)",
    )
]


def found(words: Words | None, text: str) -> list[tuple[str, str | None, str]]:
    assert words is not None
    spans = list(words.find(text))
    assert all(text[each.start : each.end] == each.value for each in spans)
    return [(each.entity, each.role, each.value) for each in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a pizza with ham cheese", [("topping", None, "ham"), ("topping", None, "cheese")]),
        ("with SEA FOOD please", [("topping", None, "SEA FOOD")]),
        ("bring it to Long Street", [("street", None, "Long Street")]),
        ("from Oslo to Bonn", [("city", "from", "Oslo"), ("city", "to", "Bonn")]),
        ("  olives ", [("topping", None, "olives")]),
        ("hello", []),
        ("", []),
        ("?!", []),
    ],
)
def test_entities_of_texts(text: str, expected: list[tuple[str, str | None, str]]) -> None:
    assert found(Words.learn(PIZZA), text) == expected


def test_synonyms_and_tables_are_seen_values() -> None:
    words = Words.learn(PIZZA, {"bacon": "ham"}, {"topping": ["tuna"], "unknown": ["hello"]})
    assert found(words, "bacon") == [("topping", None, "bacon")]
    assert found(words, "tuna") == [("topping", None, "tuna")]
    assert found(words, "hello") == []


@pytest.mark.parametrize("examples", [[], [example("hello")], [example("[Rome](city#to)")]])
def test_nothing_can_be_learnt(examples: list[Example]) -> None:
    assert Words.learn(examples) is None


def test_a_value_may_be_of_two_kinds() -> None:
    """The same word is a city here and a name there; which, the words beside it say."""
    words = Words.learn(
        [
            *(example(f"I live in [{city}](city)") for city in ("Sofia", "Paris", "Bonn")),
            *(example(f"my name is [{name}](name)") for name in ("Sofia", "Paris", "Ann")),
        ]
    )
    assert found(words, "I live in Sofia") == [("city", None, "Sofia")]
    assert found(words, "my name is Sofia") == [("name", None, "Sofia")]
