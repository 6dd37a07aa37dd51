"""A complaint about service: when it was and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from bot.backoffice.records import CaseKind
from bot.engine.events import SlotSet
from bot.engine.responses import Message
from bot.nlu.entities import dates
from bot.tasks.form import CONFIRMED, DONE, Accepted, Field, Outcome, Task, Wrong, entity, whole
from bot.tasks.situation import Situation
from bot.tasks.wording import on

_EMPLOYEE = ("сотрудни", "оператор", "менеджер", "нагруб", "хам", "специалист", "кассир", "девушк")


def _day(at: Situation) -> str | None:
    day = dates.read(at.text, at.now, prefer="past") if at.text else None
    return day.isoformat() if day else None


async def _past(value: Any, at: Situation) -> Accepted:
    if date.fromisoformat(value) > at.now.date():
        raise Wrong("utter_date_in_future")
    return Accepted(value)


class Complaint(Task):
    form = "complaint_form"
    fields = (
        Field("complaint_date", _day, _past),
        Field("complaint_time", entity("time")),
        whole("description"),
        CONFIRMED,
    )

    async def needs(self, at: Situation) -> Sequence[str]:
        return ("complaint_date", "description", "confirmed")

    async def confirm(self, at: Situation) -> Message:
        return at.say("utter_confirm_complaint", date=on(date.fromisoformat(at.slot("complaint_date"))))

    async def submit(self, at: Situation) -> Outcome:
        names = ("complaint_date", "complaint_time", "description")
        fields = {name: str(at.slot(name)) for name in names if at.slot(name)}
        question = str((at.slot("memory") or {}).get("question") or "")
        told = f"{question} {fields['description']}".lower()
        kind = CaseKind.EMPLOYEE if any(word in told for word in _EMPLOYEE) else CaseKind.CLAIM
        case = await at.backoffice.open_case(
            kind=kind, fields=fields, key=at.key("complaint", fields), customer_ref=at.slot("customer")
        )
        said = at.say("utter_complaint_opened", number=case.number, when=on(case.answer_by))
        return [said, SlotSet("outcome", DONE)]
