"""When a human takes over at once: certain signs, and a classifier that learnt from examples.

The rules are content (`nlu_data/escalation.yml`), edited by the contact centre; their examples are the
intents `escalate/<reason>` of the project. Signs (`bot.nlu.signs` explains their notation) are few and
certain; everything looser is left to the classifier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bot.core.errors import InvalidContent
from bot.nlu.content import line_of, read_yaml
from bot.nlu.intents import Intent
from bot.nlu.project import ESCALATE as FAMILY
from bot.nlu.query import Query
from bot.nlu.signs import Message, Sign, Signs, parse_sign

Read = Callable[[str], Query]
ASKED = "asked_for_person"
MISUNDERSTOOD = "misunderstood"
MISUNDERSTOOD_PRIORITY = 6
# The classifier's probability from which it is believed without a sign; more is asked of it where the
# base seems to have the answer: (probability of the best article, probability asked of the classifier).
SURE_AT = ((0.3, 0.6), (0.75, 0.85), (1.0, 0.97))
# A request for a person is worded with everyday words ("дайте", "человек"): the classifier must not
# deny it outright.
PLAUSIBLE_AT = 0.02


@dataclass(frozen=True, slots=True)
class Rule:
    """Why a human is called, or something is refused; `bot.core.types.Escalate` explains the terms.

    `articles`: the first of those published says what to do until somebody comes.
    """

    reason: str
    title: str
    priority: int
    around_the_clock: bool = False
    signs: tuple[Sign, ...] = ()
    skills: tuple[str, ...] = ()
    decide_minutes: int | None = None
    finish_minutes: int | None = None
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules in order of priority. `waiting`: the article that tells who waits how long it takes."""

    rules: tuple[Rule, ...]
    waiting: str | None = None
    _signs: Signs = field(init=False, repr=False, compare=False)
    _signalled: tuple[Rule, ...] = field(init=False, repr=False, compare=False)  # the rule of each sign

    def __post_init__(self) -> None:
        signs = [(sign, rule) for rule in self.rules for sign in rule.signs]
        object.__setattr__(self, "_signs", Signs([sign for sign, _ in signs]))
        object.__setattr__(self, "_signalled", tuple(rule for _, rule in signs))

    @classmethod
    def load(cls, path: Path, read: Read) -> Rules:
        """Reads the rules; raises `InvalidContent` naming the rule that is wrong."""
        content = read_yaml(path)
        entries = content.get("rules")
        if not isinstance(entries, list):
            raise InvalidContent(str(path), None, "needs a list `rules`")
        rules = [_rule(path, entry, read) for entry in entries]
        waiting = content.get("waiting")
        ordered = tuple(sorted(rules, key=lambda rule: rule.priority))
        return cls(ordered, None if waiting is None else str(waiting))

    def signalled(self, message: Message) -> Rule | None:
        """The most urgent rule whose sign is in the message."""
        number = self._signs.first(message)
        return None if number is None else self._signalled[number]

    def get(self, reason: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.reason == reason), None)


def urgent(rules: Rules, message: Message, intent: Intent, known: Callable[[], float]) -> Rule | None:
    """The rule by which a human takes over, if any. `known`: how surely the base has the answer.

    An intent without scores: there is no opinion, and signs alone decide.
    """
    rule = rules.signalled(message)
    share = intent.share(FAMILY)
    if rule is not None and (rule.reason != ASKED or share >= PLAUSIBLE_AT or not intent.scores):
        return rule
    best = intent.best(FAMILY)
    if best is None or share < SURE_AT[0][1]:
        return None
    answered = known()
    asked = next(sure for below, sure in SURE_AT if answered <= below)
    return rules.get(best) if share >= asked else None


def _rule(path: Path, entry: Any, read: Read) -> Rule:
    known = {one.name for one in fields(Rule)}
    unknown = [key for key in entry if key not in known] if isinstance(entry, dict) else []
    if unknown:
        raise InvalidContent(str(path), line_of(path, unknown[0]), f"unknown key `{unknown[0]}` of a rule")
    try:
        return Rule(
            reason=str(entry["reason"]),
            title=str(entry["title"]),
            priority=int(entry["priority"]),
            around_the_clock=bool(entry.get("around_the_clock", False)),
            signs=tuple(parse_sign(str(sign), read) for sign in entry.get("signs") or ()),
            skills=tuple(map(str, entry.get("skills") or ())),
            articles=tuple(map(str, entry.get("articles") or ())),
            decide_minutes=_minutes(entry.get("decide_minutes")),
            finish_minutes=_minutes(entry.get("finish_minutes")),
        )
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        name = entry.get("reason") if isinstance(entry, dict) else entry
        raise InvalidContent(str(path), line_of(path, str(name)), f"rule {name}: {error!r}") from error


def _minutes(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{value!r} is not a number of minutes")
    return value
