"""No more advertising to a phone."""

from __future__ import annotations

from collections.abc import Sequence

from bot.engine.events import SlotSet
from bot.engine.responses import Message
from bot.tasks.form import CONFIRMED, DONE, Field, Outcome, Task, entity
from bot.tasks.situation import Situation
from bot.tasks.wording import on


class Unsubscribe(Task):
    form = "unsubscribe_form"
    fields = (Field("phone", entity("phone")), CONFIRMED)

    async def needs(self, at: Situation) -> Sequence[str]:
        return ("phone", "confirmed")

    async def confirm(self, at: Situation) -> Message:
        return at.say("utter_confirm_unsubscribe")

    async def submit(self, at: Situation) -> Outcome:
        phone = str(at.slot("phone"))
        ticket = await at.backoffice.unsubscribe(phone=phone, key=at.key("unsubscribe", {"phone": phone}))
        done = at.say("utter_unsubscribed", until=on(ticket.done_by))
        return [done, Message(custom={"refuses": phone}), SlotSet("outcome", DONE)]
