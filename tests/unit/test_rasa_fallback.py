"""When the first engine serves, when the second, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.core.errors import FrontlineError
from bot.engine.agent import Handled
from bot.rasa.fallback import FAILURES, PAUSE_S, Fallback
from tests.unit.engine_bot import Chat, domain, project, rule


@dataclass
class Moody:
    """An engine that does what it is told to."""

    mood: Exception | float | None = None
    asked: int = 0

    async def handle(self, state: Mapping[str, Any] | None, text: str, sender: str = "", **_: Any) -> Handled:
        self.asked += 1
        if isinstance(self.mood, Exception):
            raise self.mood
        if self.mood is not None:
            await asyncio.sleep(self.mood)
        return Handled({"by": "first"}, (), ("utter_first",))


AWAY = FrontlineError("rasa_away", "away", status=503, retryable=True)


@dataclass
class Pair:
    """The moody engine before a real one, with a clock that is turned by hand."""

    first: Moody = field(default_factory=Moody)
    now: float = 100.0
    seen: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        about = domain(["greet"], responses={"utter_greet": "Hi"})
        second = Chat(project(about, rules=[rule("greet", "-utter_greet")])).agent
        self.both = Fallback(
            self.first,
            second,
            deadline_s=0.05,
            observe=lambda engine, outcome: self.seen.append((engine, outcome)),
            clock=lambda: self.now,
        )

    async def say(self) -> tuple[str, ...]:
        return (await self.both.handle(None, "greet", "someone")).actions


@pytest.mark.parametrize(
    ("mood", "outcome"),
    [
        (AWAY, "rasa_away"),
        (FrontlineError("rasa_garbage", "garbage"), "rasa_garbage"),
        (KeyError("events"), "error"),
        (30.0, "timeout"),
    ],
)
async def test_the_second_engine_serves_what_the_first_does_not(
    mood: Exception | float, outcome: str
) -> None:
    pair = Pair(Moody(mood))
    assert await pair.say() == ("utter_greet",)
    assert pair.seen == [("rasa", outcome), ("builtin", "replaced")]


async def test_one_failure_is_no_problem_and_three_are() -> None:
    pair = Pair(Moody(AWAY))
    problems = []
    for _ in range(FAILURES):
        await pair.say()
        problems.append(pair.both.problem)
    assert problems == [None, None, "rasa: rasa_away; builtin serves"]


async def test_a_success_in_between_starts_the_count_anew() -> None:
    pair = Pair(Moody(AWAY))
    for mood in (AWAY, AWAY, None, AWAY, AWAY):
        pair.first.mood = mood
        await pair.say()
    assert pair.both.problem is None


async def test_an_engine_that_keeps_failing_is_left_alone_and_then_tried_by_one_turn() -> None:
    pair = Pair(Moody(AWAY))
    for _ in range(FAILURES + 4):
        assert await pair.say() == ("utter_greet",)
    assert pair.first.asked == FAILURES
    assert pair.seen[-2:] == [("rasa", "skipped"), ("builtin", "replaced")]

    pair.now += PAUSE_S
    pair.first.mood = 30.0
    assert [await one for one in [pair.say(), pair.say()]] == [("utter_greet",)] * 2
    assert pair.first.asked == FAILURES + 1

    pair.now += PAUSE_S
    pair.first.mood = None
    assert await pair.say() == ("utter_first",)
    assert pair.both.problem is None
    assert await pair.say() == ("utter_first",)


async def test_while_one_turn_tries_the_others_do_not_wait_with_it() -> None:
    pair = Pair(Moody(AWAY))
    for _ in range(FAILURES):
        await pair.say()
    pair.now += PAUSE_S
    pair.first.mood = 30.0
    await asyncio.gather(*(pair.say() for _ in range(5)))
    assert pair.first.asked == FAILURES + 1


async def test_a_turn_that_is_given_up_is_not_taken_for_a_failure() -> None:
    pair = Pair(Moody(30.0))
    pair.both._deadline = 60.0
    turn = asyncio.create_task(pair.say())
    await asyncio.sleep(0)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert pair.seen == []
