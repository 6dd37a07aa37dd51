"""Texts in pieces: nothing is lost, nothing is too long, long answers come in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.tts.sentences import LONGEST, parts, pause_s, sentences, spoken_s

ANSWER = (
    "Досрочно погасить заём можно в любой день. Для этого подайте заявление в личном кабинете, внесите сумму "
    "на счёт и дождитесь подтверждения! Нужна справка? Её пришлют на почту."
)


def test_sentences() -> None:
    assert sentences(ANSWER) == [
        "Досрочно погасить заём можно в любой день.",
        "Для этого подайте заявление в личном кабинете, внесите сумму на счёт и дождитесь подтверждения!",
        "Нужна справка?",
        "Её пришлют на почту.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", []),
        ("… — !", []),
        ("Да 🙂. 👍🏽 Хорошо\x00вот\u200bтак", ["Да .", "Хорошо воттак"]),
        ("Он сказал: «Да.» И ушёл", ["Он сказал: «Да.", "И ушёл"]),
        ("первая строка\nвторая", ["первая строка", "вторая"]),
        ("№ 5, 20 °C", ["№ 5, 20 °C"]),
    ],
)
def test_what_is_not_said(text: str, said: list[str]) -> None:
    assert sentences(text) == said


def test_a_long_sentence_is_cut_at_commas_then_between_words() -> None:
    commas = "внесите сумму на счёт до указанной даты, " * 12
    assert all(piece.endswith(",") for piece in sentences(commas))
    words = "слово " * 100
    assert {word for piece in sentences(words) for word in piece.split()} == {"слово"}
    assert [len(piece) for piece in sentences("ы" * 400)] == [LONGEST, LONGEST, 400 - 2 * LONGEST]


@given(st.text(max_size=800))
def test_pieces_are_short_and_are_pieces_of_their_own(text: str) -> None:
    for piece in sentences(text):
        assert 0 < len(piece) <= LONGEST
        assert sentences(piece) == [piece]


@given(st.text(alphabet="абв ,.!?—", max_size=800))
def test_no_letter_is_lost(text: str) -> None:
    assert [char for piece in sentences(text) for char in piece if char.isalpha()] == [
        char for char in text if char.isalpha()
    ]


def test_parts_of_a_long_answer_are_whole_sentences() -> None:
    told = parts(ANSWER * 6, 25)
    assert len(told) > 1
    assert all(spoken_s(part) <= 25 for part in told)
    assert [sentence for part in told for sentence in sentences(part)] == sentences(ANSWER * 6)


def test_a_short_rest_is_no_part_of_its_own() -> None:
    long = "Это предложение занимает примерно пять секунд, если говорить его обычным голосом без спешки."
    told = parts(f"{long} {long} Всё.", 2 * spoken_s(long))
    assert told == [f"{long} {long} Всё."]
    assert parts("", 25) == []


def test_pauses() -> None:
    assert pause_s("Да.") == pause_s("«Да!»") > pause_s("если да,")
