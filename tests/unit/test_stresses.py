"""The dictionary of stresses: its entries, and where they are used."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from bot.core.documents import parse_yaml
from knowledge_base.articles import load_folder
from tests.conftest import ROOT
from voice.tts.sentences import sentences
from voice.verbaliser import verbalise

LISTED = parse_yaml(Path(ROOT, "voice", "verbaliser", "stresses.yml").read_text("utf-8"))
ENTRIES = (*LISTED["words"], *LISTED["phrases"])
_MARKED = re.compile(r"[а-яё]*\+[аеёиоуыэюя][а-яё]*")


@pytest.mark.parametrize("kind", ["words", "phrases"])
def test_entries_stand_in_order_once_each(kind: str) -> None:
    plain = [entry.replace("+", "") for entry in LISTED[kind]]
    assert len(plain) > 50
    assert all(one < other for one, other in pairwise(plain))
    assert all((" " in entry) == (kind == "phrases") for entry in plain)


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_marks_one_vowel_of_several(entry: str) -> None:
    marked = [word for word in entry.split() if "+" in word]
    assert len(marked) == 1
    assert _MARKED.fullmatch(marked[0])
    assert len(re.findall("[аеёиоуыэюя]", marked[0])) > 1
    assert "ё" not in marked[0]  # it has the stress by itself
    assert re.fullmatch("[а-яё+ ]+", entry)


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_is_said_as_it_is_listed(entry: str) -> None:
    said = verbalise(f"Вот {entry.replace('+', '')}.")
    assert next(word for word in entry.split() if "+" in word) in said[:-1].split()
    assert verbalise(said) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Договора нет", "Договор+а нет"),
        ("ДОГОВОРА 5", "договор+а пять"),
        ("срок письма и письма", "срок письм+а и письма"),
        ("за 2 часа, в течение часа", "за два час+а, в течение часа"),
        ("эти номера и номера", "эти номер+а и н+омера"),
        ("номера карты", "н+омера карты"),
        ("семьдесят три часа, смотри часа", "семьдесят три час+а, смотри часа"),  # not inside a word
        ("мы на связи, оператор связи", "мы на связ+и, оператор связи"),
        ("договоры и договорами", "договоры и договорами"),  # other words
        ("договора-оферты", "договора-оферты"),
        ("д+оговора", "д+оговора"),  # marked already
        ("догово\u0301ра", "догов+ора"),
        (
            "Оформите займ в приложении: решение за пять минут.",
            "Оформите займ в приложении: решение за пять минут.",
        ),
    ],
)
def test_where_the_stress_is_marked(written: str, said: str) -> None:
    assert verbalise(written) == said
    assert verbalise(said) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("наши о\u0301фисы", "наши +офисы"),
        ("Э\u0301то", "+Это"),
        ("у +адреса", "у +адреса"),
        ("каско +ОСАГО", "каско плюс осаго"),
        ("а + б", "а плюс б"),
        ("1+один", "один плюс один"),
        ("карта +бонус", "карта плюс бонус"),
    ],
)
def test_a_mark_on_the_first_vowel_is_no_plus(written: str, said: str) -> None:
    assert verbalise(written) == said
    assert verbalise(said) == said


def test_an_editor_has_the_last_word() -> None:
    assert verbalise("срок договора", spellings={"договора": "догов+ора"}) == "срок догов+ора"
    assert verbalise("срок договора", spellings={"Договора": "договора"}) == "срок договора"
    assert verbalise("срок договора", spellings={"договора": "соглашения"}) == "срок соглашения"
    assert verbalise("два часа", spellings={"часа": "час+ика"}) == "два час+ика"
    other = {"кэшбэк": "возврат по условиям договора"}
    said = verbalise("кэшбэк", spellings=other)
    assert said == "возврат по условиям договор+а"  # the entry says nothing of this word by itself
    assert verbalise(said, spellings=other) == said


def test_english_has_no_such_marks() -> None:
    assert "+" not in verbalise("the contract, договора", locale="en")


def test_marks_reach_the_engine_within_the_words_of_our_articles() -> None:
    marked = 0
    for article in load_folder(Path(ROOT, "knowledge_base", "articles")).articles:
        for sentence in sentences(verbalise(article.voice or article.body)):
            marked += sentence.count("+")
            assert sentence.count("+") == len(_MARKED.findall(sentence.lower()))
    assert marked > 50
