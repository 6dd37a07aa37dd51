"""What engines make of the dictionary of stresses: espeak obeys it, Piper never hears its marks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.core.documents import parse_yaml
from bot.settings import Settings
from tests.conftest import ROOT
from tests.voices import piper_voice
from voice.ports import Manner
from voice.tts import open_engine
from voice.tts.worker import SCRIPTS

LISTED = parse_yaml(Path(ROOT, "voice", "verbaliser", "stresses.yml").read_text("utf-8"))
VOWELS = "аеёиоуыэюя"
SOUNDS = {
    "a",
    "a#",
    "A",
    "V",
    "V#",
    "o",
    "8",
    "u",
    "u#",
    'u"',
    "y",
    "I",
    "i",
    "e",
    "E",
    "E#",
    "E2",
    "ja",
    "ju",
}
_SAY = (
    "import json, sys\n"
    "from espeak_worker import Espeak\n"
    "espeak = Espeak('ru+f5', 'en-us+f5', 160)\n"
    "print(json.dumps([[espeak.stressed(word), espeak.phonemes(word.replace('+', ''))]\n"
    "                  for word in json.load(sys.stdin)]))\n"
)


def stressed(sounds: list[str]) -> list[int]:
    """Which of its vowels have the main stress."""
    vowels = [sound for sound in sounds if sound.lstrip("',") in SOUNDS]
    return [number for number, sound in enumerate(vowels) if sound.startswith("'")]


def said(words: list[str]) -> list[tuple[str, list[str]]]:
    """What espeak is told for a word with its mark, and its own sounds without."""
    ran = subprocess.run(
        [sys.executable, "-c", _SAY],
        cwd=SCRIPTS,
        input=json.dumps(words),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [(told, sounds) for told, sounds in json.loads(ran.stdout)]


def test_espeak_says_every_word_with_the_stress_that_is_listed() -> None:
    words = list(LISTED["words"])
    for word, (told, own) in zip(words, said(words), strict=True):
        wanted = [sum(letter in VOWELS for letter in word.partition("+")[0])]
        assert told.startswith("[["), f"{word}: espeak knows it"
        assert stressed(told.strip("[]").split("_")) == wanted, (word, told)
        assert stressed(own) != wanted, (word, own)


def test_espeak_says_the_words_of_phrases_with_the_stress_that_is_listed() -> None:
    """Where the word by itself is listed otherwise, espeak may be right already."""
    words = [next(word for word in phrase.split() if "+" in word) for phrase in LISTED["phrases"]]
    for word, (told, own) in zip(words, said(words), strict=True):
        wanted = [sum(letter in VOWELS for letter in word.partition("+")[0])]
        sounds = told.strip("[]").split("_") if told.startswith("[[") else own
        assert stressed(sounds) == wanted, (word, told, own)


@pytest.mark.asyncio
async def test_piper_hears_no_mark(tmp_path: Path) -> None:
    model = piper_voice(tmp_path / "model")
    engine = open_engine("piper", str(model), Settings(data_dir=tmp_path))
    try:
        for marked in ("по номеру договор+а", "+органы", "уж+е с+орок минут"):
            sounds = [
                b"".join([piece async for piece in engine.speak(text, Manner())])
                for text in (marked, marked.replace("+", ""), f"{marked} плюс")
            ]
            assert sounds[0] == sounds[1] != sounds[2], marked
    finally:
        await engine.close()
