"""Our events survive Rasa's JSON, whatever they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import FrontlineError
from bot.engine.events import (
    ActionRejected,
    ActionReverted,
    ActionTaken,
    Event,
    FollowUp,
    LoopInterrupted,
    LoopSet,
    Paused,
    Restarted,
    Resumed,
    SessionStarted,
    SlotSet,
    SlotsReset,
    TextUsed,
    UserReverted,
    UserSaid,
)
from bot.engine.responses import Message
from bot.engine.states import Lens
from bot.engine.tracker import Tracker
from bot.project.model import Button, Domain, EntitySpan
from bot.rasa.translation import from_rasa, message_from_rasa, message_to_rasa, to_rasa

LENS = Lens(Domain())
names = st.text(min_size=1, max_size=12)
shares = st.floats(0, 1)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
spans = st.builds(
    EntitySpan,
    names,
    values,
    st.integers(0, 99),
    st.integers(0, 99),
    st.none() | names,
    st.none() | names,
    st.just("") | names,
    shares,
)
understood = st.builds(
    UserSaid,
    st.text(max_size=20),
    names,
    st.lists(spans, max_size=3).map(tuple),
    shares,
    st.lists(st.tuples(names, shares), max_size=3).map(tuple),
    st.none() | names,
)
events: st.SearchStrategy[Event] = st.one_of(
    understood,
    st.builds(UserSaid, st.text(max_size=20), st.none()),
    st.builds(ActionTaken, names, st.booleans()),
    st.builds(ActionRejected, names),
    st.builds(SlotSet, names, values),
    st.builds(LoopSet, st.none() | names),
    st.builds(TextUsed, st.text(max_size=20)),
    st.builds(FollowUp, names),
    st.sampled_from(
        [
            SlotsReset(),
            LoopInterrupted(),
            Paused(),
            Resumed(),
            Restarted(),
            SessionStarted(),
            UserReverted(),
            ActionReverted(),
        ]
    ),
)
messages = st.builds(
    Message,
    st.none() | names,
    st.lists(st.builds(Button, names, names), max_size=3).map(tuple),
    st.none() | names,
    st.none() | st.dictionaries(names, values, min_size=1, max_size=3),
    st.none() | names,
)


def through_json(written: Any) -> Any:
    return json.loads(json.dumps(written, ensure_ascii=False))


@given(st.lists(events, max_size=12))
def test_events_come_back_as_they_were(told: list[Event]) -> None:
    assert from_rasa(through_json([to_rasa(event) for event in told])) == told


@given(names)
def test_what_the_bot_says_in_a_story_is_an_action_without_a_name(text: str) -> None:
    written = to_rasa(ActionTaken(text), {text})
    assert written["name"] is None
    assert from_rasa([written]) == [ActionTaken(text)]


@given(messages)
def test_messages_come_back_as_they_were(message: Message) -> None:
    """Rasa keeps what it knows of an utterance as its data, and the rest as its metadata."""
    written = through_json(message_to_rasa(message))
    known = {key: written.pop(key, None) for key in ("buttons", "image", "custom")}
    bot = {"event": "bot", "text": written.pop("text", None), "data": known, "metadata": written}
    assert message_from_rasa(bot) == message


KINDS = ["user", "action", "slot", "active_loop", "followup", "rewind", "user_featurization", "bot", "what"]


@given(
    st.lists(
        st.builds(
            lambda kind, rest: {**rest, "event": kind},
            st.sampled_from(KINDS) | values,
            st.dictionaries(
                st.sampled_from(["name", "parse_data", "metadata", "text", "action_text"]), values
            ),
        ),
        max_size=4,
    )
)
def test_no_answer_of_rasas_breaks_us(written: list[dict[str, Any]]) -> None:
    """It is read into a conversation, or it is garbage."""
    try:
        read = from_rasa(written)
    except FrontlineError:
        with pytest.raises(FrontlineError, match="not understood"):
            from_rasa(written)
    else:
        assert len(Tracker.begin(LENS, read).events) <= len(read)


@pytest.mark.parametrize(
    "written",
    [
        {"event": "user_featurization", "use_text_for_featurization": False},
        {"event": "loop_interrupted", "is_loop_interrupted": False},
        {"event": "bot", "text": "hello"},
        {"event": "reminder", "intent": "later"},
    ],
)
def test_what_changes_nothing_for_us_has_no_event(written: dict[str, Any]) -> None:
    assert from_rasa([written]) == []


def test_a_text_that_was_used_is_the_latest_message() -> None:
    told = [
        {"event": "user", "text": "hi"},
        {"event": "user_featurization", "use_text_for_featurization": True},
    ]
    assert from_rasa(told)[1] == TextUsed("hi")
