"""What engines make of the dictionary of stresses: espeak and Piper obey it, others hear nothing of it."""

from __future__ import annotations

import json
import re
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
_TELL_PIPER = (
    "import json, sys\n"
    "from piper import PiperVoice\n"
    "from piper_worker import stressed\n"
    "voice = PiperVoice.load(sys.argv[1])\n"
    "voice.config.espeak_voice = sys.argv[2]\n"
    "told = [stressed(voice, text) for text in json.load(sys.stdin)]\n"
    "print(json.dumps([[text, ''.join(map(''.join, voice.phonemize(text)))] for text in told]))\n"
)
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


def in_ipa(model: Path, texts: list[str], voice: str = "ru") -> list[list[str]]:
    """What Piper is told for a text, and the IPA that its network is given for that."""
    ran = subprocess.run(
        [sys.executable, "-c", _TELL_PIPER, str(model), voice],
        cwd=SCRIPTS,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return list(json.loads(ran.stdout))


def test_piper_says_every_word_with_the_stress_that_is_listed(tmp_path: Path) -> None:
    """Its espeak is another edition: some of the words it knows."""
    words = list(LISTED["words"])
    told = 0
    for word, (text, ipa) in zip(words, in_ipa(piper_voice(tmp_path), words), strict=True):
        vowels = re.findall("ˈ?j?[aɑʌoɵuyɪieɛ]", ipa)
        wanted = sum(letter in VOWELS for letter in word.partition("+")[0])
        assert [number for number, vowel in enumerate(vowels) if vowel[0] == "ˈ"] == [wanted], (word, ipa)
        assert text == (f"[[{ipa}]]" if text.startswith("[[") else word.replace("+", ""))
        told += text.startswith("[[")
    assert told > len(words) / 2


def test_piper_goes_on_after_a_marked_word(tmp_path: Path) -> None:
    """With the pauses that are written, between and at the end."""
    texts = ["Номер договор+а, уж+е есть.", "Номер договора, уже есть.", "Это в паспорте договор+а?"]
    (text, ipa), (_, plain), (_, asked) = in_ipa(piper_voice(tmp_path), texts)
    assert "+" not in text
    assert ipa == "nˈomʲir dʌɡʌvʌrˈɑ, uʒˈɛ jˈestʲ."
    assert plain == "nˈomʲir dʌɡˈovʌra, ˈuʒy jˈestʲ."
    assert asked.endswith(" dʌɡʌvʌrˈɑ?")


def test_a_piper_voice_of_another_language_hears_no_mark(tmp_path: Path) -> None:
    assert in_ipa(piper_voice(tmp_path), ["договор+а [[a]]"], "en-us")[0][0] == "договора  a "


@pytest.mark.asyncio
async def test_piper_speaks_a_marked_text(tmp_path: Path) -> None:
    engine = open_engine("piper", str(piper_voice(tmp_path / "model")), Settings(data_dir=tmp_path))
    try:
        listed, otherwise, unknown = [
            b"".join([piece async for piece in engine.speak(text, Manner())])
            for text in ("номер дог+овора", "номер договор+а", "номер договора")
        ]
    finally:
        await engine.close()
    assert listed == unknown != otherwise  # this espeak has the stress there by itself
    assert len(otherwise) == pytest.approx(len(unknown), rel=0.1)
