"""The seam to the company's systems: one method per thing that a dialogue may ask or do.

Every method raises `BackofficeAway` or `BackofficeRefused`. What changes something takes `key`, an
idempotency key: a repeat with the same arguments returns the first result and does nothing twice;
with other arguments it is refused (`key_reused`). A refused operation leaves its key unused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol

from bot.backoffice.records import (
    Application,
    BlockKind,
    Callback,
    CardBlock,
    Case,
    CaseKind,
    Certificate,
    CertificateKind,
    Charge,
    CodeSent,
    Contract,
    Customer,
    DateChange,
    Delivery,
    Office,
    Refund,
    RefundTo,
    Ticket,
    Visit,
)


class Backoffice(Protocol):
    # Who it is. Nothing personal is said or done before one of `check_code` and `verify` names the customer.

    async def customer(self, ref: str) -> Customer | None: ...

    async def find_customer(
        self,
        *,
        contract_number: str | None = None,
        phone: str | None = None,
        full_name: str | None = None,
        birth_date: date | None = None,
    ) -> Customer | None:
        """The one customer whom all that is given fits; at least two must be (`too_few_criteria`)."""
        ...

    async def send_code(self, *, contract_number: str, phone: str) -> CodeSent:
        """A one-time code by SMS, if the phone is that of the contract or application; never says whether.

        Refused: `code_too_often` (`retry_after_s`), `too_many_attempts` (`retry_after_s`).
        """
        ...

    async def check_code(self, *, contract_number: str, phone: str, code: str, key: str) -> Customer | None:
        """The customer, once per code; None for a wrong or old code. Refused: `too_many_attempts`.

        A turn that is decided twice names the customer twice; with another key the code is spent.
        """
        ...

    async def verify(self, *, contract_number: str, full_name: str, birth_date: date) -> Customer | None:
        """By what a person knows of themselves. Refused: `too_many_attempts`."""
        ...

    # Contracts and applications.

    async def contracts(self, customer_ref: str) -> tuple[Contract, ...]: ...

    async def application(
        self, *, customer_ref: str | None = None, number: str | None = None
    ) -> Application | None:
        """The customer's newest, or the one with this number; with both, only if it is the customer's."""
        ...

    async def date_change_options(self, contract_number: str, today: date) -> DateChange: ...

    async def change_payment_date(self, *, contract_number: str, day: int, key: str) -> Ticket:
        """Refused with the codes of `DateChange.refuses`, and `no_contract`."""
        ...

    # Certificates.

    async def certificates(self, customer_ref: str) -> tuple[CertificateKind, ...]: ...

    async def order_certificate(
        self,
        *,
        customer_ref: str,
        kind: str,
        delivery: Delivery,
        key: str,
        address: str | None = None,
    ) -> Certificate:
        """Refused: the kind's own refusal, `no_such_kind`, `no_such_delivery`, `address_needed`."""
        ...

    async def certificate_pdf(self, token: str) -> bytes:
        """Refused: `no_certificate` (unknown or too old), `not_ready` (`ready_on`)."""
        ...

    # Visits. A time without a zone is the office's own.

    async def offices(self) -> tuple[Office, ...]: ...

    async def free_slots(self, city: str, date: date) -> tuple[time, ...]:
        """Starts of free half hours; empty when closed, past or too far ahead. Refused: `no_office`."""
        ...

    async def book_visit(
        self,
        *,
        city: str,
        at: datetime,
        topic: str,
        key: str,
        customer_ref: str | None = None,
        phone: str | None = None,
        guests: tuple[str, ...] = (),
        plate: str | None = None,
    ) -> Visit:
        """With a pass where one is needed, and a parking place when `plate` is given.

        Refused: `no_office`, `in_the_past`, `too_far_ahead`, `closed`, `slot_taken`, `no_parking`,
        `too_many_guests`, `too_many_visits`.
        """
        ...

    async def visit_of(self, customer_ref: str) -> Visit | None:
        """The next visit that is not cancelled."""
        ...

    async def move_visit(self, *, visit_id: str, at: datetime, key: str) -> Visit:
        """Refused like `book_visit`, and `no_visit`, `too_late` (less than two hours before)."""
        ...

    async def cancel_visit(self, *, visit_id: str, key: str) -> Visit: ...

    # A call from the company. A time without a zone is Moscow's.

    async def request_callback(
        self, *, phone: str, topic: str, key: str, at: datetime | None = None
    ) -> Callback:
        """As soon as somebody is at work without `at`. Refused: `invalid_phone`, `in_the_past`,
        `too_far_ahead`, `outside_hours` (`from`, `to`)."""
        ...

    # Money that should not have been taken, and everything that a person must decide.

    async def charge(self, customer_ref: str, amount: Decimal, date: date) -> Charge | None: ...

    async def refund_fee(
        self, *, customer_ref: str, amount: Decimal, date: date, to: RefundTo, key: str
    ) -> Refund:
        """At once. Refused: `invalid_amount`, `too_large`, `no_charge`, `already_refunded`, `too_old`,
        `not_mistaken`, `limit_reached`, `not_for_business`, `no_card`, `no_contract`."""
        ...

    async def open_case(
        self, *, kind: CaseKind, fields: Mapping[str, str], key: str, customer_ref: str | None = None
    ) -> Case: ...

    # What must not wait, and what is a word.

    async def block_card(
        self,
        *,
        kind: BlockKind,
        key: str,
        customer_ref: str | None = None,
        phone: str | None = None,
        full_name: str | None = None,
        birth_date: date | None = None,
    ) -> CardBlock:
        """By reference, or by the birth date with phone or name. Refused: `too_few_criteria`,
        `no_customer`, `no_card`."""
        ...

    async def unsubscribe(
        self, *, key: str, phone: str | None = None, customer_ref: str | None = None
    ) -> Ticket:
        """From advertising; the answer is the same for a phone that nobody knows."""
        ...
