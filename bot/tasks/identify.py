"""Who it is: contract or application number, the phone it belongs to, and a code sent to that phone.

Nothing personal is said or done before. A channel that has verified the customer itself (the signed-in
site, the partner's system) names him in the slot `customer`, and nothing is asked.
"""

from __future__ import annotations

from typing import Any

from bot.backoffice.errors import BackofficeRefused
from bot.engine.events import SlotSet
from bot.tasks.form import GIVEN_UP, Accepted, Field, Outcome, Wrong, ended, entity
from bot.tasks.situation import Situation

CONTRACT_DIGITS = 6
SLOTS = ("contract_number", "phone", "code")


def needs(at: Situation) -> tuple[str, ...]:
    return () if at.slot("customer") else SLOTS


async def ask_code(at: Situation) -> Outcome:
    """`action_ask_code`: sends one, once for each pair of contract and phone."""
    if at.refused("code"):
        return []
    contract, phone = str(at.slot("contract_number")), str(at.slot("phone"))
    pair = f"{contract} {phone}"
    outcome: Outcome = []
    if str(at.slot("code_sent") or "").rpartition(" ")[0] != pair:
        try:
            await at.backoffice.send_code(contract_number=contract, phone=phone)
        except BackofficeRefused as refused:
            if refused.refusal != "code_too_often":
                return [at.say("utter_code_locked"), *ended(GIVEN_UP)]
        outcome.append(SlotSet("code_sent", f"{pair} {at.now.isoformat()}"))
    return [*outcome, at.say("utter_ask_code")]


def _code(at: Situation) -> str | None:
    found = at.found("code") if at.requested == "code" else None
    return None if found is None else str(found)


async def _checked(value: Any, at: Situation) -> Accepted:
    asked = {
        "contract_number": str(at.slot("contract_number")),
        "phone": str(at.slot("phone")),
        "code": str(value),
    }
    # By the moment of sending and by what failed so far too: a code that is told again is another attempt.
    key = at.key("check_code", {**asked, "sent": at.slot("code_sent"), "failures": at.slot("failures")})
    try:
        customer = await at.backoffice.check_code(**asked, key=key)
    except BackofficeRefused as refused:
        raise Wrong("utter_code_locked", ends=True) from refused
    if customer is None:
        raise Wrong("utter_code_wrong")
    return Accepted("ok", {"customer": customer.ref})  # the code itself is not kept


def _number(at: Situation) -> str | None:
    """A contract or an application; on a telephone's keys there are no letters."""
    found = at.found("contract_number", "application_number")
    if found is None and at.requested == "contract_number" and (digits := at.found("code")) is not None:
        found = digits if len(str(digits)) == CONTRACT_DIGITS else None
    return None if found is None else str(found)


def is_named(number: str, said: object) -> bool:
    """Whether this is the number that was said, with its letters or without."""
    return said is not None and number in {said, f"{number[: -len(str(said))]}{said}"}


FIELDS = (
    Field("contract_number", _number),
    Field("phone", entity("phone")),
    Field("code", _code, _checked),
)
