"""Which task carries out what an article explains (`nlu_data/offers.yml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.core.errors import InvalidContent
from bot.nlu.content import line_of, read_yaml

_KINDS: Mapping[str, type[list[Any]] | type[dict[str, Any]]] = {
    **dict.fromkeys(("articles", "entities", "plain"), list),
    **dict.fromkeys(("title", "question", "lead", "by"), dict),
}
_KEYS = frozenset(["intent", "at_once", *_KINDS])


@dataclass(frozen=True, slots=True)
class Offer:
    """`title` by locale: of the button under the articles' answers. `entities` begin the task after one.

    `question` by locale: asks which of the articles was meant, where the task differs between them;
    `plain` are entities that make that clear. `at_once`: what is asked for is done, never doubted.
    `by`: slot -> value -> the article that explains the task then. `lead` by locale opens the task.
    """

    intent: str
    articles: tuple[str, ...]
    title: Mapping[str, str] = field(default_factory=dict)
    entities: frozenset[str] = frozenset()
    question: Mapping[str, str] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()
    at_once: bool = False
    by: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lead: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offers:
    offers: tuple[Offer, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Offers:
        """Raises `InvalidContent` with the line; a project need not have the file."""
        if not path.is_file():
            return cls()
        entries = read_yaml(path).get("offers")
        if not isinstance(entries, list):
            raise InvalidContent(str(path), None, "needs a list `offers`")
        return cls(tuple(_offer(path, entry) for entry in entries))

    def explained(self, intent: str, slots: Mapping[str, object]) -> str | None:
        """The article that explains the task for what its form knows."""
        offer = self.of_intent(intent)
        choices = offer.by.items() if offer else ()
        return next((way[str(slots[slot])] for slot, way in choices if str(slots.get(slot)) in way), None)

    def of_article(self, article_id: str) -> Offer | None:
        return next((each for each in self.offers if article_id in each.articles), None)

    def of_intent(self, intent: str) -> Offer | None:
        return next((each for each in self.offers if each.intent == intent), None)


def _offer(path: Path, entry: Any) -> Offer:
    unknown = set(entry) - _KEYS if isinstance(entry, dict) else {str(entry)}
    if unknown:
        word = sorted(unknown)[0]
        raise InvalidContent(str(path), line_of(path, word), f"unknown key `{word}` of an offer")
    intent = entry.get("intent")
    if not isinstance(intent, str):
        raise InvalidContent(str(path), line_of(path, str(intent)), "an offer needs `intent`")
    for kind, names in (
        (list, ("articles", "entities", "plain")),
        (dict, ("title", "question", "lead", "by")),
    ):
        for name in names:
            if not isinstance(entry.get(name) or kind(), kind):
                what = "a list" if kind is list else "a mapping"
                raise InvalidContent(str(path), line_of(path, intent), f"offer {intent}: `{name}` is {what}")
    by = entry.get("by") or {}
    if not all(isinstance(way, dict) for way in by.values()):
        problem = f"offer {intent}: `by` is slot: {{value: article}}"
        raise InvalidContent(str(path), line_of(path, intent), problem)
    return Offer(
        intent,
        tuple(map(str, entry.get("articles") or ())),
        title=entry.get("title") or {},
        entities=frozenset(map(str, entry.get("entities") or ())),
        question=entry.get("question") or {},
        plain=frozenset(map(str, entry.get("plain") or ())),
        at_once=bool(entry.get("at_once", False)),
        by=by,
        lead=entry.get("lead") or {},
    )
