"""Money taken by mistake: up to 1 000 ₽ is returned at once, above that a case is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.records import CaseKind, RefundTo
from bot.engine.events import SlotSet
from bot.engine.responses import Message
from bot.nlu.entities import dates
from bot.tasks.form import CONFIRMED, DONE, Accepted, Field, Outcome, Task, Wrong, entity
from bot.tasks.proof import IDENTITY
from bot.tasks.situation import Situation
from bot.tasks.wording import on, roubles

AT_ONCE = 1000  # roubles; the article `complaints-fee-refund`
LARGEST = 10_000_000
YEARS = 20  # no account is older
_WAYS = (
    (RefundTo.CARD_MOST, ("карту мост", "карту «мост", "вашу карту", "карта мост", "на мост", "card")),
    (RefundTo.PAYMENT, ("платёж", "платеж", "погашен", "займ", "payment")),
    (RefundTo.OTHER_CARD, ("друг", "чужого банка", "сбер", "тинь", "other")),
)
_WAY_NAMES = {
    RefundTo.CARD_MOST: "на карту «Мост»",
    RefundTo.PAYMENT: "в ближайший платёж",
    RefundTo.OTHER_CARD: "на карту другого банка",
}
# Refusals after which a person checks: a case is opened with what is known.
_FOR_A_PERSON = frozenset(["limit_reached", "too_old", "not_mistaken", "not_for_business"])
# What another value helps against: the slot that is asked for again.
_OTHER_VALUE = {"no_charge": "charge_date", "no_card": "refund_to", "no_contract": "refund_to"}
_NONE = ("нет", "не могу", "нету", "без файл", "потом")
_FILE = "[файл:"


def _day(at: Situation) -> str | None:
    """A charge lies in the past: a day without a year is the last such day."""
    day = dates.read(at.text, at.now, prefer="past") if at.text else None
    return day.isoformat() if day else None


async def _past(value: Any, at: Situation) -> Accepted:
    if date.fromisoformat(value) > at.now.date():
        raise Wrong("utter_date_in_future")
    if at.now.year - date.fromisoformat(value).year > YEARS:
        raise Wrong("utter_date_impossible")
    return Accepted(value)


async def ask_date(at: Situation) -> Outcome:
    """`action_ask_refund_form_charge_date`: a large sum needs a claim, which is said first."""
    first = at.say("utter_refund_limit") if is_large(at) and not at.slot("failures") else None
    return [*([first] if first else []), at.say("utter_ask_charge_date")]


async def _amount(value: Any, _: Situation) -> Accepted:
    if not 0 < float(value) <= LARGEST:
        raise Wrong("utter_amount_impossible")
    return Accepted(value)


def _way(at: Situation) -> str | None:
    if at.requested != "refund_to":
        return None
    if (pressed := at.found("refund_to")) is not None:
        return str(pressed)
    text = at.text.lower()
    return next((way.value for way, words in _WAYS if any(word in text for word in words)), None)


def _description(at: Situation) -> str | None:
    """What is told beside the date; the first complaint itself says only that there is one."""
    asked = at.requested in ("description", "charge_date") and at.slot("description") is None
    return at.text if asked and len(at.text.split()) > 3 else None


def _attachment(at: Situation) -> str | None:
    if at.text.startswith(_FILE):
        return at.text.removeprefix(_FILE).rstrip("]").strip()
    refuses = at.intent == "deny" or any(at.text.lower().startswith(word) for word in _NONE)
    return "none" if at.requested == "attachment" and refuses else None


def is_large(at: Situation) -> bool:
    return at.slot("amount") is not None and float(at.slot("amount")) > AT_ONCE


class Refund(Task):
    form = "refund_form"
    fields = (
        Field("amount", entity("money"), _amount),
        Field("charge_date", _day, _past),
        IDENTITY,
        Field("refund_to", _way),
        Field("description", _description, free=True),
        Field("attachment", _attachment),
        CONFIRMED,
    )

    async def needs(self, at: Situation) -> Sequence[str]:
        identity = () if at.slot("customer") else ("identity",)
        if is_large(at):
            return ("amount", "charge_date", "description", "attachment", *identity, "confirmed")
        return ("amount", "charge_date", *identity, "refund_to")

    async def settle(self, at: Situation) -> Mapping[str, Any]:
        if at.slot("amount") is None:
            return {}
        return {"refund_kind": "claim" if is_large(at) else "at_once"}

    async def confirm(self, at: Situation) -> Message:
        return at.say("utter_confirm_large_refund", amount=roubles(at.slot("amount")), date=_on(at))

    async def submit(self, at: Situation) -> Outcome:
        return await (_open_case(at) if is_large(at) else _refund(at))


async def _refund(at: Situation) -> Outcome:
    wanted: dict[str, Any] = {
        "customer_ref": str(at.slot("customer")),
        "amount": Decimal(str(at.slot("amount"))),
        "date": date.fromisoformat(at.slot("charge_date")),
        "to": RefundTo(at.slot("refund_to")),
    }
    try:
        done = await at.backoffice.refund_fee(**wanted, key=at.key("refund_fee", wanted))
    except BackofficeRefused as refused:
        if refused.refusal in _FOR_A_PERSON:
            said = at.say(f"utter_refund_refused_{refused.refusal}", **refused.details)
            return [said, *await _open_case(at)]
        slot = _OTHER_VALUE.get(refused.refusal)
        if slot is None and refused.refusal != "already_refunded":
            raise Wrong("utter_amount_impossible", clears=("amount",)) from refused
        response, clears = f"utter_refund_refused_{refused.refusal}", (slot,) if slot else ()
        raise Wrong(response, clears=clears, amount=roubles(wanted["amount"])) from refused
    said = at.say("utter_refund_done", amount=roubles(done.amount), to=_WAY_NAMES[done.to])
    return [said, SlotSet("outcome", DONE)]


async def _open_case(at: Situation) -> Outcome:
    names = ("amount", "charge_date", "description", "attachment")
    fields = {name: str(at.slot(name)) for name in names if at.slot(name) is not None}
    key = at.key("open_case", fields)
    ref = str(at.slot("customer"))
    case = await at.backoffice.open_case(kind=CaseKind.FEE_REFUND, fields=fields, key=key, customer_ref=ref)
    said = at.say("utter_case_opened", number=case.number, when=on(case.answer_by))
    return [said, SlotSet("outcome", DONE)]


def _on(at: Situation) -> str:
    return on(date.fromisoformat(at.slot("charge_date")))
