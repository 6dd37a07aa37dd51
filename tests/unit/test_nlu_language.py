"""Which language a message is in, and Russian in disguise."""

from __future__ import annotations

import pytest

from bot.nlu.language import Dictionary, Language, read
from bot.nlu.words import parses

KNOWN = Dictionary().__contains__


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Как закрыть карту?", Language.RUSSIAN),
        ("да", Language.RUSSIAN),
        ("скока стоит каско", Language.RUSSIAN),
        ("how can I close my card", Language.ENGLISH),
        ("Як закрити картку, підкажіть", Language.OTHER),
        ("如何关闭银行卡", Language.OTHER),
        ("wie kann ich meine karte schliessen", Language.OTHER),
        ("", Language.NONE),
        ("😀👍", Language.NONE),
        ("12345 ???", Language.NONE),
        ("щшзх ццкннг", Language.NONE),
        ("\x00\x07\u2028", Language.NONE),
    ],
)
def test_language(text: str, language: Language) -> None:
    assert read(text, KNOWN).language is language


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("rfr pfrhsnm rfhne", "как закрыть карту"), ("kak zakryt kartu", "как закрыт карту")],
)
def test_wrong_layout_and_latin_letters_are_read_as_russian(typed: str, meant: str) -> None:
    reading = read(typed, KNOWN)
    assert reading.language is Language.RUSSIAN
    assert reading.text == meant


def test_letters_without_a_name_are_a_word_like_any_other() -> None:
    assert parses("\U00017000")
