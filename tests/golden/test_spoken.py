"""The table of what is written and how it is said, and the shipped base as it will be heard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.documents import parse_yaml
from knowledge_base.articles import load_folder
from voice.verbaliser import verbalise

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("verbaliser.tsv")
SPELLINGS = ROOT / "voice" / "verbaliser" / "spellings.yml"
SPEECH = re.compile(r"[А-Яа-яЁё .,!?:;+-]+")


def _cases(file: Path) -> list[tuple[str, str]]:
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("# ")]
    return [(written, said) for written, _, said in (line.partition("\t") for line in lines)]


CASES = _cases(TABLE)


def test_the_table_is_large_and_each_text_is_there_once() -> None:
    assert len(CASES) >= 400
    assert len({written for written, _ in CASES}) == len(CASES)


@pytest.mark.parametrize(("written", "said"), CASES, ids=[written for written, _ in CASES])
def test_is_said(written: str, said: str) -> None:
    assert verbalise(written) == said
    assert verbalise(said) == said


ENGLISH = [
    ("We will answer within 15 minutes.", "We will answer within fifteen minutes."),
    ("The price is 1 500 ₽.", "The price is one thousand five hundred roubles."),
    ("0.5 % a day", "zero point five percent a day"),
    ("Monday to Friday, 9:00–18:00 Moscow time.", "Monday to Friday, nine a m to six p m Moscow time."),
    ("Call 8 800 000-00-00.", "Call eight, eight zero zero, zero zero zero, zero zero, zero zero."),
    ("help@most-finance.example", "help at most dash finance dot example"),
    (
        "It costs $1.5 million or €27.40.",
        "It costs one point five million dollars or twenty-seven euros forty cents.",
    ),
    (
        "On 12 March 2026 the 3rd payment is due.",
        "On March twelfth, twenty twenty-six the third payment is due.",
    ),
    ("2026-06-05 at 15:30", "June fifth, twenty twenty-six at three thirty p m"),
    ("5–7 days", "five to seven days"),
    ("$1", "one dollar"),
    ("the 21st of 1,000", "the twenty-first of one thousand"),
    ("**Note:** don't wait", "Note: don't wait"),
]


@pytest.mark.parametrize(("written", "said"), ENGLISH)
def test_is_said_in_english(written: str, said: str) -> None:
    assert verbalise(written, locale="en") == said
    assert verbalise(said, locale="en") == said


def test_every_article_is_heard_as_words() -> None:
    loaded = load_folder(ROOT / "knowledge_base" / "articles")
    assert len(loaded.articles) > 100
    for article in loaded.articles:
        for text in filter(None, (article.voice, article.title, article.body)):
            said = verbalise(text)
            assert SPEECH.fullmatch(said), (article.id, SPEECH.sub("", said))
            assert verbalise(said) == said, article.id


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("text"), str) and "name: locale" not in str(node.get("condition")):
            yield node["text"]
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def test_every_response_is_heard_as_words() -> None:
    texts = [
        text
        for file in sorted((ROOT / "nlu_data" / "data" / "responses").glob("*.yml"))
        for text in _texts(parse_yaml(file.read_text("utf-8")))
    ]
    assert len(texts) > 200
    for text in texts:
        said = verbalise(re.sub(r"\{\w+\}", "21", text))
        assert SPEECH.fullmatch(said), (text, said)


@pytest.mark.parametrize(
    ("piece", "said"),
    [
        ("1 ", "один"),
        ("5 дней, ", "пять дней,"),
        ("до 15.03 ", "до пятнадцатого марта"),
        ("за 5–7 дней ", "за пять-семь дней"),
        ("*", ""),
        ("[", ""),
        ("a@b.ru ", "эй собака би точка ру"),
    ],
)
def test_a_long_text_is_said_whole(piece: str, said: str) -> None:
    """100 kB of one piece after another: a reader that looks at all the rest each time would take minutes."""
    times = 100_000 // len(piece)
    assert verbalise(piece * times) == " ".join([said] * times).strip().removesuffix(",")


def test_an_editor_says_it_his_way() -> None:
    own = {"замок": "з+амок", "Мост Старт": "м+ост старт", "PDF": "пидиэф", "5G": "пять джи"}
    assert (
        verbalise("Замок, МОСТ СТАРТ и PDF-файл, 5G", spellings=own)
        == "з+амок, м+ост старт и пидиэф файл, пять джи"
    )
    assert verbalise("замочек и замокнуть", spellings=own) == "замочек и замокнуть"
    assert verbalise("in 5 min", locale="en", spellings={"min": "minutes"}) == "in five minutes"


def test_shipped_pronunciations_are_speech_already() -> None:
    groups = parse_yaml(SPELLINGS.read_text("utf-8"))["spellings"]
    for written, said in ((written, said) for group in groups.values() for written, said in group.items()):
        assert SPEECH.fullmatch(said), written
        assert verbalise(said) == said, written
        assert verbalise(str(written)) == said, written
