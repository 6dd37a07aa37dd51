"""Duckling's English dimensions: what is found in a text, and which value it has."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.engine import amounts, times

NOW = datetime(2024, 5, 15, 10, 30, tzinfo=ZoneInfo("UTC"))  # a Wednesday


@pytest.mark.parametrize(
    ("dimension", "text", "said", "value"),
    [
        ("number", "a table for 12", "12", 12),
        ("number", "it is -2.5 now", "-2.5", -2.5),
        ("number", "about 1,200 people", "1,200", 1200),
        ("number", "twenty-five thousand and three", "twenty-five thousand and three", 25003),
        ("number", "two hundred", "two hundred", 200),
        ("number", "5k would do", "5k", 5000),
        ("ordinal", "the 3rd one", "3rd", 3),
        ("ordinal", "the second one", "second", 2),
        ("amount-of-money", "pay $40 now", "$40", 40),
        ("amount-of-money", "send 50$ to John", "50$", 50),
        ("amount-of-money", "fifty dollars please", "fifty dollars", 50),
        ("amount-of-money", "75 cents", "75 cents", 0.75),
        ("email", "it's a.b+c@mail.example.com!", "a.b+c@mail.example.com", "a.b+c@mail.example.com"),
        ("phone-number", "call +1 (415) 555-0134 today", "+1 (415) 555-0134", "+14155550134"),
        ("url", "see https://example.com/a?b=1.", "https://example.com/a?b=1", "https://example.com/a?b=1"),
    ],
)
def test_amounts(dimension: str, text: str, said: str, value: object) -> None:
    (span,) = amounts.find(text, frozenset({dimension}), NOW)
    assert (span.entity, text[span.start : span.end], span.value) == (dimension, said, value)


@pytest.mark.parametrize("text", ["", "nothing here", "someone", "version 1.2.3", "a1b2"])
def test_no_numbers(text: str) -> None:
    assert list(amounts.find(text, frozenset({"number"}), NOW)) == []


def test_what_lies_within_a_longer_one_is_not_found() -> None:
    found = amounts.find("pay $40 in January 2025", amounts.DIMENSIONS, NOW)
    assert [(span.entity, span.start) for span in found] == [("amount-of-money", 4), ("time", 8)]


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("how much in January 2019", "in January 2019", "2019-01-01T00:00"),
        ("in march please", "in march", "2025-03-01T00:00"),
        ("on June 3rd", "on June 3rd", "2024-06-03T00:00"),
        ("the 3rd of june, 2030", "the 3rd of june, 2030", "2030-06-03T00:00"),
        ("since 2023-12-31", "2023-12-31", "2023-12-31T00:00"),
        ("tomorrow at 5pm", "tomorrow at 5pm", "2024-05-16T17:00"),
        ("yesterday", "yesterday", "2024-05-14T00:00"),
        ("right now", "right now", "2024-05-15T10:30"),
        ("tonight", "tonight", "2024-05-15T18:00"),
        ("next friday", "next friday", "2024-05-17T00:00"),
        ("last monday", "last monday", "2024-05-13T00:00"),
        ("last month", "last month", "2024-04-01T00:00"),
        ("next year", "next year", "2025-01-01T00:00"),
        ("this week", "this week", "2024-05-13T00:00"),
        ("in two hours", "in two hours", "2024-05-15T12:30"),
        ("three days ago", "three days ago", "2024-05-12T00:00"),
        ("at 9:15", "at 9:15", "2024-05-16T09:15"),
    ],
)
def test_times(text: str, said: str, value: str) -> None:
    ((start, end, moment),) = times.find(text, NOW)
    assert (text[start:end], str(moment)[:16]) == (said, value)


@pytest.mark.parametrize("text", ["I may come", "at 13pm", "we march on", "3 apples", "2023-02-30"])
def test_no_times(text: str) -> None:
    assert list(times.find(text, NOW)) == []
