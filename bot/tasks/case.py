"""What was filled in becomes a case in the company's system: the end of a form without code of its own."""

from __future__ import annotations

from bot.backoffice.records import CaseKind
from bot.engine.events import SlotSet
from bot.tasks.form import DONE, Outcome
from bot.tasks.situation import Situation
from bot.tasks.wording import on

_OURS = frozenset(["memory", "customer", "outcome", "failures", "code", "code_sent", "confirmed"])


async def open_case(at: Situation) -> Outcome:
    """`action_open_case`: the case has every slot that is filled."""
    filled = at.tracker.slots().items()
    fields = {name: str(value) for name, value in filled if value is not None and name not in _OURS}
    fields.pop("requested_slot", None)
    case = await at.backoffice.open_case(
        kind=CaseKind.QUESTION,
        fields=fields,
        key=at.key("open_case", fields),
        customer_ref=at.slot("customer"),
    )
    said = at.say("utter_case_opened", number=case.number, when=on(case.answer_by))
    return [said, SlotSet("outcome", DONE)]
