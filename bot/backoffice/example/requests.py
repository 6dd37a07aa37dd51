"""What the example service takes: one model per operation, with the bounds of every value."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from bot.backoffice.records import BlockKind, CaseKind, Delivery, RefundTo


def _near(moment: datetime) -> datetime:
    if not 2000 <= moment.year <= 2100:
        raise ValueError("a year from 2000 to 2100")
    return moment


def _printable(text: str) -> str:
    if any(0xD800 <= ord(char) <= 0xDFFF or char == "\0" for char in text):
        raise ValueError("characters that no text has")
    return text


Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_printable)
]
Prose = Annotated[
    str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True), AfterValidator(_printable)
]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
BirthDate = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2100, 12, 31))]
Moment = Annotated[datetime, AfterValidator(_near)]


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Asked):
    pass


class ByRef(Asked):
    ref: Name


class OfCustomer(Asked):
    customer_ref: Name


class FindCustomer(Asked):
    contract_number: Name | None = None
    phone: Name | None = None
    full_name: Name | None = None
    birth_date: BirthDate | None = None


class SendCode(Asked):
    contract_number: Name
    phone: Name


class CheckCode(SendCode):
    code: Name


class Verify(Asked):
    contract_number: Name
    full_name: Name
    birth_date: BirthDate


class FindApplication(Asked):
    customer_ref: Name | None = None
    number: Name | None = None


class DateChangeOptions(Asked):
    contract_number: Name
    today: Day


class ChangePaymentDate(Asked):
    contract_number: Name
    day: int


class OrderCertificate(Asked):
    customer_ref: Name
    kind: Name
    delivery: Delivery
    address: Annotated[str, StringConstraints(max_length=300), AfterValidator(_printable)] | None = None


class CertificatePdf(Asked):
    token: Name


class FreeSlots(Asked):
    city: Name
    date: Day


class BookVisit(Asked):
    city: Name
    at: Moment
    topic: Name
    customer_ref: Name | None = None
    phone: Name | None = None
    guests: tuple[Name, ...] = ()
    plate: Name | None = None


class MoveVisit(Asked):
    visit_id: Name
    at: Moment


class CancelVisit(Asked):
    visit_id: Name


class RequestCallback(Asked):
    phone: Name
    topic: Prose
    at: Moment | None = None


class FindCharge(Asked):
    customer_ref: Name
    amount: Decimal
    date: Day


class RefundFee(FindCharge):
    to: RefundTo


class OpenCase(Asked):
    kind: CaseKind
    fields: Annotated[dict[Name, Prose], Field(max_length=50)]
    customer_ref: Name | None = None


class BlockCard(Asked):
    kind: BlockKind
    customer_ref: Name | None = None
    phone: Name | None = None
    full_name: Name | None = None
    birth_date: BirthDate | None = None


class Unsubscribe(Asked):
    phone: Name | None = None
    customer_ref: Name | None = None
