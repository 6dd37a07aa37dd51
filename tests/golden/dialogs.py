"""Plays conversations in the format of `dialogs.yml` and says what a turn did in that format's words.

The names of that format's intents, forms and slots stand for ours; this is the one place that maps them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.types import Ask, Escalate, Say, SayKind, Turn

FORMS = {
    "change_date": "change_date_form",
    "order_certificate": "certificate_form",
    "book_visit": "visit_form",
    "move_visit": "move_visit_form",
    "callback": "callback_form",
    "fee_refund": "refund_form",
    "fee_refund_large": "refund_form",
    "complaint": "complaint_form",
    "block_card": "block_card_form",
    "application_status": "status_form",
    "unsubscribe": "unsubscribe_form",
    "rate": "survey_form",
}
SLOTS = {
    "new_date": "new_day",
    "date": ("visit_date", "charge_date", "complaint_date"),
    "time": ("visit_time", "callback_time", "complaint_time"),
    "car_number": "plate",
}
INTENTS = {
    "greeting": {"chitchat/greeting"},
    "thanks": {"chitchat/thanks"},
    "goodbye": {"goodbye"},
    "confirm": {"affirm"},
    "cancel": {"cancel"},
    "rude": {"chitchat/swearing", "chitchat/bot_complaint"},
    "block_card": {"block_card"},
    "change_language": {"switch_language"},
    "repeat": {"repeat"},
}
FRAUD = {"fraud_in_progress"}


@dataclass(frozen=True)
class Seen:
    """A turn, and what the conversation knew before it."""

    turn: Turn
    step: Mapping[str, Any]
    closed: bool  # nobody is at work now

    def problems(self) -> list[str]:
        """What was expected and did not happen."""
        expect = self.step.get("expect") or {}
        found = []
        for name, wanted in expect.items():
            if problem := getattr(self, f"_{name}")(wanted):
                found.append(problem)
        text = self.text.lower()
        found += [f"says {each!r}" for each in self.step.get("absent") or () if each.lower() in text]
        return found

    @property
    def text(self) -> str:
        return " ".join(self.turn.answer.text.split()) if self.turn.answer else ""

    def _article(self, wanted: str | list[str]) -> str | None:
        answer = self.turn.answer
        said = [] if answer is None or isinstance(answer, Ask) else [one.article_id for one in answer.sources]
        names = [wanted] if isinstance(wanted, str) else wanted
        return None if set(names) & set(said) else f"article {said}, not {names}"

    def _says_any(self, wanted: list[str]) -> str | None:
        shown = " ".join([self.text, *(each.title for each in getattr(self.turn.answer, "options", ()))])
        text = re.sub(r"[\s\u00a0\u202f]+", " ", shown).lower()
        return None if any(each.lower() in text for each in wanted) else f"says none of {wanted}"

    def _silent(self, wanted: bool) -> str | None:
        silent = self.turn.answer is None and not self.turn.messages
        return None if silent is wanted else f"silent {silent}, not {wanted}"

    def _escalate(self, wanted: bool) -> str | None:
        """At night nobody is promised: the call waits until morning and the bot goes on."""
        calls = isinstance(self.turn.answer, Escalate)
        if not wanted and calls and self.closed and self.turn.answer.reason == "asked_for_person":
            return None
        return None if calls is wanted else f"escalate {calls}, not {wanted}"

    def _form(self, wanted: str) -> str | None:
        task = self.turn.task
        name, _, status = wanted.partition(":")
        if name == "none":
            return None if task is None or task.status != "active" else f"form {task.form} is active"
        expected = (FORMS[name], status or "active")
        seen = None if task is None else (task.form, task.status)
        return None if seen == expected else f"form {seen}, not {expected}"

    def _slot(self, wanted: Mapping[str, Any]) -> str | None:
        slots = dict(self.turn.task.slots) if self.turn.task else {}
        wrong = {}
        for name, value in wanted.items():
            ours = SLOTS.get(name, name)
            values = [slots.get(each) for each in ([ours] if isinstance(ours, str) else ours)]
            given = next((each for each in values if each is not None), None)
            if name == "identity" and given is not None:
                continue
            if not _same(given, value):
                wrong[name] = given
        return f"slots {wrong}, not {dict(wanted)}" if wrong else None

    def _intent(self, wanted: str) -> str | None:
        answer, intent = self.turn.answer, self.turn.intent or ""
        reason = answer.reason if isinstance(answer, Escalate) else ""
        kind = answer.kind if isinstance(answer, Say) else None
        match wanted:
            case "clarify":
                holds = isinstance(answer, Ask) or (kind is SayKind.TASK and bool(answer.quick_replies))
            case "not_understood":
                unknown = isinstance(answer, Say) and answer.kind is SayKind.UNKNOWN
                noise = isinstance(answer, Say) and answer.kind is SayKind.TASK and intent == "inform"
                holds = unknown or noise or reason == "misunderstood"
            case "operator":
                holds = reason == "asked_for_person"
            case "fraud":
                warned = kind is SayKind.ANSWER and answer.sources[0].article_id.startswith("security-")
                holds = reason in FRAUD or warned
            case "rate":
                holds = self.turn.task is not None and self.turn.task.form == "survey_form"
            case _:
                holds = intent in INTENTS[wanted]
        return None if holds else f"intent {intent} {reason}, not {wanted}"


def _same(given: Any, wanted: Any) -> bool:
    if wanted == "*":
        return given is not None
    if isinstance(wanted, str) and isinstance(given, str):
        return given.endswith(wanted) or given.lower() == wanted.lower()
    return str(given) == str(wanted)
