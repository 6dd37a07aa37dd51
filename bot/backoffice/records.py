"""The nouns of the company's systems. Frozen; money is in roubles; moments are aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Product(StrEnum):
    LOAN = "loan"
    POS = "pos"  # an instalment plan made in a shop
    LEASING = "leasing"


class CustomerKind(StrEnum):
    INDIVIDUAL = "individual"
    COMPANY = "company"


class ContractStatus(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"


class ApplicationStatus(StrEnum):
    RECEIVED = "received"
    CHECKING = "checking"  # a person looks at it
    APPROVED = "approved"
    REFUSED = "refused"
    PAID_OUT = "paid_out"


class NextStep(StrEnum):
    """What the applicant can do now."""

    WAIT = "wait"
    ANSWER_CALL = "answer_call"
    SIGN = "sign"
    APPLY_AGAIN = "apply_again"
    NOTHING = "nothing"


class Delivery(StrEnum):
    ELECTRONIC = "electronic"
    PAPER_OFFICE = "paper_office"
    MAIL = "mail"


class RefundTo(StrEnum):
    CARD_MOST = "card_most"  # the company's own card
    PAYMENT = "payment"  # counts towards the next payment
    OTHER_CARD = "other_card"


class BlockKind(StrEnum):
    STOLEN = "stolen"  # for good
    FREEZE = "freeze"


class CaseKind(StrEnum):
    """What a case is about; its deadline follows from that."""

    FEE_REFUND = "fee_refund"
    CLAIM = "claim"
    EMPLOYEE = "employee"
    PARTNER = "partner"
    QUESTION = "question"
    CARD_DISPUTE = "card_dispute"
    CARD_DISPUTE_ABROAD = "card_dispute_abroad"
    PERSONAL_DATA = "personal_data"
    CREDIT_HISTORY = "credit_history"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that does not allow something now. `code` is stable, `details` are its numbers as JSON."""

    code: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Customer:
    """`full_name` of a company is its own; then `contact` is the person who acts for it."""

    ref: str
    kind: CustomerKind
    full_name: str
    phone: str
    birth_date: date | None = None
    contact: str | None = None
    has_card: bool = False


@dataclass(frozen=True, slots=True)
class CodeSent:
    """Says nothing about whether the contract and the phone belong together."""

    digits: int
    valid_s: int
    again_in_s: int


@dataclass(frozen=True, slots=True)
class Contract:
    """`payment_day` is None when everything is paid at once at the end, and when it is closed."""

    number: str
    customer_ref: str
    product: Product
    title: str
    status: ContractStatus
    payment_day: int | None
    payments_made: int
    overdue: bool
    balance: Decimal
    opened_on: date
    closed_on: date | None = None
    last_date_change: date | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """`valid_until` is the last day of an approval, `again_on` the first day of a new application."""

    number: str
    customer_ref: str
    product: Product
    title: str
    status: ApplicationStatus
    created_at: datetime
    next_step: NextStep
    decided_at: datetime | None = None
    valid_until: date | None = None
    again_on: date | None = None


@dataclass(frozen=True, slots=True)
class DateChange:
    """Which days of the month the payment of a contract may move to today.

    `days` are open now; `known_days` are all that the product has, `limit_days` how far forward the
    next payment may move (None: any of the days). With a `refusal` nothing is open.
    """

    contract_number: str
    product: Product
    payment_day: int | None
    next_payment: date | None
    known_days: tuple[int, ...]
    days: tuple[int, ...]
    limit_days: int | None
    fee: Decimal
    interest_per_day: Decimal
    answer_by: date
    refusal: Refusal | None = None

    def refuses(self, day: int) -> Refusal | None:
        """Why this day cannot be had, None when it can."""
        if self.refusal is not None:
            return self.refusal
        if day in self.days:
            return None
        if day not in self.known_days:
            return Refusal("day_not_allowed", {"days": list(self.known_days)})
        if day == self.payment_day:
            return Refusal("same_day", {"days": list(self.days)})
        return Refusal("too_far", {"limit_days": self.limit_days, "days": list(self.days)})


@dataclass(frozen=True, slots=True)
class Ticket:
    """Accepted; done at the latest on `done_by`."""

    number: str
    kind: str
    done_by: date
    fee: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class DeliveryOption:
    """`ready_days` are working days, 0 is at once; `price` is what the next one costs."""

    delivery: Delivery
    ready_days: int
    price: Decimal
    post_days: int = 0  # further working days on the way


@dataclass(frozen=True, slots=True)
class CertificateKind:
    kind: str
    title: str
    deliveries: tuple[DeliveryOption, ...]
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """`token` fetches the PDF of an electronic one from `ready_on` until `token_until`."""

    number: str
    kind: str
    title: str
    delivery: Delivery
    price: Decimal
    ready_on: date
    token: str | None = None
    token_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """`hours` maps a weekday (0 is Monday) to "09:00-20:00"; a day that is missing is closed."""

    city: str
    address: str
    timezone: str
    hours: Mapping[int, str]
    cash_desk: bool
    needs_pass: bool
    parking_places: int  # that can be booked


@dataclass(frozen=True, slots=True)
class Visit:
    """`at` is in the office's time zone. `pass_number` only where the building asks for a pass."""

    id: str
    city: str
    address: str
    at: datetime
    topic: str
    guests: tuple[str, ...] = ()
    plate: str | None = None
    parking_place: int | None = None
    pass_number: str | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Callback:
    number: str
    phone: str
    at: datetime
    topic: str


@dataclass(frozen=True, slots=True)
class Charge:
    """Money that was taken. `mistaken`: the company's own check says that it should not have been."""

    id: str
    amount: Decimal
    on: date
    title: str
    mistaken: bool
    refunded: bool = False


@dataclass(frozen=True, slots=True)
class Refund:
    number: str
    amount: Decimal
    to: RefundTo
    paid_by: date
    refunds_left: int  # until the limit of 12 months is reached


@dataclass(frozen=True, slots=True)
class Case:
    number: str
    kind: CaseKind
    answer_by: date


@dataclass(frozen=True, slots=True)
class CardBlock:
    """`cards` are last digits. `reversible_until` of a freeze; a stolen card can only be made anew."""

    kind: BlockKind
    cards: tuple[str, ...]
    blocked_at: datetime
    reversible_until: date | None
    reissue_price: Decimal
