"""Sentences said lately are not made again, and never in another engine's voice."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from bot.core.errors import FrontlineError
from voice.ports import Manner
from voice.tts.recent import Recent

RATE = 8000


class Voice:
    """Says each text as 0.1 s of its length's sample; breaks at a text that begins with `!`."""

    name, rate = "test", RATE

    def __init__(self) -> None:
        self.said: list[str] = []
        self.problem: str | None = None

    def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def speak(self, text: str, manner: Manner) -> AsyncGenerator[bytes, None]:
        self.said.append(text)
        for _ in range(10):
            yield bytes([len(text), 0]) * (RATE // 100)
            if text.startswith("!"):
                raise FrontlineError("tts_away", "gone", status=503)


async def said(voice: Recent, text: str, manner: Manner | None = None, rate: int = RATE) -> bytes:
    return b"".join([piece async for piece in voice.speak(text, manner or Manner(), rate)])


async def test_a_sentence_is_made_once() -> None:
    voice = Voice()
    again = Recent(voice)
    first = await said(again, "да")
    assert len(first) == RATE // 10 * 2
    assert await said(again, "да") == first
    assert voice.said == ["да"]


async def test_another_manner_or_rate_is_another_sound() -> None:
    voice = Voice()
    again = Recent(voice)
    slow = Manner(speed=0.8)
    sounds = [await said(again, "да"), await said(again, "да", slow), await said(again, "да", rate=16000)]
    assert len(voice.said) == 3
    assert len(sounds[2]) == 2 * len(sounds[0])


async def test_what_was_interrupted_or_broke_is_not_kept() -> None:
    voice = Voice()
    again = Recent(voice)
    speaking = again.speak("да", Manner(), RATE)
    await anext(speaking)
    await speaking.aclose()
    with pytest.raises(FrontlineError):
        await said(again, "!")
    assert len(await said(again, "да")) == RATE // 10 * 2
    with pytest.raises(FrontlineError):
        await said(again, "!")
    assert voice.said == ["да", "!", "да", "!"]


async def test_a_voice_in_reserve_is_not_kept() -> None:
    voice = Voice()
    again = Recent(voice)
    voice.problem = "first: gone"
    await said(again, "да")
    voice.problem = None
    await said(again, "да")
    await said(again, "да")
    assert voice.said == ["да", "да"]


async def test_the_longest_unused_goes_first() -> None:
    voice = Voice()
    again = Recent(voice, limit_bytes=2 * RATE // 10 * 2)
    for text in ("а", "бб", "а", "ввв", "а", "бб"):
        await said(again, text)
    assert voice.said == ["а", "бб", "ввв", "бб"]
