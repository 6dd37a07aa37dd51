"""Who picks up: people who greet in voices of several kinds, machines that talk on or beep."""

from __future__ import annotations

import asyncio
from functools import cache

import numpy as np
import pytest

from bot.settings import Settings
from voice.outbound.picked_up import PickedUp
from voice.ports import Manner
from voice.tts import open_engine, pieces
from voice.turn_taking.vad import Silero, Vad

MODEL = Silero()
RATES = (8_000, 16_000)
PEOPLE = (
    "алло",
    "да",
    "да, слушаю вас",
    "алло, кто это",
    "алло, здравствуйте, говорите пожалуйста",
    "добрый день, компания ромашка, меня зовут анна",
)
MACHINES = (
    "здравствуйте, вы позвонили по номеру девятьсот двадцать три, сейчас я не могу подойти к телефону",
    "абонент не может ответить на ваш звонок, чтобы оставить сообщение говорите после звукового сигнала",
    "вас приветствует виртуальный помощник, абонент сейчас занят, скажите что ему передать и я всё запишу",
)


@cache
def spoken(text: str, rate: int, speed: float = 1.0) -> bytes:
    async def said() -> bytes:
        engine = open_engine("espeak", "", Settings())
        sound = b"".join([piece async for piece in pieces(engine, text, Manner(speed=speed), rate)])
        await engine.close()
        return sound

    return asyncio.run(said())


def silence(seconds: float, rate: int, noise: float = 3.0) -> bytes:
    """A telephone line is never quite silent."""
    random = np.random.default_rng(7)
    return bytes(random.normal(0, noise, int(seconds * rate)).astype("<i2").tobytes())


def tone(seconds: float, rate: int, *frequencies: float, level: float = 6000.0) -> bytes:
    time = np.arange(int(seconds * rate)) / rate
    waves = sum(np.sin(2 * np.pi * frequency * time) for frequency in frequencies)
    return bytes((level * waves).astype("<i2").tobytes())


def machine(sound: bytes, rate: int, piece: int = 320) -> bool:
    picked_up = PickedUp(rate, Vad(rate, MODEL))
    for start in range(0, len(sound), piece):
        picked_up.hear(sound[start : start + piece])
    return picked_up.machine


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("speed", [0.8, 1.0, 1.2])
@pytest.mark.parametrize("text", PEOPLE)
def test_a_person_greets_and_listens(text: str, speed: float, rate: int) -> None:
    sound = silence(0.6, rate) + spoken(text, rate, speed) + silence(2.0, rate)
    again = spoken("алло, я вас слушаю", rate, speed) + silence(4.0, rate)
    assert not machine(sound + again, rate)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("speed", [0.8, 1.0, 1.2])
@pytest.mark.parametrize("text", MACHINES)
def test_a_machine_talks_on(text: str, speed: float, rate: int) -> None:
    assert machine(silence(1.0, rate) + spoken(text, rate, speed)[: int(7.5 * rate) * 2], rate)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frequency", [440.0, 850.0, 1000.0, 1400.0, 2100.0])
def test_a_beep_is_a_machine(frequency: float, rate: int) -> None:
    greeting = spoken("оставьте сообщение", rate) + silence(0.5, rate)
    assert machine(greeting + tone(0.5, rate, frequency) + silence(1.0, rate), rate)


@pytest.mark.parametrize(
    "sound",
    [
        tone(0.2, 8_000, 1000.0) + silence(3.0, 8_000),  # shorter than any machine's
        tone(0.5, 8_000, 770.0, 1336.0),  # a key
        tone(1.0, 8_000, 50.0),  # hum
        tone(0.5, 8_000, 1000.0, level=60.0),  # from another room
        silence(10.0, 8_000, noise=300.0),
        b"",
        b"\0",
        bytes(160_001),
    ],
    ids=["short", "key", "hum", "faint", "noise", "nothing", "byte", "odd"],
)
def test_other_sounds_are_no_machine(sound: bytes) -> None:
    assert not machine(sound, 8_000)


def test_pieces_of_any_length_are_the_same_sound() -> None:
    sound = silence(0.5, 8_000) + tone(0.4, 8_000, 1000.0)
    assert all(machine(sound, 8_000, piece) for piece in (2, 101, 320, 333, 6_400))


def test_after_the_first_seconds_nothing_is_judged() -> None:
    sound = silence(16.0, 8_000) + tone(1.0, 8_000, 1000.0)
    assert not machine(sound, 8_000)
