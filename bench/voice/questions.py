"""Spoken questions whose right answer is known, in voices that the shipped recogniser has not learnt from.

They are example questions of the knowledge base, so the ranking has seen their words; at most one is taken of
each article, from three to nine words, all of them known to the shipped recogniser. That leaves out more than
nine in ten: the figure is of what this model can hear, not of what callers ask.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.settings import Settings
from knowledge_base.articles import Article, load_folder
from tests.voice_set import speech
from voice.verbaliser import verbalise

WORDS = Path(__file__).parents[2] / "voice" / "models" / "vosk-model-tiny-ru" / "graph" / "words.txt"
SHORTEST, LONGEST = 3, 9  # words
SPEEDS, PITCHES = (145, 165, 185), (35, 50, 60)
_LETTERS = re.compile(r"[а-яёa-z-]+")
_NOISE_DB = -55.0


@dataclass(frozen=True, slots=True)
class Question:
    """`pcm` at 8 kHz ends with the voice's last sound. `answer`: what the article says to callers."""

    article: str
    text: str
    answer: str
    pcm: bytes


def questions(count: int, seed: int = 3) -> list[Question]:
    """At most as many as there are articles to ask about."""
    chance = random.Random(seed)
    possible = list(_possible(load_folder(Settings().articles).articles, chance))
    chance.shuffle(possible)
    return [_said(number, *one) for number, one in enumerate(possible[:count])]


def _possible(articles: Iterable[Article], chance: random.Random) -> Iterator[tuple[Article, str]]:
    known = {line.split()[0] for line in WORDS.read_text("utf-8").splitlines()}
    for article in articles:
        texts = [" ".join(_LETTERS.findall(_spoken(question).lower())) for question in article.questions]
        fitting = [
            text
            for text in texts
            if SHORTEST <= len(text.split()) <= LONGEST and all(word in known for word in text.split())
        ]
        if fitting:
            yield article, chance.choice(fitting)


def _said(number: int, article: Article, text: str) -> Question:
    chance = np.random.default_rng(number)
    sound = speech.say(
        text,
        speech.VOICES[number % len(speech.VOICES)],
        int(chance.choice(SPEEDS)),
        int(chance.choice(PITCHES)),
    )
    line = sound + speech.noise(sound.size / speech.RATE, _NOISE_DB, chance)[: sound.size]
    return Question(article.id, text, _spoken(article.voice or ""), speech.telephone(line))


def _spoken(text: str) -> str:
    return verbalise(text, locale="ru", spellings={})
