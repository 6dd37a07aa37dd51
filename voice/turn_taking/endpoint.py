"""How long a pause ends the caller's turn: by what was asked, by the words so far, by the turn model.

The turn model is smart-turn v3 (https://github.com/pipecat-ai/smart-turn, BSD-2): from the last 8 s of sound
the probability that the speaker is done. Its file comes with the package pipecat-ai, of which nothing else
is used; without it the rule is silence alone.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from voice.turn_taking import words

_FILE = Path("audio", "turn", "smart_turn", "data", "smart-turn-v3.2-cpu.onnx")

WHOLE_S = 0.4  # after the last digit of a number whose length is known
ANSWER_S = 0.35  # after yes or no
DONE_S = 0.4  # where the model is sure that the thought is finished
UNFINISHED_S = 1.1  # after «на», «и», «номер»; a small recogniser hears them in the silence after a word
UNDONE_S = 1.5  # where the model is sure that more comes
DONE, UNDONE = 0.9, 0.3  # probabilities from which the model is sure


@dataclass(frozen=True, slots=True)
class Expected:
    """What our last question awaits. `lengths`: of a number's digits that make it whole, if known."""

    kind: str = "free"  # free, yes_no, number, dictation
    lengths: tuple[int, ...] = ()


FREE = Expected()
YES_NO = Expected("yes_no")
DICTATION = Expected("dictation")  # a name, an address: words that come slowly


def number(*lengths: int) -> Expected:
    """A dictated number: `number(10, 11)` for a telephone, `number()` where the length is not known."""
    return Expected("number", lengths)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of silence that end the turn, and why so many. `model`: its opinion could change them."""

    seconds: float
    reason: str
    model: bool = False


@dataclass(frozen=True, slots=True)
class Pauses:
    """The operator's settings `silence_s` and `dictation_silence_s`."""

    plain: float = 0.6
    dictation: float = 1.6


def patience(expected: Expected, text: str, done: float | None, pauses: Pauses) -> Patience:
    """`text`: recognised so far; `done`: the turn model's probability, None when it has not answered."""
    if expected.kind == "number" or words.is_dictating(text):
        return _of_number(expected, text, pauses)
    if expected.kind == "dictation":
        return Patience(pauses.dictation, "dictation")
    if expected.kind == "yes_no" and words.is_yes_or_no(text):
        return Patience(min(pauses.plain, ANSWER_S), "answer")
    return _of_thought(words.is_unfinished(text), done, pauses)


def _of_thought(unfinished: bool, done: float | None, pauses: Pauses) -> Patience:
    if unfinished:
        return Patience(max(pauses.plain, UNFINISHED_S), "unfinished")
    if done is not None and done >= DONE:
        return Patience(min(pauses.plain, DONE_S), "model")
    if done is not None and done < UNDONE:
        return Patience(max(pauses.plain, UNDONE_S), "model")
    return Patience(pauses.plain, "silence", model=done is None)


def _of_number(expected: Expected, text: str, pauses: Pauses) -> Patience:
    said = len(words.digits(text))
    if said and said == max(expected.lengths, default=0) and not words.is_round(text):
        return Patience(min(pauses.plain, WHOLE_S), "whole")
    if said in expected.lengths:  # 10 digits of a telephone: an eleventh may come; of 30 a 33 may become
        return Patience(pauses.dictation / 2, "whole")
    if not said and expected.kind == "number" and words.words(text) and not words.is_unfinished(text):
        return Patience(pauses.plain * 1.5, "no_number")  # «не помню», a question back
    return Patience(pauses.dictation, "dictation")


def find_turn_model(setting: str) -> Path | None:
    """The model's file: the one set, else that of an installed pipecat-ai, which is not imported."""
    if setting:
        return Path(setting)
    spec = importlib.util.find_spec("pipecat")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (file := Path(folder) / _FILE).is_file():
            return file
    return None
