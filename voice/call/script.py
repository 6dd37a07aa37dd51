"""What the call itself says and understands, besides the conversation: `nlu_data/voice.yml` and phrases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.errors import InvalidContent
from bot.core.types import QuickReply
from bot.dialog.phrases import LOCALES, Phrases
from bot.nlu.content import line_of, read_yaml
from voice.tts.sentences import sentences
from voice.verbaliser import verbalise

COMMANDS = ("repeat", "slower", "louder", "yes", "no", "no_calls")
_NOT_LETTERS = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class MenuKey:
    """`payload` is the button that the key presses; titles by locale."""

    key: str
    titles: Mapping[str, str]
    payload: str


@dataclass(frozen=True, slots=True)
class Script:
    """`spellings`: how the editors want words to be said."""

    phrases: Phrases
    company: str
    menu: tuple[MenuKey, ...]
    commands: Mapping[str, str]  # what is said -> command
    spellings: Mapping[str, str]

    @classmethod
    def load(cls, path: Path, phrases: Phrases, company: str) -> Script:
        """Raises `InvalidContent` naming file and line."""
        content = read_yaml(path)
        if not isinstance(content, dict) or set(content) != {"menu", "commands", "spellings"}:
            raise InvalidContent(str(path), None, "needs exactly the keys menu, commands and spellings")
        commands = {
            _joined(str(text)): name
            for name, texts in _mapping(path, content, "commands").items()
            for text in texts
        }
        if unknown := set(commands.values()) - set(COMMANDS):
            raise InvalidContent(
                str(path), line_of(path, "commands"), f"unknown command {sorted(unknown)[0]}"
            )
        spellings = {str(a): str(b) for a, b in _mapping(path, content, "spellings").items()}
        return cls(phrases, company, _menu(path, content), commands, spellings)

    def say(self, key: str, locale: str, *, variant: int = 0, **values: object) -> str:
        return self.phrases(f"voice.{key}", locale, variant=variant, company=self.company, **values)

    def spoken(self, text: str, locale: str) -> str:
        """In words that a synthesiser can say."""
        return verbalise(text, locale=locale, spellings=self.spellings)

    def command(self, text: str) -> str | None:
        """One of `COMMANDS`, where the message is nothing else."""
        return self.commands.get(_joined(text))

    def menu_text(self, locale: str) -> str:
        keys = "; ".join(
            self.say("menu_key", locale, number=each.key, title=each.titles[locale]) for each in self.menu
        )
        return self.say("menu", locale, keys=keys)

    def menu_payload(self, key: str) -> str | None:
        return next((each.payload for each in self.menu if each.key == key), None)

    def options_text(self, options: Sequence[QuickReply], locale: str) -> str:
        """The buttons of a question, to be said or keyed by their numbers."""
        named = "; ".join(
            self.say("option", locale, number=number, title=option.title)
            for number, option in enumerate(options, 1)
        )
        return self.say("options", locale, options=named) if named else ""

    def fixed(self, locale: str) -> tuple[str, ...]:
        """Sentences that do not change from call to call, to be rendered ahead."""
        texts = self.phrases.section("voice", locale)
        whole = [key for key, text in texts.items() if "{" not in text.replace("{company}", "")]
        return tuple(
            sentence
            for text in (*(self.say(key, locale) for key in whole), self.menu_text(locale))
            for sentence in sentences(self.spoken(text, locale))
        )


def _joined(text: str) -> str:
    """Recognisers write "по медленнее" and "помедленнее" as they like."""
    return _NOT_LETTERS.sub("", text.lower().replace("ё", "е"))


def _mapping(path: Path, content: Any, key: str) -> Mapping[str, Any]:
    value = content[key]
    if not isinstance(value, dict):
        raise InvalidContent(str(path), line_of(path, key), f"{key}: needs keys and values")
    return value


def _menu(path: Path, content: Any) -> tuple[MenuKey, ...]:
    keys = []
    for item in content["menu"] or ():
        if not isinstance(item, dict) or set(item) != {"key", "payload", *LOCALES}:
            raise InvalidContent(
                str(path), line_of(path, "menu"), "menu: each entry has key, payload, ru and en"
            )
        key = str(item["key"])
        if len(key) != 1 or key not in "123456789":
            line = line_of(path, f"key: {key}")
            raise InvalidContent(str(path), line, "menu: keys are 1 to 9; zero is always the operator")
        keys.append(MenuKey(key, {locale: str(item[locale]) for locale in LOCALES}, str(item["payload"])))
    return tuple(keys)
