"""One engine for another: who speaks, what is said again, who is tried when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from bot.core.errors import FrontlineError
from voice.ports import Manner
from voice.tts.fallback import Fallback

TEXT = "Первое. Второе. Третье."
AWAY = FrontlineError("tts_away", "its process ended", status=503, retryable=True)


class Letters:
    """Says a letter of a text as a sample of its own `tone`; breaks, or takes its time, before some texts."""

    def __init__(self, name: str, tone: int, rate: int = 8000) -> None:
        self.name, self.tone, self.rate = name, tone, rate
        self.problem: str | None = None
        self.breaks: dict[str, FrontlineError] = {}
        self.slow: set[str] = set()
        self.asked: list[str] = []
        self.closed = 0

    def start(self) -> None:
        """Speaks at once."""

    async def speak(self, text: str, manner: Manner) -> AsyncGenerator[bytes, None]:
        self.asked.append(text)
        try:
            yield self.tone.to_bytes(2, "little") * (len(text) // 2)
            if error := self.breaks.get(text):
                raise error
            if text in self.slow:
                await asyncio.sleep(60)
            yield self.tone.to_bytes(2, "little") * (len(text) - len(text) // 2)
        finally:
            self.closed += 1

    async def close(self) -> None:
        self.problem = "stopped"


async def heard(fallback: Fallback, text: str = TEXT) -> list[int]:
    """How many samples in a row each tone had; silence between sentences left out."""
    pcm = b"".join([piece async for piece in fallback.speak(text, Manner())])
    tones = [int.from_bytes(pcm[at : at + 2], "little") for at in range(0, len(pcm), 2)]
    return [tone for tone in tones if tone]


@pytest.fixture
def first() -> Letters:
    return Letters("first", 1)


@pytest.fixture
def second() -> Letters:
    return Letters("second", 2)


async def test_the_first_speaks(first: Letters, second: Letters) -> None:
    fallback = Fallback([first, second])
    assert await heard(fallback) == [1] * 21
    assert second.asked == []
    assert fallback.problem is None
    assert fallback.name == "first"


async def test_the_next_says_the_broken_sentence_again_and_the_rest(first: Letters, second: Letters) -> None:
    first.breaks["Второе."] = AWAY
    fallback = Fallback([first, second])
    assert await heard(fallback) == [1] * 7 + [1] * 3 + [2] * 14
    assert first.asked == ["Первое.", "Второе."]
    assert second.asked == ["Второе.", "Третье."]
    assert fallback.problem == "first: its process ended"


async def test_a_broken_one_rests_then_is_asked_again(first: Letters, second: Letters) -> None:
    first.breaks["Второе."] = AWAY
    resting = Fallback([first, second])
    await heard(resting)
    first.breaks.clear()
    assert await heard(resting) == [2] * 21
    rested = Fallback([first, second], retry_s=0)
    first.breaks["Второе."] = AWAY
    await heard(rested)
    first.breaks.clear()
    assert await heard(rested) == [1] * 21
    assert rested.problem is None


async def test_too_slow_is_broken(first: Letters, second: Letters) -> None:
    first.slow.add("Второе.")
    fallback = Fallback([first, second], deadline_s=0.05)
    assert (await heard(fallback))[-14:] == [2] * 14
    assert fallback.problem == "first: no sound in 0.05 s"
    assert first.closed == 2  # it was stopped


async def test_one_that_is_known_to_be_away_is_not_waited_for(first: Letters, second: Letters) -> None:
    first.problem = "starting"
    fallback = Fallback([first, second])
    assert await heard(fallback) == [2] * 21
    assert first.asked == []
    first.problem = None
    assert await heard(fallback) == [1] * 21


async def test_a_text_that_one_cannot_say_does_not_rest_it(first: Letters, second: Letters) -> None:
    first.breaks["Второе."] = FrontlineError("tts_failed", "cannot say this")
    fallback = Fallback([first, second])
    await heard(fallback)
    assert await heard(fallback, "Первое.") == [1] * 7


async def test_nobody_is_left(first: Letters, second: Letters) -> None:
    for engine in (first, second):
        engine.breaks["Второе."] = AWAY
    fallback = Fallback([first, second])
    with pytest.raises(FrontlineError) as broken:
        await heard(fallback)
    assert broken.value is AWAY
    assert first.asked.count("Второе.") == second.asked.count("Второе.") == 2
    assert fallback.problem == "first: its process ended; second: its process ended"


async def test_the_rate_is_that_of_the_first(first: Letters) -> None:
    wide = Letters("wide", 2, rate=16000)
    first.breaks["Первое."] = AWAY
    fallback = Fallback([first, wide])
    narrow = [piece async for piece in fallback.speak("Первое.", Manner())]
    assert fallback.rate == 8000
    assert len(b"".join(narrow)) // 2 in range(3 + 3, 3 + 5)  # 3 of the first, 7 at half the rate


async def test_left_early_all_stop(first: Letters, second: Letters) -> None:
    fallback = Fallback([first, second])
    speaking = fallback.speak(TEXT, Manner())
    await anext(speaking)
    await speaking.aclose()
    assert first.closed == len(first.asked) <= 2
