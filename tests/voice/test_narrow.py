"""A second opinion on short answers and numbers, by a grammar."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.settings import Settings
from voice.asr import SHIPPED, load
from voice.call.narrow import Both, grammar_of, surer
from voice.ports import Heard, Manner, Recogniser, Word
from voice.tts import Engine, open_engine, pieces
from voice.turn_taking import FREE, YES_NO, number


def heard(text: str, confidence: float, seconds: float = 0.3) -> Heard:
    words = tuple(
        Word(word, at * seconds, (at + 1) * seconds, confidence) for at, word in enumerate(text.split())
    )
    return Heard(text, confidence, words)


@pytest.mark.parametrize(
    ("free", "narrow", "text"),
    [
        (heard("дата", 0.5), heard("да", 1.0), "да"),
        (heard("", 1.0), heard("да", 1.0), "да"),
        (heard("нет", 0.95), heard("да", 1.0), "нет"),
        (heard("а сколько это стоит", 0.6), heard("нет", 1.0), "а сколько это стоит"),
        (heard("восемь девять сот", 0.7), heard("восемь девятьсот", 1.0, 0.45), "восемь девятьсот"),
        (heard("дом", 0.4), heard("", 1.0), "дом"),
    ],
)
def test_the_surer_one_is_taken(free: Heard, narrow: Heard, text: str) -> None:
    assert surer(free, narrow).text == text


def test_only_questions_with_a_known_kind_of_answer_have_a_grammar() -> None:
    assert grammar_of(FREE, "ru") == ()
    assert "да" in grammar_of(YES_NO, "ru")
    assert "девятьсот" in grammar_of(number(11), "ru")
    assert "yes" in grammar_of(YES_NO, "en")


@pytest.fixture
async def recogniser() -> AsyncIterator[Recogniser]:
    opened = load("vosk", SHIPPED)
    yield opened
    await opened.close()


@pytest.fixture
async def voice() -> AsyncIterator[Engine]:
    opened = open_engine("espeak", "", Settings())
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        ("да", YES_NO, "да"),
        (
            "восемь девятьсот двенадцать триста сорок пять",
            number(10, 11),
            "восемь девятьсот двенадцать триста сорок пять",
        ),
        ("сколько это стоит", YES_NO, "сколько это стоит"),
    ],
)
async def test_both_hear_the_same_sound(
    recogniser: Recogniser, voice: Engine, said: str, kind: object, text: str
) -> None:
    pcm = b"".join([piece async for piece in pieces(voice, said, Manner(), 8000)])
    both = Both(recogniser, 8000, grammar_of(kind, "ru"))  # type: ignore[arg-type]  # one of the kinds above
    await both.feed(bytes(4800) + pcm + bytes(4800))
    assert (await both.finish()).text == text
    left = Both(recogniser, 8000, grammar_of(kind, "ru"))  # type: ignore[arg-type]  # as above
    await left.feed(pcm)
    await left.abandon()
