"""What a message is for: small talk, out of scope, a cry for help, or a question for the base."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.nlu.classifier import Classifier, learn
from bot.nlu.project import OUT_OF_SCOPE, QUESTION, SMALL_TALK, Project
from bot.nlu.query import Query

Read = Callable[[str], Query]
__all__ = ["OUT_OF_SCOPE", "QUESTION", "SMALL_TALK", "Intent", "Intents"]


@dataclass(frozen=True, slots=True)
class Intent:
    """`scores` are probabilities of every label; `exact` names the small talk that was said word for word."""

    scores: Mapping[str, float]
    exact: str | None = None

    def share(self, family: str) -> float:
        """Probability that the message belongs to the family of intents."""
        start = f"{family}/"
        return sum(score for label, score in self.scores.items() if label.startswith(start))

    def score(self, label: str) -> float:
        return self.scores.get(label, 0.0)

    def best(self, family: str) -> str | None:
        """The likeliest intent of a family, without its prefix."""
        start = f"{family}/"
        members = [label for label in self.scores if label.startswith(start)]
        return max(members, key=self.scores.__getitem__).removeprefix(start) if members else None

    @property
    def name(self) -> str:
        """The likeliest label."""
        if self.exact is not None:
            return f"{SMALL_TALK}/{self.exact}"
        return max(self.scores, key=self.scores.__getitem__) if self.scores else QUESTION


class Intents:
    """Recognises intents; learns once from the NLU project and the articles' example questions."""

    def __init__(self, classifier: Classifier, exact: Mapping[tuple[str, ...], str]) -> None:
        self._classifier, self._exact = classifier, exact

    @classmethod
    def learn(
        cls,
        project: Project,
        questions: Iterable[str],
        read: Read,
        cache_dir: Path | None = None,
    ) -> Intents:
        """`questions` are for the knowledge base.

        Takes seconds unless the same was learnt before into `cache_dir`.
        """
        labelled = [(text, intent) for intent, texts in project.intents.items() for text in texts]
        labelled += ((text, QUESTION) for text in questions)
        exact = {
            read(text).tokens: name for name, texts in project.family(SMALL_TALK).items() for text in texts
        }
        return cls(learn(labelled, read, cache_dir), exact)

    def of(self, query: Query) -> Intent:
        return Intent(self._classifier.scores(query), self._exact.get(query.tokens))
