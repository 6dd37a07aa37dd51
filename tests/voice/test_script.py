"""What the call itself says and understands; a broken file is named with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import InvalidContent
from bot.core.types import QuickReply
from bot.dialog.phrases import LOCALES, Phrases
from bot.settings import Settings
from voice.call.script import Script

SHIPPED = Settings().nlu_data / "voice.yml"


def script(path: Path = SHIPPED) -> Script:
    return Script.load(path, Phrases.load(), "Мост Финанс")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Повторите, пожалуйста!", "repeat"),
        ("помедленнее", "slower"),
        ("вас плохо слышно", "louder"),
        ("да", "yes"),
        ("нет, спасибо", "no"),
        ("повторите номер договора", None),
        ("", None),
    ],
)
def test_commands_are_whole_messages(text: str, command: str | None) -> None:
    assert script().command(text) == command


@pytest.mark.parametrize("locale", LOCALES)
def test_fixed_texts_are_words_only(locale: str) -> None:
    texts = script().fixed(locale)
    assert len(texts) > 20
    assert not [text for text in texts if any(char.isdigit() or char in "{}" for char in text)]


def test_options_are_said_with_their_keys() -> None:
    options = (QuickReply("Займ", "article:a"), QuickReply("Рассрочка", "article:b"))
    assert script().options_text(options, "ru") == "Скажите или нажмите: 1 — Займ; 2 — Рассрочка."
    assert script().options_text((), "ru") == ""


def test_the_menu_has_buttons_of_the_project() -> None:
    intents = set((Settings().nlu_data / "domain.yml").read_text("utf-8").split())
    for key in script().menu:
        assert key.payload.removeprefix("/") in intents
        assert script().menu_payload(key.key) == key.payload


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("menu:", "menus:", "needs exactly the keys"),
        ("  - {key: 1,", "  - {key: 0,", r"voice\.yml:\d+: menu: keys are 1 to 9"),
        ("  slower:", "  faster:", r"voice\.yml:\d+: unknown command faster"),
        ("spellings: {}", "spellings: []", "spellings: needs keys and values"),
        ("spellings: {}", "spellings: {", r"voice\.yml:\d+"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(
    tmp_path: Path, before: str, after: str, problem: str
) -> None:
    path = tmp_path / "voice.yml"
    path.write_text(SHIPPED.read_text("utf-8").replace(before, after, 1), "utf-8")
    with pytest.raises(InvalidContent, match=problem):
        script(path)
