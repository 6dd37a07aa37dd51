"""Fixed phrases on disk: only those, whole or made anew, never too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.core.errors import FrontlineError
from voice.ports import Manner
from voice.tts.cache import Cached

GREETING = "Здравствуйте, это робот. Чем помочь?"


class Counting:
    """Says a letter as a sample; counts what it was asked."""

    def __init__(self, name: str = "voice-1") -> None:
        self.name, self.rate = name, 8000
        self.problem: str | None = None
        self.asked: list[str] = []

    def start(self) -> None:
        """Speaks at once."""

    async def speak(self, text: str, manner: Manner) -> AsyncGenerator[bytes, None]:
        if self.problem is not None:
            raise FrontlineError("tts_away", self.problem, status=503, retryable=True)
        self.asked.append(text)
        yield b"".join((ord(letter) % 999).to_bytes(2, "little") for letter in text)

    async def close(self) -> None:
        """Holds nothing."""


@pytest.fixture
def voice() -> Counting:
    return Counting()


@pytest.fixture
def cached(voice: Counting, tmp_path: Path) -> Cached:
    return Cached(voice, voice, tmp_path)


async def said(cached: Cached, text: str, manner: Manner = Manner()) -> bytes:
    return b"".join([piece async for piece in cached.speak(text, manner)])


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pcm"))


async def test_a_fixed_phrase_is_rendered_once(cached: Cached, voice: Counting, tmp_path: Path) -> None:
    assert await cached.remember([GREETING, GREETING]) == 2
    assert len(kept(tmp_path)) == 2
    first = await said(cached, GREETING)
    assert voice.asked == ["Здравствуйте, это робот.", "Чем помочь?"]
    again = Cached(voice, voice, tmp_path)
    assert await again.remember([GREETING]) == 0
    assert await said(again, GREETING) == first
    assert len(voice.asked) == 2


async def test_what_is_not_fixed_is_never_kept(cached: Cached, voice: Counting, tmp_path: Path) -> None:
    await said(cached, "Иван Петрович, ваш долг тысяча рублей.")
    assert kept(tmp_path) == []
    await cached.remember(["Чем помочь?"])
    mixed = await said(cached, "Иван Петрович, добрый день. Чем помочь?")
    assert len(kept(tmp_path)) == 1
    assert mixed.endswith(await said(cached, "Чем помочь?"))
    assert voice.asked.count("Чем помочь?") == 1


@pytest.mark.parametrize("harm", ["truncated", "changed", "empty", "gone"])
async def test_a_damaged_file_is_made_anew(
    cached: Cached, voice: Counting, tmp_path: Path, harm: str
) -> None:
    await cached.remember(["Чем помочь?"])
    (file,) = kept(tmp_path)
    whole = file.read_bytes()
    match harm:
        case "truncated":
            file.write_bytes(whole[:-3])
        case "changed":
            file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        case "empty":
            file.write_bytes(b"")
        case "gone":
            file.unlink()
    expected = b"".join([piece async for piece in voice.speak("Чем помочь?", Manner())])
    assert await said(cached, "Чем помочь?") == expected
    await cached.remember(["Чем помочь?"])  # waits for what the call began
    assert kept(tmp_path) == [file]
    assert file.read_bytes() == whole


async def test_voice_and_manner_have_files_of_their_own(
    cached: Cached, voice: Counting, tmp_path: Path
) -> None:
    await cached.remember(["Да."], (Manner(), Manner(speed=0.8), Manner(locale="en")))
    assert len(kept(tmp_path)) == 3
    other = Counting("voice-2")
    assert await Cached(other, other, tmp_path).remember(["Да."]) == 1
    assert len(kept(tmp_path)) == 4


async def test_the_longest_unused_go(voice: Counting, tmp_path: Path) -> None:
    cached = Cached(voice, voice, tmp_path, limit_bytes=3 * (32 + 2 * 6))
    for number in "123":
        await cached.remember([f"Часть{number}"])
        await asyncio.sleep(0.01)  # their times differ
    await said(cached, "Часть1")
    await cached.remember(["Часть4"])
    assert len(kept(tmp_path)) == 3
    before = len(voice.asked)
    await said(cached, "Часть1")
    assert len(voice.asked) == before
    await said(cached, "Часть2")
    assert voice.asked[before:] == ["Часть2"] or voice.asked[before:] == ["Часть2"] * 2


async def test_a_broken_voice_or_disk_costs_the_file_only(
    cached: Cached, voice: Counting, tmp_path: Path
) -> None:
    voice.problem = "its process ended"
    assert await cached.remember(["Да."]) == 0
    assert cached.problem == "its process ended"
    voice.problem = None
    blocked = Cached(voice, voice, tmp_path / "file" / "folder")
    (tmp_path / "file").write_text("in the way")
    assert await blocked.remember(["Да."]) == 0
    assert await said(blocked, "Да.")
    await blocked.close()


async def test_calls_at_once_render_once(cached: Cached, voice: Counting) -> None:
    await asyncio.gather(*(cached.remember(["Секунду, смотрю."]) for _ in range(5)))
    assert voice.asked == ["Секунду, смотрю."]
