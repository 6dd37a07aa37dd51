"""Intents by keywords: an example that stands in the message as it is, as Rasa's KeywordIntentClassifier."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.project.model import Project

NAME = "KeywordIntentClassifier"
OTHERS = frozenset(
    {"DIETClassifier", "LogisticRegressionClassifier", "MitieIntentClassifier", "SklearnIntentClassifier"}
)


@dataclass(frozen=True, slots=True)
class Keywords:
    """`alone`: nothing else in the pipeline finds intents, so that a message may have none."""

    patterns: tuple[tuple[re.Pattern[str], str], ...]
    alone: bool

    @classmethod
    def learn(cls, project: Project) -> Keywords | None:
        """None where the pipeline has none, or a later classifier decides anyway."""
        names = [component.name for component in project.pipeline]
        if NAME not in names or OTHERS & set(names[names.index(NAME) + 1 :]):
            return None
        options = project.pipeline[names.index(NAME)].options
        flags = re.NOFLAG if options.get("case_sensitive", True) else re.IGNORECASE
        owners: dict[str, set[str]] = {}
        for example in project.nlu.examples:
            owners.setdefault(example.text, set()).add(example.intent.split("/")[0])
        known = {text: min(intents) for text, intents in owners.items() if len(intents) == 1}
        patterns = {text: re.compile(rf"\b{re.escape(text)}\b", flags) for text in known}
        clear = {
            text: intent
            for text, intent in known.items()
            if not any(intent != other and patterns[text].search(longer) for longer, other in known.items())
        }
        found = tuple((patterns[text], intent) for text, intent in clear.items())
        return cls(found, not OTHERS & set(names))

    def find(self, text: str) -> str | None:
        return next((intent for pattern, intent in self.patterns if pattern.search(text)), None)
