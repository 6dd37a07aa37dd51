"""Passages are slices of a body, in order, small enough, and lose no word of it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.chunking import MAX_CHARS, MAX_WORDS, passages

words = st.text("абвгдежз", min_size=1, max_size=8)
sentences = st.lists(words, min_size=1, max_size=60).map(lambda one: " ".join(one).capitalize() + ".")
lines = st.one_of(
    sentences,
    st.just(""),
    st.builds("{} {}".format, st.sampled_from(["#", "##", "###"]), words),
    st.builds("- {}".format, sentences),
    st.builds("| {} | {} |".format, words, words),
    st.sampled_from(["```", "Нельзя:", "   ", "1. раз"]),
    st.integers(1, 2 * MAX_CHARS).map(lambda size: "я" * size),
)
bodies = st.lists(lines, max_size=40).map("\n".join)


@given(bodies)
def test_slices_in_order_that_hold_every_word(body: str) -> None:
    cut = passages(body)
    assert all(left.end <= right.start for left, right in pairwise(cut))
    assert "".join("".join(body[one.start : one.end].split()) for one in cut) == "".join(body.split())


@given(bodies)
def test_none_is_empty_or_beyond_the_bounds(body: str) -> None:
    for one in passages(body):
        text = body[one.start : one.end]
        assert text.strip()
        assert len(text) <= MAX_CHARS
        assert len(text.split()) <= MAX_WORDS


@given(st.text())
def test_any_text_can_be_cut(body: str) -> None:
    for one in passages(body):
        assert 0 <= one.start < one.end <= len(body)
