"""A certificate: as a PDF at once, on paper in an office, or by post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.records import Delivery
from bot.engine.events import SlotSet
from bot.engine.responses import Message
from bot.tasks import identify
from bot.tasks.form import CONFIRMED, DONE, Accepted, Field, Outcome, Task, Wrong, whole
from bot.tasks.situation import Situation
from bot.tasks.wording import ahead, on, roubles

# Words by which a kind and a delivery are known; a button names them exactly.
_KINDS = (
    ("no_debt", ("ничего не долж", "отсутстви", "нет долга", "долга нет", "закрыл", "no debt")),
    ("current_debt", ("задолженност", "остат", "текущ", "сколько долж", "current")),
    ("tax", ("налог", "вычет", "tax")),
    ("income", ("2-ндфл", "2 ндфл", "ндфл")),
    ("civil_servant", ("госслуж", "служащ")),
    ("leasing_payments", ("лизинг",)),
    ("reconciliation", ("сверк",)),
)
_DELIVERIES = (
    ("mail", ("почт", "письм", "пришл", "mail")),
    ("paper_office", ("офис", "сам заб", "заберу", "office")),
    ("electronic", ("электрон", "pdf", "пдф", "сразу", "кабинет", "electronic")),
)


def _word(at: Situation, slot: str, known: Sequence[tuple[str, Sequence[str]]]) -> str | None:
    pressed = at.found(slot)
    if pressed is not None:
        return str(pressed)
    text = at.text.lower()
    return next((value for value, words in known if any(word in text for word in words)), None)


def _dates(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: on(date.fromisoformat(str(value))) for name, value in details.items() if name == "from"}


def _kind(at: Situation) -> str | None:
    return _word(at, "certificate", _KINDS)


def _delivery(at: Situation) -> str | None:
    return _word(at, "delivery", _DELIVERIES)


async def _checked_delivery(value: Any, _: Situation) -> Accepted:
    if value not in set(Delivery):
        raise Wrong("utter_ask_delivery")
    return Accepted(value)


class OrderCertificate(Task):
    form = "certificate_form"
    fields = (
        *identify.FIELDS,
        Field("certificate", _kind),
        Field("delivery", _delivery, _checked_delivery),
        whole("address"),
        CONFIRMED,
    )

    async def needs(self, at: Situation) -> Sequence[str]:
        on_paper = at.slot("delivery") not in (None, Delivery.ELECTRONIC)
        by_mail = ("address",) if at.slot("delivery") == Delivery.MAIL else ()
        confirmed = ("confirmed",) if on_paper else ()
        return (*identify.needs(at), "certificate", "delivery", *by_mail, *confirmed)

    async def settle(self, at: Situation) -> dict[str, Any]:
        """A kind that this customer cannot have is refused before anything else is asked."""
        if not at.slot("customer") or not at.slot("certificate"):
            return {}
        kinds = await at.backoffice.certificates(str(at.slot("customer")))
        kind = next((each for each in kinds if each.kind == at.slot("certificate")), None)
        if kind is None:
            raise Wrong("utter_certificate_unavailable", clears=("certificate",))
        if kind.refusal is not None:
            response = f"utter_certificate_refused_{kind.refusal.code}"
            raise Wrong(response, clears=("certificate",), **_dates(kind.refusal.details))
        offered = {each.delivery for each in kind.deliveries}
        if at.slot("delivery") is not None and at.slot("delivery") not in offered:
            raise Wrong("utter_certificate_not_so", clears=("delivery",))
        return {}

    async def confirm(self, at: Situation) -> Message:
        kinds = await at.backoffice.certificates(str(at.slot("customer")))
        kind = next(each for each in kinds if each.kind == at.slot("certificate"))
        way = next(each for each in kind.deliveries if each.delivery == at.slot("delivery"))
        return at.say("utter_confirm_certificate", title=kind.title, price=roubles(way.price))

    async def submit(self, at: Situation) -> Outcome:
        wanted: dict[str, Any] = {
            "customer_ref": str(at.slot("customer")),
            "kind": str(at.slot("certificate")),
            "delivery": Delivery(at.slot("delivery")),
            "address": at.slot("address") if at.slot("delivery") == Delivery.MAIL else None,
        }
        try:
            done = await at.backoffice.order_certificate(**wanted, key=at.key("order_certificate", wanted))
        except BackofficeRefused as refused:
            raise Wrong("utter_certificate_unavailable") from refused
        if done.token is not None:
            said = at.say(
                "utter_certificate_ready", title=done.title, url=f"/files/certificates/{done.token}"
            )
        else:
            when = ahead(at.now.date(), done.ready_on)
            said = at.say("utter_certificate_ordered", number=done.number, when=when)
        return [said, SlotSet("outcome", DONE)]
