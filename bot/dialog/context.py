"""The memory of a conversation, and how it bears on the next message.

A short message that leans on what was said ("а для ИП?", "сколько это стоит?") is understood with
it; a message that stands on its own is not touched by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

_OPENS = re.compile(
    r"^(?:а|и|но|так|не|нет|ну|да|тогда|ага|ой|ладно|понятно|хорошо|окей|ок|закрыл\w*|стоп|или|если|потом)\b",
    re.I,
)
_LEANS = re.compile(
    r"\b(?:это|этого|этому|этим|эту|этой|эти|этих|он|она|оно|они|его|её|ее|ей|им|ему|них|неё|нее|нём|нем|ним|там|туда|"
    r"оттуда|тоже|так\s+же|также|такой|такое|такая|такую|столько|тот|та|те|том|той|потом|после\s+этого|тогда|еще|ещё|"
    r"сам|сама|сами|что-то|сколько|за\s+неё)\b",
    re.I,
)
_LEAD = re.compile(r"^(?:а|и|но|ну|так|не|нет|да|ага|ой|ладно|понятно|хорошо|окей|ок)[\s,.!]+", re.I)


@dataclass(frozen=True, slots=True)
class Context:
    """What is remembered between turns. `articles` are the last ones answered with, newest first;
    `options` are those that the customer was asked to choose from."""

    articles: tuple[str, ...] = ()
    question: str = ""
    options: tuple[str, ...] = ()
    misses: int = 0  # misunderstandings in a row
    offered: bool = False  # the last thing said offered a human
    said: Mapping[str, int] = field(default_factory=dict)  # how often each phrase was said
    last: str = ""  # what a task said last
    called: int | None = None  # priority of the handoff that waits
    unheard: int = 0  # badly recognised utterances in a row
    seen: float = 0.0  # when the bot last answered, Unix time in seconds
    language: str = ""  # of the customer, where it is not Russian: ISO 639-1

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Context:
        """From the conversation's stored state; unknown or damaged entries are ignored."""
        said = state.get("said")
        return cls(
            articles=_texts(state.get("articles")),
            question=str(state.get("question") or ""),
            options=_texts(state.get("options")),
            misses=state["misses"] if isinstance(state.get("misses"), int) else 0,
            offered=state.get("offered") is True,
            said={str(key): n for key, n in said.items() if isinstance(n, int)}
            if isinstance(said, dict)
            else {},
            last=str(state.get("last") or ""),
            called=state["called"] if isinstance(state.get("called"), int) else None,
            seen=float(state["seen"]) if isinstance(state.get("seen"), int | float) else 0.0,
            unheard=state["unheard"] if isinstance(state.get("unheard"), int) else 0,
            language=str(state.get("language") or ""),
        )

    def stored(self) -> dict[str, Any]:
        return {
            "articles": list(self.articles),
            "question": self.question,
            "options": list(self.options),
            "misses": self.misses,
            "offered": self.offered,
            "said": dict(self.said),
            "last": self.last,
            "called": self.called,
            "unheard": self.unheard,
            "seen": self.seen,
            "language": self.language,
        }

    def counted(self, key: str) -> Context:
        """With one more saying of the phrase, so that the next time another variant is said."""
        return replace(self, said={**self.said, key: self.said.get(key, 0) + 1})


def opens(text: str) -> bool:
    """Whether it begins as one who goes on with what was said."""
    return bool(_OPENS.search(text))


def leans(text: str) -> bool:
    """Whether a word of it may stand for what was said before."""
    return bool(_LEANS.search(text))


def leaning(text: str, words: int) -> float:
    """How much a message depends on what was said before, 0..1, by its form alone."""
    score = 0.0
    score += 0.45 if opens(text) else 0.0
    score += 0.3 if leans(text) else 0.0
    score += 0.35 if words <= 3 else 0.2 if words <= 6 else 0.0
    score -= 0.3 if words > 18 else 0.0
    return min(1.0, max(0.0, score))


def bare(text: str) -> str:
    """Without the words that only join it to what was said before."""
    stripped = _LEAD.sub("", text)
    return stripped or text


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
