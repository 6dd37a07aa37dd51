"""Another day of payment for a loan, an instalment plan or a leasing contract."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.records import Contract, ContractStatus, Refusal
from bot.engine.events import SlotSet
from bot.engine.responses import Message
from bot.nlu.entities import day_of_month
from bot.tasks import identify
from bot.tasks.form import CONFIRMED, DONE, Accepted, Field, Outcome, Task, Wrong
from bot.tasks.situation import Situation
from bot.tasks.wording import day_of, days, on, roubles, within

_NO = re.compile(r"^(?:нет|не то|no)[\s,.!]+", re.IGNORECASE)  # "нет, на 20" names a day
_PREFIXES = {"pos": "pos", "leasing": "leasing", "repay": "loan", "apply": "loan"}


def _new_day(at: Situation) -> Any:
    """As named; a bare number only when a day was asked for, or what is to be corrected."""
    if (named := at.found("day_of_month", "date")) is not None:
        return named
    asked = at.requested in ("new_day", "confirmed")
    return day_of_month.read(_NO.sub("", at.text)) if asked and at.text else None


async def _day(value: Any, _: Situation) -> Accepted:
    day = day_of(value)
    if not 1 <= day <= 31:
        raise Wrong("utter_change_date_day_not_allowed", allowed=days(range(1, 29)))
    return Accepted(day)


def _product(at: Situation) -> str | None:
    """As said; else what the conversation is about."""
    if (said := at.found("product")) is not None and said in _PREFIXES.values():
        return str(said)
    if at.slot("product") is not None:
        return None
    memory = at.slot("memory") or {}
    about = next(iter(memory.get("articles") or ()), "")
    return _PREFIXES.get(str(about).split("-")[0])


async def _contract(at: Situation, product: str) -> Contract:
    """The customer's contract of the product; raises `Wrong` when there is none."""
    held = await at.backoffice.contracts(str(at.slot("customer")))
    mine = [each for each in held if each.product.value == product]
    live = [each for each in mine if each.status is ContractStatus.ACTIVE] or mine
    named = [each for each in live if identify.is_named(each.number, at.slot("contract_number"))]
    if not live:
        raise Wrong("utter_change_date_refused_contract_closed", ends=True)
    return (named or live)[0]


def _wrong(refusal: Refusal) -> Wrong:
    details = refusal.details
    allowed = days(details.get("days") or ())
    match refusal.code:
        case "day_not_allowed" | "same_day":
            return Wrong("utter_change_date_day_not_allowed", clears=("new_day",), allowed=allowed)
        case "too_far":
            limit = details.get("limit_days")
            return Wrong("utter_change_date_too_far", clears=("new_day",), limit=limit, allowed=allowed)
        case code:
            given = {**details, "again_on": _again(details)}
            return Wrong(f"utter_change_date_refused_{code}", ends=True, **given)


def _again(details: Mapping[str, Any]) -> str:
    return on(date.fromisoformat(str(details["again_on"]))) if "again_on" in details else ""


class ChangeDate(Task):
    form = "change_date_form"

    fields = (
        *identify.FIELDS,
        Field("product", _product),
        Field("new_day", _new_day, _day),
        CONFIRMED,
    )

    async def needs(self, at: Situation) -> Sequence[str]:
        return (*identify.needs(at), "product", "new_day", "confirmed")

    async def confirm(self, at: Situation) -> Message:
        contract = await _contract(at, str(at.slot("product")))
        options = await at.backoffice.date_change_options(contract.number, at.now.date())
        return at.say("utter_confirm_change_date", title=contract.title, fee=roubles(options.fee))

    async def submit(self, at: Situation) -> Outcome:
        contract, day = await _contract(at, str(at.slot("product"))), int(at.slot("new_day"))
        key = at.key("change_payment_date", {"contract": contract.number, "day": day})
        try:
            ticket = await at.backoffice.change_payment_date(
                contract_number=contract.number, day=day, key=key
            )
        except BackofficeRefused as refused:
            raise _wrong(Refusal(refused.refusal, refused.details)) from refused
        when = within(at.now.date(), ticket.done_by)
        return [at.say("utter_change_date_done", number=ticket.number, when=when), SlotSet("outcome", DONE)]

    async def settle(self, at: Situation) -> Mapping[str, Any]:
        """The only contract needs no question; a day said before we knew whose is checked now."""
        if not at.slot("customer"):
            return {}
        product = at.slot("product")
        if product is None:
            held = await at.backoffice.contracts(str(at.slot("customer")))
            named = [each for each in held if identify.is_named(each.number, at.slot("contract_number"))]
            live = named or [each for each in held if each.status is ContractStatus.ACTIVE]
            products = {each.product.value for each in live}
            if len(products) != 1:
                return {}
            (product,) = products
        contract = await _contract(at, product)
        options = await at.backoffice.date_change_options(contract.number, at.now.date())
        day = at.slot("new_day")
        refusal = options.refusal if day is None else options.refuses(int(day))
        if refusal is not None:
            raise _wrong(refusal)
        return {"product": product, "contract_number": contract.number}


async def ask_day(at: Situation) -> Outcome:
    """`action_ask_new_day`: with the days that are open, where the contract is known."""
    if at.refused("new_day"):
        return []
    if not at.slot("customer") or at.slot("product") is None:
        return [at.say("utter_ask_new_day", allowed=days(range(1, 29)))]
    contract = await _contract(at, str(at.slot("product")))
    options = await at.backoffice.date_change_options(contract.number, at.now.date())
    return [at.say("utter_ask_new_day", allowed=days(options.days or options.known_days))]
