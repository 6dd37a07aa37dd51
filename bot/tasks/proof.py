"""Who it is by what a person knows of themselves: full name, date of birth and contract number."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.backoffice.errors import BackofficeRefused
from bot.nlu.entities import dates
from bot.tasks.form import Accepted, Field, Wrong
from bot.tasks.situation import Situation

AGES = range(14, 121)  # of a customer, in years


def _read(at: Situation) -> dict[str, Any] | None:
    """What of the three this message has, with what was told before."""
    if at.slot("customer") or at.requested != "identity":
        return None
    named = {
        "full_name": at.found("person"),
        "birth_date": _born(at),
        "contract_number": at.found("contract_number"),
    }
    told = {name: value for name, value in named.items() if value}
    before = at.slot("failures")
    kept = before.get("told", {}) if isinstance(before, dict) else {}
    return {**kept, **told} if told else None


def _born(at: Situation) -> str | None:
    day = dates.read(at.text, at.now, prefer="past") if at.text else None
    return day.isoformat() if day else None


async def _verified(value: Any, at: Situation) -> Accepted:
    missing = {"full_name", "birth_date", "contract_number"} - value.keys()
    if missing:
        before = at.slot("failures")
        news = not isinstance(before, dict) or before.get("told") != value
        raise Wrong("utter_identity_incomplete", keeps={"told": value} if news else None)
    if at.now.year - date.fromisoformat(value["birth_date"]).year not in AGES:
        raise Wrong("utter_birth_date_wrong")
    try:
        customer = await at.backoffice.verify(
            contract_number=str(value["contract_number"]),
            full_name=str(value["full_name"]),
            birth_date=date.fromisoformat(value["birth_date"]),
        )
    except BackofficeRefused as refused:
        raise Wrong("utter_code_locked", ends=True) from refused
    if customer is None:
        raise Wrong("utter_not_identified")
    return Accepted("ok", {"customer": customer.ref})  # what was told is not kept


IDENTITY = Field("identity", _read, _verified)
