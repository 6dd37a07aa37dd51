"""A lost or stolen card is blocked at once: for good, or frozen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.records import BlockKind
from bot.engine.events import SlotSet
from bot.nlu.entities import dates
from bot.tasks.form import DONE, GIVEN_UP, Accepted, Field, Outcome, Task, Wrong, handoff
from bot.tasks.proof import AGES, IDENTITY
from bot.tasks.situation import Situation
from bot.tasks.wording import on, roubles

_WORDS = (
    (BlockKind.FREEZE, ("замороз", "на время", "врем", "найду", "freeze")),
    (
        BlockKind.STOLEN,
        ("украд", "украл", "украден", "стащил", "вытащил", "насовсем", "совсем", "потерян", "stolen"),
    ),
)


def _kind(at: Situation) -> str | None:
    if at.requested != "block_kind":
        return None
    if (pressed := at.found("block_kind")) is not None:
        return str(pressed)
    text = at.text.lower()
    said = next((kind.value for kind, words in _WORDS if any(word in text for word in words)), None)
    return said or ({"affirm": BlockKind.STOLEN, "deny": BlockKind.FREEZE}.get(at.intent))


def _birth_date(at: Situation) -> str | None:
    """A date, or eight digits from the keys of a telephone."""
    if at.requested != "birth_date":
        return None
    if at.text.isdecimal() and len(at.text) == 8:
        return f"{at.text[4:]}-{at.text[2:4]}-{at.text[:2]}"
    day = dates.read(at.text, at.now, prefer="past") if at.text else None
    return day.isoformat() if day else None


async def _born(value: Any, at: Situation) -> Accepted:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        raise Wrong("utter_birth_date_wrong") from None
    if at.now.year - day.year not in AGES:
        raise Wrong("utter_birth_date_wrong")
    return Accepted(day.isoformat())


class BlockCard(Task):
    form = "block_card_form"
    fields = (Field("block_kind", _kind), IDENTITY, Field("birth_date", _birth_date, _born))

    async def needs(self, at: Situation) -> Sequence[str]:
        """A caller's number says who it is, with the date of birth; elsewhere more is asked."""
        if at.slot("customer"):
            return ("block_kind",)
        return ("block_kind", "birth_date" if at.slot("phone") else "identity")

    async def submit(self, at: Situation) -> Outcome:
        kind = BlockKind(at.slot("block_kind"))
        born = at.slot("birth_date")
        wanted: dict[str, Any] = {
            "kind": kind,
            "customer_ref": at.slot("customer"),
            "phone": None if at.slot("customer") else at.slot("phone"),
            "birth_date": date.fromisoformat(born) if born and not at.slot("customer") else None,
        }
        try:
            done = await at.backoffice.block_card(**wanted, key=at.key("block_card", wanted))
        except BackofficeRefused:
            return [at.say("utter_card_none"), handoff("card_not_found"), SlotSet("outcome", GIVEN_UP)]
        if kind is BlockKind.STOLEN:
            said = at.say("utter_card_blocked", price=roubles(done.reissue_price))
        else:
            said = at.say("utter_card_frozen", until=on(done.reversible_until or at.now.date()))
        return [said, SlotSet("outcome", DONE)]
