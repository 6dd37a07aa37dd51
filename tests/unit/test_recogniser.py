"""Intents of short texts: learning, "none of these", what is refused, and the figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import FrontlineError, InvalidContent
from bot.engine.recogniser import Recogniser
from bot.evaluation.intents import judge, load
from bot.nlu.query import Query
from bot.nlu.words import analyse

THINGS = {
    "card": ["карту", "карточку", "пластик", "мою карту", "дебетовую карту"],
    "loan": ["займ", "деньги в долг", "кредит", "мой займ", "новый займ"],
}
VERBS = {"card": ["заблокируйте", "закройте", "перевыпустите"], "loan": ["погасить", "взять", "продлить"]}
EXAMPLES = [
    (f"{verb} {thing}", intent)
    for intent, things in THINGS.items()
    for thing in things
    for verb in VERBS[intent]
]
STRANGE = ["какая завтра погода", "расскажи анекдот", "кто выиграл матч", "рецепт борща", "сколько лет луне"]


def read(text: str) -> Query:
    tokens, lemmas = analyse(text)
    return Query(text, tokens, lemmas, np.zeros(0, np.float32))


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.learn([*EXAMPLES, *((text, None) for text in STRANGE)], read)


def test_what_was_taught_is_recognised(recogniser: Recogniser) -> None:
    found = recogniser.recognise([text for text, _ in EXAMPLES])
    assert [one.intent for one in found] == [intent for _, intent in EXAMPLES]


def test_other_words_and_typos(recogniser: Recogniser) -> None:
    found = recogniser.recognise(["заблокировать карточьку", "хочу взять новый займ", ""])
    assert [one.intent for one in found[:2]] == ["card", "loan"]
    assert 0 <= found[2].confidence <= 1


def test_none_of_these(recogniser: Recogniser) -> None:
    found = recogniser.recognise(["какая сегодня погода", "анекдот про луну"])
    assert [one.intent for one in found] == [None, None]


def test_the_ranking_is_of_the_intents(recogniser: Recogniser) -> None:
    [one] = recogniser.recognise(["закройте карту"])
    assert [name for name, _ in one.ranking] == ["card", "loan"]
    assert one.confidence == one.ranking[0][1] > one.ranking[1][1]


def test_without_examples_of_none_few_are_rejected() -> None:
    found = Recogniser.learn(EXAMPLES, read).recognise([text for text, _ in EXAMPLES])
    assert sum(one.intent is None for one in found) <= len(EXAMPLES) // 10


def test_one_intent_is_nothing_to_learn() -> None:
    with pytest.raises(FrontlineError, match="two intents"):
        Recogniser.learn([("а", "x"), ("б", None)], read)


@pytest.mark.parametrize("line", ["{", '{"text": "a"}', '{"text": 1, "intent": "x"}', "[]"])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"text": "a", "intent": null}\n' + line + "\n", "utf-8")
    with pytest.raises(InvalidContent) as caught:
        load(path)
    assert caught.value.line == 2


def test_the_figures() -> None:
    right = ["a", "a", "b", None, None]
    said = ["a", "b", "b", None, "a"]
    figures = judge(right, said, ["a", "a", "b", "a", "a"])
    assert (figures["n"], figures["accuracy"], figures["likeliest"]) == (3, pytest.approx(2 / 3), 1)
    assert figures["macro_f1"] == pytest.approx((2 * 1 / 4 + 2 * 1 / 3) / 2)
    assert figures["oos"] == {"n": 2, "recall": 0.5, "precision": 1.0}


def test_texts_without_a_vector_are_read_beside_those_with_one() -> None:
    def some(text: str) -> Query:
        return replace(read(text), vector=np.full(3, bool(text) * 3**-0.5, np.float32))

    learnt = Recogniser.learn(EXAMPLES, some)
    assert [len(one.ranking) for one in learnt.recognise([""])] == [2]
