"""Grammars: phrases that the shipped model can say, and what Vosk is given."""

from __future__ import annotations

import json

import pytest

from voice.asr import SHIPPED, grammars
from voice.asr.vosk import UNKNOWN, grammar_json

GRAMMARS = {
    "yes_no": grammars.yes_no(),
    "digits": grammars.digits(),
    "numbers": grammars.numbers(),
    "menu": grammars.menu(["справка", "договор"]),
}


def test_what_vosk_is_given() -> None:
    given = json.loads(grammar_json(["Да!", "нет", "да", "", "всё  верно", "1С-Бухгалтерия"]))
    assert given == ["да", "нет", "всё верно", "1с-бухгалтерия", UNKNOWN]
    assert grammar_json([]) == grammar_json(["", "…"]) == ""


@pytest.mark.parametrize("name", GRAMMARS)
def test_the_shipped_model_knows_nearly_all_of_it(name: str) -> None:
    """Without a word a phrase is never heard; rare forms may be missing, the plain ones not."""
    lines = (SHIPPED / "graph" / "words.txt").read_text("utf-8").splitlines()
    known = {line.split()[0].replace("ё", "е") for line in lines}
    words = {word.replace("ё", "е") for phrase in GRAMMARS[name] for word in phrase.split()}
    assert len(words - known) <= len(words) * 0.15, words - known
    assert {"да", "нет", "оператор", "ноль", "девять"} <= known


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_a_person_is_always_a_way_out(locale: str) -> None:
    person = set(grammars.person(locale))
    for phrases in (grammars.yes_no(locale), grammars.digits(locale), grammars.numbers(locale)):
        assert person <= set(phrases)
    menu = grammars.menu(["a", "b"], locale)
    assert person <= set(menu)
    second = {"ru": "два", "en": "two"}[locale]
    third = {"ru": "три", "en": "three"}[locale]
    assert second in menu
    assert third not in menu
