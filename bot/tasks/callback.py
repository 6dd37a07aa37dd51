"""A call back: to which number, when and what about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.backoffice.errors import BackofficeRefused
from bot.engine.events import SlotSet
from bot.engine.responses import Message
from bot.tasks.form import CONFIRMED, DONE, Accepted, Field, Outcome, Task, Wrong, entity, whole
from bot.tasks.situation import Situation
from bot.tasks.wording import clock, on

ASAP = "asap"
AHEAD = timedelta(days=90)  # the company's systems know better how far
_SOON = ("сейчас", "как можно скорее", "как можно быстрее", "любое время", "в любое", "побыстрее", "asap")
_REFUSED = {
    "outside_hours": ("utter_callback_outside_hours", "callback_time"),
    "invalid_phone": ("utter_phone_wrong", "phone"),
    "too_far_ahead": ("utter_callback_too_far_ahead", "callback_time"),
}
_PARTS = {"morning": time(9), "afternoon": time(14), "evening": time(18)}


def _when(at: Situation) -> str | None:
    """ "2026-06-04 18:00": a time without a day is the next such time."""
    said = at.found("time")
    moment = time.fromisoformat(str(said)) if said else _PARTS.get(str(at.found("part_of_day")))
    day = at.found("date")
    if moment is None and at.requested == "callback_time":
        if any(words in at.text.lower() for words in _SOON):
            return ASAP
        moment = time(9) if day else None
    if moment is None:
        return None
    chosen = date.fromisoformat(str(day)) if day else at.now.date()
    if not day and datetime.combine(chosen, moment) <= at.now.replace(tzinfo=None):
        chosen += timedelta(days=1)
    return f"{chosen.isoformat()} {moment:%H:%M}"


async def _future(value: Any, at: Situation) -> Accepted:
    if value == ASAP:
        return Accepted(value)
    moment, now = datetime.fromisoformat(value), at.now.replace(tzinfo=None)
    if moment <= now:
        raise Wrong("utter_date_in_past")
    if moment > now + AHEAD:
        raise Wrong("utter_callback_too_far_ahead")
    return Accepted(value)


def spoken(at: Situation) -> str:
    """The wished moment in words."""
    value = at.slot("callback_time")
    if value in (None, ASAP):
        return "как можно скорее"
    moment = datetime.fromisoformat(value)
    day = {at.now.date(): "сегодня", at.now.date() + timedelta(days=1): "завтра"}.get(moment.date())
    return f"{day or on(moment.date())} в {clock(moment)}"


class CallBack(Task):
    form = "callback_form"
    fields = (
        Field("phone", entity("phone")),
        Field("callback_time", _when, _future),
        whole("topic"),
        CONFIRMED,
    )

    async def needs(self, at: Situation) -> Sequence[str]:
        return ("phone", "callback_time", "topic", "confirmed")

    async def settle(self, at: Situation) -> Mapping[str, Any]:
        """What the conversation was about need not be asked."""
        memory = at.slot("memory") or {}
        question = "" if memory.get("last") else str(memory.get("question") or "")  # not a task's
        return {"topic": question} if at.slot("topic") is None and question else {}

    async def confirm(self, at: Situation) -> Message:
        return at.say("utter_confirm_callback", time=spoken(at))

    async def submit(self, at: Situation) -> Outcome:
        wished = at.slot("callback_time")
        wanted: dict[str, Any] = {
            "phone": str(at.slot("phone")),
            "at": None if wished == ASAP else datetime.fromisoformat(wished),
            "topic": str(at.slot("topic")),
        }
        try:
            await at.backoffice.request_callback(**wanted, key=at.key("request_callback", wanted))
        except BackofficeRefused as refused:
            response, slot = _REFUSED.get(refused.refusal, ("utter_date_in_past", "callback_time"))
            raise Wrong(response, clears=(slot,), **refused.details) from refused
        due = at.now if wished == ASAP else datetime.fromisoformat(wished).replace(tzinfo=at.now.tzinfo)
        call = {"kind": "callback", "phone": wanted["phone"], "at": due.isoformat(), "topic": wanted["topic"]}
        done = at.say("utter_callback_done", time=spoken(at))
        return [done, Message(custom={"call": call}), SlotSet("outcome", DONE)]
