"""An answer that travels through an engine as JSON is the same answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.types import Answer, Ask, Escalate, QuickReply, Say, SayKind, Source
from bot.dialog import wire

texts = st.text(max_size=20)
sources = st.lists(st.builds(Source, texts, texts, texts), max_size=3).map(tuple)
replies = st.lists(st.builds(QuickReply, texts, texts), max_size=3).map(tuple)
minutes = st.none() | st.integers(1, 10_000)
answers = st.one_of(
    st.builds(Say, st.sampled_from(SayKind), texts, sources, sources, replies),
    st.builds(Ask, texts, replies),
    st.builds(
        Escalate,
        texts,
        st.integers(0, 9),
        texts,
        sources,
        skills=st.lists(texts, max_size=3).map(tuple),
        decide_minutes=minutes,
        finish_minutes=minutes,
    ),
)


@given(answers)
def test_read_is_the_inverse_of_written(answer: Answer) -> None:
    assert wire.read(wire.written(answer)) == answer


@given(answers)
def test_it_survives_json(answer: Answer) -> None:
    assert wire.read(json.loads(json.dumps(wire.written(answer)))) == answer


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"type": "say"},
        {"type": "say", "kind": "shout", "text": ""},
        {"type": "ask", "text": "", "options": [{"name": "a"}]},
        {"type": "escalate", "reason": "a"},
        {"type": "say", "kind": "answer", "text": "", "volume": 11},
    ],
)
def test_what_is_no_answer_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        wire.read(data)
