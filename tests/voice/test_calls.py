"""Calls, by a caller who really speaks and really listens: turns, interruptions, keys, silence, ways out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from caller import Caller, World, calling

from bot.core.types import HandoffStatus

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]
Scene = Callable[[Caller], Awaitable[None]]


async def play(world: World, number: str, scene: Scene, **more: object) -> None:
    """The scene of one caller, on the loop of the calls."""

    async def played() -> None:
        async with calling(world, number, **more) as caller:
            try:
                await scene(caller)
            except Exception:
                print(await caller.words(), *await caller.events(), sep="\n")  # for whoever reads the failure
                raise

    await world.gateway.on_calls(played())


async def greeted(caller: Caller) -> None:
    words = await caller.hears()
    assert "робот" in words
    assert "запис" in words
    assert "помо" in words


async def test_a_question_is_answered_and_the_talk_is_rated(world: World) -> None:
    async def scene(caller: Caller) -> None:
        await greeted(caller)
        await caller.say("как погасить займ досрочно")
        assert "нажмите" in await caller.hears()
        await caller.say("первое")
        assert "займ" in await caller.hears()
        (_, question), (author, _), (_, choice), (_, answer) = await caller.said()
        assert (question, author, choice) == ("как погасить займ досрочно", "bot", "первое")
        assert "займ" in answer
        words = (await caller.events("call.words"))[0]
        assert [word[0] for word in words.data["words"]] == question.split()
        assert all(start < end for _, start, end, _ in words.data["words"])
        await caller.say("спасибо до свидания")
        assert "от одного до пяти" in await caller.hears()
        caller.press("5")
        assert (await caller.left()) is not None
        assert caller.line.left is not None
        assert caller.line.left.kind == "hangup"
        [rating] = await caller.events("rating")
        assert rating.data["score"] == 5
        [ended] = await caller.events("call.ended")
        recording = caller.world.house.settings.data_dir / "recordings" / ended.data["recording"]
        assert recording.stat().st_size > 16000 * 2 * ended.data["seconds"] * 0.8

    await play(world, "+79000000101", scene)


async def test_an_interrupted_answer_stops_and_only_what_was_heard_counts(world: World) -> None:
    async def scene(caller: Caller) -> None:
        await greeted(caller)
        await caller.say("какой статус моей заявки")
        await asyncio.sleep(3.0)
        await caller.say("соедините меня с оператором пожалуйста")
        heard = await caller.events("call.heard")
        assert len(heard) == 1
        [answer] = [event for event in await caller.events("message") if event.seq == heard[0].data["seq"]]
        assert len(heard[0].data["text"]) < len(answer.data["text"])
        await caller.hears()
        assert await caller.events("handoff.requested")

    await play(world, "+79000000102", scene)


async def test_zero_is_the_operator_and_the_context_comes_first(world: World) -> None:
    async def scene(caller: Caller) -> None:
        await greeted(caller)
        await caller.say("как погасить займ досрочно")
        await caller.hears()
        caller.press("0")
        step = await caller.left()
        assert step is not None
        assert (step.kind, step.topic) == ("queue", "Попросил оператора")
        [conversation] = {event.conversation_id for event in await caller.events()}
        assert step.conversation_id == conversation
        assert step.url.endswith(f"/desk#{conversation}")
        handoff = await caller.world.across(caller.world.house.store.handoffs.open_of(conversation))
        assert handoff is not None
        assert handoff.status is HandoffStatus.WAITING

    await world.house.presence.enter("somebody")
    try:
        await play(world, "+79000000103", scene)
    finally:
        await world.house.presence.leave("somebody")


async def test_where_nobody_is_at_work_a_call_back_is_offered_and_kept(world: World) -> None:
    async def scene(caller: Caller) -> None:
        await greeted(caller)
        caller.press("0")
        assert "перезвонить" in await caller.hears()
        await caller.say("да перезвоните")
        await caller.hears()
        tasks = [event.data["task"] for event in await caller.events("turn")]
        assert tasks[-1]["form"] == "callback_form"
        assert tasks[-1]["slots"]["phone"] == "+79000000104"

    await play(world, "+79000000104", scene)


async def test_silence_is_asked_twice_then_the_menu_then_a_person(world: World) -> None:
    async def scene(caller: Caller) -> None:
        await greeted(caller)
        prompts = []
        for _ in range(3):
            caller._mark = len(caller.line.heard)
            prompts.append(await caller.hears())
        assert "помо" in prompts[0]
        assert "не слышу" in prompts[1]
        assert "нажмите" in prompts[2]
        caller.press("1")
        assert "номер" in await caller.hears()
        assert (await caller.events("turn"))[-1].data["task"]["form"] == "status_form"

    await play(world, "+79000000105", scene)


async def test_keys_fill_a_form(world: World) -> None:
    async def scene(caller: Caller) -> None:
        await greeted(caller)
        await caller.say("перезвоните мне")
        await caller.hears()
        caller.press("1")
        await caller.hears()
        [*_, last] = await caller.events("turn")
        assert last.data["task"]["form"] == "callback_form"

    await play(world, "+79000000015", scene)


async def test_the_caller_sets_the_manner_of_speaking(world: World) -> None:
    async def scene(caller: Caller) -> None:
        await greeted(caller)
        await caller.say("повторите")
        assert "помо" in await caller.hears()
        await caller.say("говорите помедленнее")
        words = await caller.hears()
        assert "медленнее" in words
        assert "помо" in words
        assert await caller.said() == []

    await play(world, "+79000000106", scene)


async def test_a_caller_on_top_of_the_limit_is_told_and_goes_to_the_queue(world: World) -> None:
    async def scene(caller: Caller) -> None:
        assert "оставайтесь на линии" in await caller.hears()
        step = await caller.left()
        assert step is not None
        assert step.kind == "queue"

    world.gateway._calls += 40
    try:
        await play(world, "+79000000107", scene)
    finally:
        world.gateway._calls -= 40
