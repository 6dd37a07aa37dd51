"""Other languages than Russian and English are told from each other, and never seen in Russian."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.nlu import language
from bot.nlu.language import Dictionary, Language, read
from bot.project.loading import load
from bot.settings import ROOT
from knowledge_base.articles import load_folder

KNOWN = Dictionary().__contains__
SENTENCES = yaml.safe_load(Path(__file__).with_name("languages.yml").read_text("utf-8"))


@pytest.mark.parametrize(("part", "floor"), [("known", 0.98), ("unseen", 0.8)])
def test_languages_are_told_from_each_other(part: str, floor: float) -> None:
    rows = [(code, text) for code, texts in SENTENCES[part].items() for text in texts]
    assert len(rows) >= 60
    missed = [(code, text, read(text, KNOWN)) for code, text in rows if read(text, KNOWN).code != code]
    assert len(missed) <= len(rows) * (1 - floor), missed


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Рахмет", "kk"),
        ("rahmat", "uz"),
        ("TEŞEKKÜRLER", "tr"),
        ("İYİ GÜNLER, KARTIM NEREDE", "tr"),
        ("Мне kartani qanday yopaman kerak", "uz"),
        ("今日はカードを無くしました", "ja"),
        ("سلام، کارتم گم شده", "fa"),
        ("Kartim yo'qoldi, yordam bering", "uz"),
    ],
)
def test_a_language_is_told_by_a_word_or_its_letters(text: str, code: str) -> None:
    assert read(text, KNOWN) == language.Reading(text, Language.OTHER, code)


def test_no_russian_is_taken_for_another_language() -> None:
    project = load(ROOT / "nlu_data")
    texts = [example.text for example in project.nlu.examples]
    texts += [
        text
        for article in load_folder(ROOT / "knowledge_base" / "articles").articles
        for text in article.questions
    ]
    assert len(texts) > 1000
    texts = [text for text in texts if "@" not in text and not text.startswith("Татарча")]
    assert [text for text in texts if read(text, KNOWN).language is Language.OTHER] == []


@pytest.mark.parametrize(
    "text",
    [
        "салам, как дела",
        "рахмат вам за помощь",
        "данке шон, дорогой робот",
        "скачла купила в магазе а кешбека нету",
        "kak perenesti platezh po zajmu",
        "hf,jnftn kb jabc d ce,,jne",
        "купил холодильник Gefest в М.Видео, где мои баллы",
        "Грошев Сергей Иванович, договор МП-118230",
    ],
)
def test_russian_stays_russian(text: str) -> None:
    assert read(text, KNOWN).language is Language.RUSSIAN


@pytest.mark.parametrize(
    "text",
    ["my card was lost in Paris", "what is a kredit karta", "Come on, pay me back", "is the fee for me only"],
)
def test_english_stays_english(text: str) -> None:
    assert read(text, KNOWN).language is Language.ENGLISH
