"""What the recognition of intents and small talk take from the project in `nlu_data`.

Labels are `family/name`: `chitchat/…` is said and needs no article, `task/…` is something to be done,
`escalate/…` needs a person, `out_of_scope/…` is about what the base does not cover.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.project.model import Project as Loaded

SMALL_TALK, TASK, ESCALATE, OUT_OF_SCOPE = "chitchat", "task", "escalate", "out_of_scope"
QUESTION = "question"  # the label of what the knowledge base is for
# Plain intents that are small talk where no form asks anything.
SPOKEN = frozenset(["affirm", "deny", "cancel", "repeat", "goodbye"])
# Said only when a form has asked; there, other signs tell.
ANSWERS = frozenset(["inform", "correct", "rate", QUESTION])
UTTER = "utter_"


@dataclass(frozen=True, slots=True)
class Project:
    """`intents`: label -> examples. `responses`: label -> locale -> variants."""

    intents: Mapping[str, tuple[str, ...]]
    responses: Mapping[str, Mapping[str, tuple[str, ...]]]

    @classmethod
    def of(cls, loaded: Loaded) -> Project:
        intents: dict[str, list[str]] = {}
        for example in loaded.nlu.examples:
            if example.intent not in ANSWERS:
                intents.setdefault(label(example.intent), []).append(example.text)
        responses: dict[str, dict[str, tuple[str, ...]]] = {}
        for name, variants in loaded.domain.responses.items():
            texts = responses.setdefault(label(name.removeprefix(UTTER)), {})
            for variant in variants:
                locale = str(variant.conditions.get("locale", "ru"))
                if variant.text is not None:
                    texts[locale] = (*texts.get(locale, ()), variant.text)
        return cls({name: tuple(texts) for name, texts in intents.items()}, responses)

    def family(self, prefix: str) -> dict[str, tuple[str, ...]]:
        """The intents `prefix/name` by name."""
        start = f"{prefix}/"
        return {
            name.removeprefix(start): texts for name, texts in self.intents.items() if name.startswith(start)
        }

    def negatives(self) -> dict[str, tuple[str, ...]]:
        """Messages that no article answers, for the ranking to learn from: out of scope, small talk."""
        return {
            prefix: tuple(text for texts in self.family(prefix).values() for text in texts)
            for prefix in (OUT_OF_SCOPE, SMALL_TALK)
        }


def label(intent: str) -> str:
    """The label of an intent of the project."""
    if "/" in intent:
        return intent
    return f"{SMALL_TALK if intent in SPOKEN else TASK}/{intent}"
