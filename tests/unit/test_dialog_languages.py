"""The sentences in other languages: complete, told in their own language, and their answers understood."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.dialog import languages
from bot.dialog.context import Context
from bot.dialog.phrases import Phrases
from bot.nlu.language import Dictionary, Language, Reading, read

KNOWN = Dictionary().__contains__
SENTENCES = yaml.safe_load(Path(languages.__file__).with_name("languages.yml").read_text("utf-8"))
TURKIC = {"az", "tr"}  # whose capital I is another letter
ASKED = Context(offered=True)


@pytest.mark.parametrize("code", SENTENCES)
def test_each_language_is_spoken_in_itself(code: str) -> None:
    for key in ("served", "colleague", "called"):
        assert read(SENTENCES[code][key], KNOWN).code == code
    assert code in languages.codes()
    assert Phrases.load().has(f"desk.skill_{code}")


@pytest.mark.parametrize("code", SENTENCES)
def test_an_offer_is_accepted(code: str) -> None:
    asked = replace(ASKED, language=code)
    for yes in SENTENCES[code]["agrees"]:
        assert languages.wants_person(f"{yes.capitalize() if code not in TURKIC else yes}!", asked)
        assert not languages.wants_person(f"{yes}!", replace(asked, offered=False))
    assert languages.wants_person(SENTENCES[code]["button"], asked) or code in {"de"}
    assert not languages.wants_person("", asked)
    assert not languages.wants_person("да", Context(offered=True))


def test_a_language_is_remembered_until_russian_is_written() -> None:
    context = languages.heard(Reading("Рахмет", Language.OTHER, "kk"), Context())
    assert context.language == "kk"
    assert Context.read(context.stored()).language == "kk"
    assert languages.heard(read("да", KNOWN), context).language == "kk"
    assert languages.heard(read("👍", KNOWN), context).language == "kk"
    assert languages.heard(read("я понял, карту заблокируйте", KNOWN), context).language == ""
    assert languages.heard(read("please close my account", KNOWN), context).language == "en"
    assert languages.heard(Reading("?", Language.OTHER), context).language == ""
