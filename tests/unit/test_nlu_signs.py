"""The notation of signs, as its docstring promises it."""

from __future__ import annotations

import pytest

from bot.nlu.encoders.static import StaticEncoder
from bot.nlu.query import QueryBuilder
from bot.nlu.signs import Message, parse_sign

READ = QueryBuilder(StaticEncoder())


@pytest.mark.parametrize(
    ("sign", "text", "found"),
    [
        ("оператор|человек", "позовите оператора", True),
        ("оператор|человек", "позовите врача", False),
        ("карта + заблок*", "заблокировали карту", True),
        ("карта + заблок*", "карту прислали", False),
        ("карта - рассрочка", "моя карта", True),
        ("карта - рассрочка", "карта рассрочки", False),
        ("=карта", "эта карта", True),
        ("=карта", "нет карты", False),
        ("^позовите", "позовите человека", True),
        ("^позовите", "вы позовите", False),
        ("живой человек", "хочу живого человека", True),
        ("живой человек", "человек живой", False),
        ("дать > оператор", "дайте мне уже оператора", True),
        ("дать > оператор", "дайте мне денег и потом оператора", False),
        ("дать > оператор", "оператора дайте", False),
    ],
)
def test_sign(sign: str, text: str, found: bool) -> None:
    assert parse_sign(sign, READ).found(Message.of(READ(text))) is found
