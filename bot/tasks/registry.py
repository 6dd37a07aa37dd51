"""Which task an action belongs to. A new task is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.tasks import change_date, form, identify, refund, visit
from bot.tasks.block_card import BlockCard
from bot.tasks.callback import CallBack
from bot.tasks.case import open_case
from bot.tasks.certificate import OrderCertificate
from bot.tasks.change_date import ChangeDate
from bot.tasks.complaint import Complaint
from bot.tasks.form import Action, Task
from bot.tasks.refund import Refund
from bot.tasks.status import Status
from bot.tasks.survey import Survey
from bot.tasks.unsubscribe import Unsubscribe
from bot.tasks.visit import BookVisit, MoveVisit

TASKS: tuple[Task, ...] = (
    Status(),
    ChangeDate(),
    OrderCertificate(),
    BookVisit(),
    MoveVisit(),
    CallBack(),
    Refund(),
    Complaint(),
    BlockCard(),
    Unsubscribe(),
    Survey(),
)
FORMS: Mapping[str, Task] = {task.form: task for task in TASKS}
OTHERS: Mapping[str, Action] = {
    "action_ask_code": identify.ask_code,
    "action_ask_visit_time": visit.ask_time,
    "action_ask_new_day": change_date.ask_day,
    "action_ask_refund_form_charge_date": refund.ask_date,
    "action_open_case": open_case,
}


def action(name: str) -> Action | None:
    """The task's action of this name; None when it is nobody's."""
    found = _action(name)
    return None if found is None else partial(form.surely, found)


def _action(name: str) -> Action | None:
    if name == "action_ask_confirmed":
        return lambda at: form.ask_confirmed(FORMS[at.form], at)
    verb, _, rest = name.partition("_")
    task = FORMS.get(rest if verb == "validate" else f"{rest}_form")
    if task is not None and verb in ("validate", "submit"):
        return partial(form.validate if verb == "validate" else form.submit, task)
    return OTHERS.get(name)
