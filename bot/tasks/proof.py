"""Who it is by what a person knows of themselves: full name, date of birth and contract number."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.backoffice.errors import BackofficeRefused
from bot.tasks.form import Accepted, Field, Wrong
from bot.tasks.situation import Situation


def _read(at: Situation) -> dict[str, Any] | None:
    """What of the three this message has, with what was told before."""
    if at.slot("customer") or at.requested != "identity":
        return None
    named = {
        "full_name": at.found("person"),
        "birth_date": at.found("date"),
        "contract_number": at.found("contract_number"),
    }
    told = {name: value for name, value in named.items() if value}
    before = at.slot("failures")
    kept = before.get("told", {}) if isinstance(before, dict) else {}
    return {**kept, **told} if told else None


async def _verified(value: Any, at: Situation) -> Accepted:
    missing = {"full_name", "birth_date", "contract_number"} - value.keys()
    if missing:
        raise Wrong("utter_identity_incomplete")
    born = date.fromisoformat(str(value["birth_date"]))
    if born > at.now.date():
        born = born.replace(year=born.year - 100)
    try:
        customer = await at.backoffice.verify(
            contract_number=str(value["contract_number"]),
            full_name=str(value["full_name"]),
            birth_date=born,
        )
    except BackofficeRefused as refused:
        raise Wrong("utter_code_locked", ends=True) from refused
    if customer is None:
        raise Wrong("utter_not_identified")
    return Accepted("ok", {"customer": customer.ref})  # what was told is not kept


IDENTITY = Field("identity", _read, _verified)
