"""What an operator must know before the first word: why, about what, and what was already said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.core.types import Event

_SHOWN_WORDS = 3  # customer messages quoted in the summary


@dataclass(frozen=True, slots=True)
class ArticleUsed:
    article_id: str
    title: str
    shown: bool  # the customer has seen it; otherwise it was only considered


@dataclass(frozen=True, slots=True)
class Context:
    """`summary` quotes the customer's last words before the handoff, oldest first."""

    reason: str | None
    intents: tuple[str, ...]
    articles: tuple[ArticleUsed, ...]
    summary: tuple[str, ...]
    customer_messages: int
    unknown_answers: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def describe(events: Sequence[Event], reason: str | None) -> Context:
    """The context as it follows from the events alone; pure, so that it can be made again at any time."""
    articles: dict[str, ArticleUsed] = {}
    intents: dict[str, None] = {}
    said: list[str] = []
    unknown = 0
    for event in events:
        if event.kind == "turn":
            _add_intent(intents, event.data)
            _add_considered(articles, event.data)
        elif event.kind == "message" and event.data.get("author") == "customer":
            if text := str(event.data.get("text") or ""):
                said.append(text)
        elif event.kind == "message" and event.data.get("author") == "bot":
            unknown += event.data.get("answer") == "unknown"
            for source in event.data.get("sources") or ():
                articles[source["article_id"]] = ArticleUsed(
                    source["article_id"], source["title"], shown=True
                )
    return Context(
        reason=reason,
        intents=tuple(intents),
        articles=tuple(sorted(articles.values(), key=lambda one: not one.shown)),
        summary=tuple(said[-_SHOWN_WORDS:]),
        customer_messages=len(said),
        unknown_answers=unknown,
    )


def _add_intent(intents: dict[str, None], turn: Mapping[str, Any]) -> None:
    if intent := turn.get("intent"):
        intents[str(intent)] = None


def _add_considered(articles: dict[str, ArticleUsed], turn: Mapping[str, Any]) -> None:
    """The best article of each part of the message."""
    for part in turn.get("parts") or ():
        for hit in (part.get("hits") or ())[:1]:
            articles.setdefault(hit["article_id"], ArticleUsed(hit["article_id"], hit["title"], shown=False))
