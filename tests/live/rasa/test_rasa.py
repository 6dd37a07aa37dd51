"""Conversations on a real Rasa server, alone and with the built-in engine in reserve."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import httpx
import pytest

from bot.core.errors import FrontlineError
from bot.engine.agent import Agent
from bot.engine.events import SlotSet, UserSaid
from bot.engine.tracker import Tracker
from bot.project.model import EntitySpan
from bot.rasa.client import RasaClient
from bot.rasa.engine import RasaEngine
from bot.rasa.fallback import Fallback
from bot.rasa.server import RasaServer
from bot.rasa.translation import from_rasa, to_rasa
from tests.live.rasa.conftest import Background, Converse, ParcelActions

pytestmark = [pytest.mark.live, pytest.mark.slow]

TRACKED = [
    "hello",
    "where is my parcel",
    "when are you open",
    "it is RP0000",
    "it is RP1234",
    "floor 17",
    "bye bye",
]


def last(state: dict[str, Any] | None, engine: RasaEngine) -> Tracker:
    return Tracker.from_json(engine.lens, state or {})


async def test_both_engines_take_the_same_actions_and_say_the_same(
    engine: RasaEngine, builtin: Agent, converse: Converse
) -> None:
    ours, theirs = converse(builtin), converse(engine)
    for text in TRACKED:
        one, other = await ours.say(text), await theirs.say(text)
        assert (one.actions, one.messages) == (other.actions, other.messages), text
    assert other.messages[0].image == "https://post.example/goodbye.png"
    slots = [last(each.state, engine).slots() for each in (ours, theirs)]
    assert (slots[0].pop("floor"), slots[1].pop("floor")) == (17, "17")  # Rasa keeps what was said
    assert slots[0] == slots[1]
    assert slots[1]["number"] == "RP1234"


async def test_each_turn_can_be_on_another_engine(
    engine: RasaEngine, builtin: Agent, converse: Converse
) -> None:
    """The state is all there is: half a form here, the other half there."""
    alone, mixed = converse(builtin), converse(engine)
    for number, text in enumerate(TRACKED):
        mixed.engine = (engine, builtin)[number % 2]
        one, other = await alone.say(text), await mixed.say(text)
        assert (one.actions, one.messages) == (other.actions, other.messages), text


async def test_what_the_built_in_engine_played_comes_back_from_rasa(
    client: RasaClient, builtin: Agent, engine: RasaEngine, converse: Converse
) -> None:
    played = converse(builtin)
    for text in TRACKED:
        await played.say(text)
        tracker = last(played.state, engine)
        await client.put_events("told", [to_rasa(event) for event in tracker.events])
        answered = await client.tracker("told")
        back = Tracker.begin(engine.lens, from_rasa(answered["events"]))
        assert back.events == tracker.events
        assert (back.slots(), back.now, back.past) == (tracker.slots(), tracker.now, tracker.past)
        assert {name: answered["slots"][name] for name in back.slots()} == back.slots()
        assert (answered["active_loop"] or {}).get("name") == back.now.active_loop


async def test_a_turn_that_is_repeated_does_nothing_twice(engine: RasaEngine, converse: Converse) -> None:
    talk = converse(engine)
    await talk.say("where is my parcel")
    before = talk.state
    answers = []
    for _ in range(3):
        talk.state = before
        answers.append(await talk.say("it is RP1234"))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0].messages[0].text == "Which floor?"


async def test_actions_are_told_whose_conversation_it_is(
    engine: RasaEngine, actions: ParcelActions, converse: Converse
) -> None:
    talk = converse(engine)
    await talk.say("hello")
    assert actions.asked[-1] == ("action_greeted", talk.sender)


async def test_a_turn_brings_its_own_actions(
    engine: RasaEngine, actions: ParcelActions, converse: Converse
) -> None:
    its = ParcelActions()
    before = list(actions.asked)
    talk = converse(engine)
    said = await talk.say("hello", actions=its)
    assert said.actions == ("action_greeted", "utter_greet")
    assert its.asked == [("action_greeted", talk.sender)]
    assert actions.asked == before
    assert engine.turns == {}


async def test_a_message_that_we_have_understood_is_not_understood_again(
    engine: RasaEngine, builtin: Agent, converse: Converse
) -> None:
    ours, theirs = converse(builtin), converse(engine)
    number = EntitySpan("number", "RP4444", 0, 3, extractor="ours")
    turns = [
        UserSaid("куда делась коробка?", "track", confidence=0.7, ranking=(("track", 0.7), ("help", 0.1))),
        UserSaid("она самая", "give", (number,)),
    ]
    for said in turns:
        text = str(said.text)
        one, other = await ours.say(text, said=said), await theirs.say(text, said=said)
        assert (one.actions, one.messages, one.slots) == (other.actions, other.messages, other.slots)
        assert (one.form, one.began) == (other.form, other.began)
        assert last(theirs.state, engine).now.message == said
    assert other.messages[0].text == "Which floor?"


async def test_what_was_selected_for_a_message_is_said(
    engine: RasaEngine, builtin: Agent, converse: Converse
) -> None:
    ours, theirs = converse(builtin), converse(engine)
    for response, words in (("faq/price", "Three roubles."), ("faq/weight", "Up to 20 kg.")):
        said = UserSaid("сколько?", "faq", response=response)
        one, other = await ours.say("сколько?", said=said), await theirs.say("сколько?", said=said)
        assert (one.actions, one.messages) == (other.actions, other.messages)
        assert other.messages[0].text == words
        assert last(theirs.state, engine).now.message == said


async def test_slots_are_known_before_the_message_is_heard(engine: RasaEngine, converse: Converse) -> None:
    new, begun = converse(engine), converse(engine)
    asked = await new.say("where is my parcel", slots={"number": "RP5555"})
    assert asked.messages[0].text == "Which floor?"
    await begun.say("bye bye")
    asked = await begun.say("where is my parcel", slots={"number": "RP5555"})
    assert asked.messages[0].text == "Which floor?"


@pytest.mark.parametrize("slots", [None, {"floor": 3}])
async def test_a_session_ends_and_its_slots_are_carried_over(
    engine: RasaEngine, builtin: Agent, converse: Converse, slots: dict[str, Any] | None
) -> None:
    ours, theirs = converse(builtin), converse(engine)
    for talk in (ours, theirs):
        await talk.say("where is my parcel", at=1000.0)
        await talk.say("it is RP1234", at=1060.0)
        await talk.say("when are you open", at=1060.0 + 3601, slots=slots)
    one, other = last(ours.state, engine), last(theirs.state, engine)
    assert one.slots() == other.slots()
    assert [one.now.active_loop, other.now.active_loop] == [None, None]
    assert other.slot("number") == "RP1234"


async def test_a_channel_has_its_own_words(engine: RasaEngine, builtin: Agent, converse: Converse) -> None:
    for each in (builtin, engine):
        said = await converse(each).say("hello", channel="telegram")
        assert [message.text for message in said.messages] == ["Hello from the post."]


async def test_the_oldest_events_of_a_long_conversation_become_slots(
    engine: RasaEngine, builtin: Agent, converse: Converse
) -> None:
    talk = converse(builtin)
    await talk.say("it is RP1234")
    for _ in range(100):
        await talk.say("when are you open")
    assert last(talk.state, engine).base["number"] == "RP1234"
    talk.engine = engine
    asked = await talk.say("where is my parcel")
    assert asked.messages[0].text == "Which floor?"


async def test_an_action_that_refuses_lets_something_else_happen(
    engine: RasaEngine, converse: Converse
) -> None:
    said = await converse(engine).say("refuse it")
    assert said.actions == ("action_default_fallback",)
    assert said.messages[0].text == "I do not understand."


async def test_an_action_that_breaks_leaves_the_conversation_whole(
    engine: RasaEngine, converse: Converse
) -> None:
    talk = converse(engine)
    said = await talk.say("gamble with me")
    assert said.messages[0].text == "I do not understand."
    assert (await talk.say("bye bye")).actions == ("utter_goodbye",)


async def test_killed_in_mid_dialog_the_built_in_engine_goes_on_in_the_form(
    rasa: RasaServer,
    background: Background,
    engine: RasaEngine,
    builtin: Agent,
    converse: Converse,
) -> None:
    seen: list[tuple[str, str]] = []
    both = Fallback(engine, builtin, observe=lambda name, outcome: seen.append((name, outcome)))
    talk = converse(both)
    await talk.say("where is my parcel")
    assert rasa.pid is not None
    os.killpg(rasa.pid, signal.SIGKILL)

    said = await talk.say("it is RP1234")
    assert said.messages[0].text == "Which floor?"
    assert seen == [("rasa", "served"), ("rasa", "rasa_away"), ("builtin", "replaced")]
    await talk.say("when are you open")
    await talk.say("when are you open")
    assert both.problem == "rasa: rasa_away; builtin serves"

    while rasa.problem is None:
        await asyncio.sleep(0.1)
    await asyncio.to_thread(background.run, rasa.ready())
    while both.problem:
        await asyncio.sleep(0.2)
        await talk.say("when are you open")
    said = await talk.say("floor 17")
    assert seen[-1] == ("rasa", "served")
    assert said.messages[0].text == "RP1234 comes to floor 17."


async def test_nobody_but_us_may_use_its_api(rasa: RasaServer, client: RasaClient) -> None:
    assert (await client.status())["model_file"].endswith(".tar.gz")
    async with httpx.AsyncClient() as http:
        with pytest.raises(FrontlineError, match="status 401"):
            await RasaClient(http, rasa.url, "guessed").status()


async def test_texts_are_parsed_outside_conversations(client: RasaClient) -> None:
    parsed = await client.parse("it is RP1234")
    assert parsed["intent"]["name"] == "give"
    assert [(each["entity"], each["value"]) for each in parsed["entities"]] == [("number", "RP1234")]


async def test_a_name_may_have_any_characters(engine: RasaEngine, converse: Converse) -> None:
    talk = converse(engine)
    talk.sender = "анна/../?x=1&y#~%2F"
    await talk.say("where is my parcel")
    assert (await talk.say("it is RP1234")).messages[0].text == "Which floor?"


async def test_a_slot_that_is_set_by_us_is_one_event(engine: RasaEngine, converse: Converse) -> None:
    talk = converse(engine)
    await talk.say("bye bye")
    await talk.say("bye bye", slots={"number": "RP1111"})
    await talk.say("bye bye", slots={"number": "RP1111"})
    assert last(talk.state, engine).events.count(SlotSet("number", "RP1111")) == 1
