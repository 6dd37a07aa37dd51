"""The tracker is a value made of events: rebuilding, undoing, shortening, JSON."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.events import (
    LISTEN,
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
    from_json,
    to_json,
)
from bot.engine.states import Lens
from bot.engine.tracker import MOST_EVENTS, Tracker
from bot.project.model import EntitySpan, EntityUse, Form, IntentUse
from tests.unit.engine_bot import domain, slot

LENS = Lens(
    domain(
        ["greet", IntentUse("quiet", use_entities=frozenset())],
        entities=["city", EntityUse("place", roles=("from",))],
        slots=[slot("city"), slot("names", "list"), slot("level", "float", initial=0.5)],
        forms=[Form("form", ("city",))],
    )
)
LISTENS, HI = ActionTaken(LISTEN), UserSaid("hi", "greet")

values = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4) | st.lists(st.text(max_size=3))
spans = st.builds(
    EntitySpan,
    entity=st.sampled_from(["city", "place", "other"]),
    value=values,
    start=st.integers(0, 9),
    end=st.integers(0, 9),
    role=st.none() | st.just("from"),
)
events = st.one_of(
    st.builds(
        UserSaid,
        st.none() | st.text(max_size=5),
        st.none() | st.sampled_from(["greet", "quiet", "odd"]),
        st.tuples(spans) | st.just(()),
        st.floats(0, 1),
        st.just((("greet", 0.5),)),
    ),
    st.builds(ActionTaken, st.sampled_from([LISTEN, "form", "utter_x", "action_y"]), st.booleans()),
    st.builds(ActionRejected, st.sampled_from(["form", "action_y"])),
    st.builds(SlotSet, st.sampled_from(["city", "names", "level", "unknown"]), values),
    st.builds(LoopSet, st.none() | st.just("form")),
    st.builds(TextUsed, st.text(max_size=3)),
    st.builds(FollowUp, st.just("utter_x")),
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


def after(*told: Event) -> Tracker:
    return Tracker.begin(LENS, told)


@given(st.lists(events, max_size=40))
def test_rebuilt_from_its_events_it_is_the_same(told: list[Event]) -> None:
    tracker = after(*told)
    again = Tracker.begin(LENS, tracker.events)
    assert again == tracker
    assert again.history == tracker.history


@given(st.lists(events, max_size=30))
def test_it_goes_through_json(told: list[Event]) -> None:
    tracker = after(*told)
    assert Tracker.from_json(LENS, json.loads(json.dumps(tracker.to_json()))) == tracker


@given(events)
def test_each_event_goes_through_json(event: Event) -> None:
    assert from_json(json.loads(json.dumps(to_json(event)))) == event


@given(st.lists(events, max_size=30))
def test_one_state_per_action_that_counts(told: list[Event]) -> None:
    tracker = after(*told)
    assert len(tracker.past) == sum(isinstance(event, ActionTaken) for event in tracker.line)


def test_slots_have_their_initial_value_until_they_are_set() -> None:
    assert after().slot("level") == 0.5
    assert after(SlotSet("level", 1)).slot("level") == 1
    assert after(SlotSet("level", 1), SlotsReset()).slot("level") == 0.5
    assert after(SlotSet("names", "one")).slot("names") == ["one"]


def test_undoing_a_message_undoes_what_came_of_it() -> None:
    before = after(LISTENS, HI, ActionTaken("utter_x"))
    tracker = before.after(LISTENS, HI, SlotSet("city", "Rome"), ActionTaken("action_y"), UserReverted())
    assert tracker.slot("city") is None
    assert tracker.now.action == "utter_x"
    assert [past.state for past in tracker.history] == [past.state for past in before.history]


def test_undoing_an_action() -> None:
    tracker = after(LISTENS, HI, ActionTaken("utter_x"), SlotSet("city", "Rome"), ActionReverted())
    assert tracker.now.action == LISTEN
    assert tracker.slot("city") is None


def test_restarting_forgets_everything() -> None:
    tracker = after(LISTENS, HI, SlotSet("city", "Rome"), LoopSet("form"), Restarted())
    assert tracker.slots()["city"] is None
    assert tracker.now.active_loop is None
    assert tracker.now.follow_up == LISTEN
    assert len(tracker.events) == 1


def test_the_questions_of_a_form_are_one_turn() -> None:
    asked = after(LISTENS, HI, ActionTaken("form"), LoopSet("form"))
    answered = asked.after(LISTENS, UserSaid("Rome", "quiet"), SlotSet("city", "Rome"), ActionTaken("form"))
    assert [past.state.action for past in answered.history] == [past.state.action for past in asked.history]
    assert answered.now.message != asked.now.message
    assert answered.slot("city") == "Rome"


def test_an_unhappy_path_of_a_form_is_seen() -> None:
    asked = after(LISTENS, HI, ActionTaken("form"), LoopSet("form"))
    tracker = asked.after(LISTENS, HI, ActionTaken("utter_x"), ActionTaken("form"))
    assert [past.state.action for past in tracker.history] == [
        None,
        LISTEN,
        "form",
        LISTEN,
        "utter_x",
        "form",
    ]


def test_a_form_is_rejected_until_it_runs_again() -> None:
    tracker = after(LISTENS, HI, ActionTaken("form"), LoopSet("form"), ActionRejected("form"))
    assert tracker.now.loop is not None
    assert tracker.now.loop.rejected
    assert tracker.after(ActionTaken("utter_x")).now.loop == tracker.now.loop
    again = tracker.after(ActionTaken("form")).now.loop
    assert again is not None
    assert not again.rejected


def test_what_is_seen_of_slots() -> None:
    lens = Lens(
        domain(
            slots=[
                slot("text"),
                slot("secret", influences=False),
                slot("any", "any"),
                slot("yes", "bool"),
                slot("kind", "categorical", values=("A", "b")),
                slot("names", "list"),
                slot("level", "float", min_value=0.0, max_value=10.0),
            ]
        )
    )
    given = {"text": "x", "secret": "y", "any": 1, "yes": "false", "kind": "a", "names": [], "level": 20}
    assert dict(lens.slots(given)) == {"text": True, "yes": False, "kind": "a", "level": 1.0}
    assert dict(lens.slots({"kind": "z", "yes": "maybe", "level": "much"})) == {"kind": "__other__"}


def test_what_is_seen_of_entities() -> None:
    both = (EntitySpan("city", "Rome", 0, 0), EntitySpan("place", "x", 0, 0, role="from"))
    assert LENS.heard(UserSaid("x", "greet", both))[2] == ("city", "place", "place#from")
    assert LENS.heard(UserSaid("x", "quiet", both))[2] == ()


def test_a_long_conversation_keeps_its_slots_and_its_end() -> None:
    turn = (LISTENS, HI, ActionTaken("utter_x"))
    tracker = after(*turn, SlotSet("city", "Rome"), *(turn * (MOST_EVENTS // 2)))
    short = tracker.shortened()
    assert len(short.events) < len(tracker.events)
    assert short.slots() == tracker.slots()
    assert short.now == tracker.now
    assert short.history[-5:] == tracker.history[-5:]
