"""What has become of an application."""

from __future__ import annotations

from collections.abc import Sequence

from bot.engine.events import SlotSet
from bot.tasks import identify
from bot.tasks.form import DONE, Outcome, Task
from bot.tasks.situation import Situation
from bot.tasks.wording import on


class Status(Task):
    form = "status_form"
    fields = identify.FIELDS

    async def needs(self, at: Situation) -> Sequence[str]:
        return identify.needs(at)

    async def submit(self, at: Situation) -> Outcome:
        found = await at.backoffice.application(customer_ref=str(at.slot("customer")))
        if found is None:
            return [at.say("utter_application_status_none"), SlotSet("outcome", DONE)]
        said = at.say(
            f"utter_application_status_{found.status.value}",
            number=found.number,
            until=on(found.valid_until) if found.valid_until else "",
            again=on(found.again_on) if found.again_on else "",
        )
        return [said, SlotSet("outcome", DONE)]
