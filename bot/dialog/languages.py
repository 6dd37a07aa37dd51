"""What a customer is told who writes another language than Russian, and who is called for them.

The sentences are `languages.yml`; a language that it does not have is answered in Russian and English.
A person who speaks the language is promised only while somebody on the team has it as a skill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from bot.core.documents import parse_yaml
from bot.core.types import QuickReply
from bot.dialog.context import Context
from bot.dialog.speech import Speech
from bot.nlu.language import Language, Reading

SPEAKS = 4  # words from which a Russian message says that its author speaks Russian
_AROUND = " \t.,!?…¡¿。！？՞։؟،"


@dataclass(frozen=True, slots=True)
class Sentences:
    """The file explains the keys."""

    served: str
    colleague: str
    ask: str
    button: str
    called: str
    agrees: frozenset[str]
    person: tuple[str, ...]


def codes() -> tuple[str, ...]:
    """Languages, as skills: those that customers are told something in, and English."""
    return (Language.ENGLISH.value, *_sentences())


def heard(reading: Reading, context: Context) -> Context:
    """Remembers the customer's language; a word of Russian, or noise, does not change it."""
    if reading.language is Language.OTHER:
        return replace(context, language=reading.code or "")
    if reading.language is Language.ENGLISH:
        return replace(context, language=Language.ENGLISH.value)
    speaks = reading.language is Language.RUSSIAN and len(reading.text.split()) >= SPEAKS
    return replace(context, language="") if speaks else context


def wants_person(text: str, context: Context) -> bool:
    """Whether it asks for a person, or says yes to the offer of one, in the customer's language."""
    sentences = _sentences().get(context.language)
    if sentences is None:
        return False
    plain = text.lower().strip(_AROUND)
    return (context.offered and plain in sentences.agrees) or any(each in plain for each in sentences.person)


def offer(context: Context, speech: Speech) -> tuple[str, QuickReply, Context]:
    """Which languages are served, and whether to call a person: the text and its button."""
    spoken = skills(context, speech)
    sentences = _sentences().get(context.language)
    if sentences is None:
        text, context = speech.say("other_language", context)
        if spoken:
            colleague, context = speech.say("other_language_colleague", context)
            text = f"{text} {colleague}"
        return text, speech.operator_button(), context
    colleague = sentences.colleague if spoken else ""
    text = " ".join(filter(None, (sentences.served, colleague, sentences.ask)))
    return text, replace(speech.operator_button(), title=sentences.button), context


def called(context: Context, speech: Speech, text: str) -> str:
    """The words at a handoff, with those in the customer's language where somebody speaks it."""
    sentences = _sentences().get(context.language)
    return text if sentences is None or not skills(context, speech) else f"{sentences.called}\n\n{text}"


def skills(context: Context, speech: Speech) -> tuple[str, ...]:
    """The customer's language as a skill to ask for, if somebody has it."""
    return (context.language,) if context.language in speech.skills else ()


@cache
def _sentences() -> Mapping[str, Sentences]:
    content = parse_yaml(Path(__file__).with_name("languages.yml").read_text("utf-8"))
    return {code: _read(entry) for code, entry in content.items()}


def _read(entry: Mapping[str, Any]) -> Sentences:
    return Sentences(**{**entry, "agrees": frozenset(entry["agrees"]), "person": tuple(entry["person"])})
