"""The memory of a conversation and how much a message leans on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.hits import Hits
from bot.core.types import Hit
from bot.dialog.context import Context, bare, leaning
from bot.dialog.following import combine

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(list(Context().stored())), json))
def test_whatever_is_stored_can_be_read(state: dict[str, object]) -> None:
    context = Context.read(state)
    assert Context.read(context.stored()) == context


@pytest.mark.parametrize("text", ["а для ИП?", "и сколько это стоит", "а если потом"])
def test_what_leans_on_the_conversation(text: str) -> None:
    assert leaning(text, len(text.split())) >= 0.5


def test_what_stands_on_its_own() -> None:
    assert leaning("хочу узнать как поменять номер телефона в личном кабинете", 9) < 0.3
    assert bare("ну а для ИП?") == "для ИП?" or bare("а для ИП?") == "для ИП?"
    assert bare("а") == "а"


def test_a_message_that_does_not_lean_is_ranked_by_itself() -> None:
    own = Hits.of([Hit("a", "A", 0.8), Hit("b", "B", 0.1)])
    joint, nothing = Hits.of([Hit("b", "B", 0.9)]), Hits.of([])
    assert [hit.article_id for hit in combine(own, joint, 0.0, {"b": 5.0}, 10)] == ["a", "b"]
    assert [hit.article_id for hit in combine(own, joint, 1.0, {}, 1)] == ["b"]
    assert combine(nothing, nothing, 1.0, {}, 10) == ()
    assert sum(hit.p for hit in combine(own, joint, 0.5, {}, 10)) <= 1.0001
