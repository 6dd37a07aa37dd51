"""A message as the dialogue takes it: from a button, from the parser, or not understood."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.engine.events import UserSaid
from bot.engine.ports import Parsed, Parser
from bot.project.model import Domain, EntitySpan, Project

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
_ALWAYS = frozenset({"restart", "back", "session_start", OUT_OF_SCOPE, FALLBACK})
_PAYLOAD = re.compile(r"/([^{@]+)(@[0-9.]+)?(\{.+\})?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Understanding:
    """`threshold` and `ambiguity` are those of the pipeline's FallbackClassifier; None: there is none."""

    domain: Domain
    parser: Parser
    threshold: float | None = None
    ambiguity: float = 0.1

    @classmethod
    def of(cls, project: Project, parser: Parser) -> Understanding:
        for component in project.pipeline:
            if component.name.rsplit(".", 1)[-1] == "FallbackClassifier":
                threshold = float(component.options.get("threshold", 0.3))
                ambiguity = float(component.options.get("ambiguity_threshold", 0.1))
                return cls(project.domain, parser, threshold, ambiguity)
        return cls(project.domain, parser)

    def __call__(self, text: str) -> UserSaid:
        return self._payload(text) or self._read(self.parser.parse(text))

    def _payload(self, text: str) -> UserSaid | None:
        """`/intent@0.9{"entity": "value"}`, if the intent is known."""
        found = _PAYLOAD.match(text.strip())
        intent = found[1].strip() if found else ""
        if found is None or (intent.split("/")[0] not in self.domain.intents and intent not in _ALWAYS):
            return None
        entities = tuple(
            EntitySpan(entity, value, found.start(3), found.end(3))
            for entity, values in _arguments(found[3]).items()
            if entity in self.domain.entities
            for value in (values if isinstance(values, list) else [values])
        )
        base, _, key = intent.partition("/")
        sure = _confidence(found[2])
        return UserSaid(text, base, entities, sure, ((base, sure),), intent if key else None)

    def _read(self, parsed: Parsed) -> UserSaid:
        base = parsed.intent.split("/")[0] if parsed.intent else None
        response = parsed.response or (parsed.intent if "/" in (parsed.intent or "") else None)
        ranking = parsed.ranking
        said = UserSaid(
            parsed.text, base, parsed.entities, parsed.confidence, ranking, _response(base, response)
        )
        if self.threshold is None or base == FALLBACK:
            return said
        close = len(ranking) > 1 and ranking[0][1] - ranking[1][1] < self.ambiguity
        if parsed.confidence >= self.threshold and not close:
            return said
        unsure = 1.0 - parsed.confidence
        return UserSaid(parsed.text, FALLBACK, parsed.entities, unsure, ((FALLBACK, unsure), *ranking))


def _response(intent: str | None, response: str | None) -> str | None:
    """A selected response as "faq/ask_name", however the parser names it."""
    if not response:
        return None
    key = response.removeprefix("utter_")
    return key if "/" in key else f"{intent}/{key}"


def _arguments(written: str | None) -> Mapping[str, Any]:
    try:
        read = json.loads(written) if written else {}
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _confidence(written: str | None) -> float:
    try:
        return min(float(written[1:]), 1.0) if written else 1.0
    except ValueError:
        return 0.0
