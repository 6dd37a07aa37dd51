"""When a human takes over at once: certain signs, and a classifier that learnt from examples.

The rules are content (`nlu_data/escalation.yml`), edited by the contact centre; `bot.nlu.signs`
explains their notation. Signs are few and certain; everything looser is left to the classifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.errors import InvalidContent
from bot.nlu.intents import Intent
from bot.nlu.project import read_yaml
from bot.nlu.query import Query
from bot.nlu.signs import Message, Sign, parse_sign

Read = Callable[[str], Query]
FAMILY = "escalate"  # of intents: escalate/<reason>
ASKED = "asked_for_person"
MISUNDERSTOOD = "misunderstood"
MISUNDERSTOOD_PRIORITY = 6
SURE_AT = 0.6  # the classifier's probability from which it is believed without a sign
# A request for a person is worded with everyday words ("дайте", "человек"): the classifier must not
# deny it outright.
PLAUSIBLE_AT = 0.02


@dataclass(frozen=True, slots=True)
class Rule:
    """Why a human is called, or something is refused. Lower `priority` is served first."""

    reason: str
    title: str
    priority: int
    around_the_clock: bool
    examples: tuple[str, ...]
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules in order of priority."""

    rules: tuple[Rule, ...]

    @classmethod
    def load(cls, path: Path, read: Read) -> Rules:
        """Reads the rules; raises `InvalidContent` naming the rule that is wrong."""
        entries = read_yaml(path).get("rules")
        if not isinstance(entries, list):
            raise InvalidContent(str(path), None, "needs a list `rules`")
        rules = [_rule(path, entry, read) for entry in entries]
        return cls(tuple(sorted(rules, key=lambda rule: rule.priority)))

    def signalled(self, message: Message) -> Rule | None:
        """The most urgent rule whose sign is in the message."""
        return next((rule for rule in self.rules if any(sign.found(message) for sign in rule.signs)), None)

    def get(self, reason: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.reason == reason), None)

    def examples(self) -> Iterable[tuple[str, str]]:
        """(text, intent) pairs for the classifier."""
        return ((text, f"{FAMILY}/{rule.reason}") for rule in self.rules for text in rule.examples)


def urgent(rules: Rules, message: Message, intent: Intent) -> Rule | None:
    """The rule by which a human takes over, if any."""
    rule = rules.signalled(message)
    share = intent.share(FAMILY)
    if rule is not None and (rule.reason != ASKED or share >= PLAUSIBLE_AT):
        return rule
    best = intent.best(FAMILY)
    return rules.get(best) if best is not None and share >= SURE_AT else None


def _rule(path: Path, entry: Any, read: Read) -> Rule:
    try:
        return Rule(
            reason=str(entry["reason"]),
            title=str(entry["title"]),
            priority=int(entry["priority"]),
            around_the_clock=bool(entry.get("around_the_clock", False)),
            examples=tuple(map(str, entry.get("examples") or ())),
            signs=tuple(parse_sign(str(sign), read) for sign in entry.get("signs") or ()),
        )
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        name = entry.get("reason") if isinstance(entry, dict) else entry
        raise InvalidContent(str(path), None, f"rule {name}: {error!r}") from error
