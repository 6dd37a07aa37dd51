"""The port over HTTP: one operation is one `POST {base_url}/v1/{operation}`, see `docs/backoffice.md`.

Arguments travel in bodies only, so that no proxy's log gets to know a customer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
import structlog
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from bot.backoffice.errors import BackofficeAway, BackofficeRefused
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

log = structlog.get_logger(__name__)
T = TypeVar("T")

ATTEMPTS = 3
PAUSE = 0.1  # seconds before the second attempt, doubled for the third
_PLAIN = "!#$&'()*+,/:;=?@[]|^ "  # stays as it is in a header; everything else is percent-encoded
MAYBE_LATER = {408, 425, 429}  # with 5xx: the same request may succeed

_CUSTOMER: TypeAdapter[Customer | None] = TypeAdapter(Customer | None)
_CODE = TypeAdapter(CodeSent)
_CONTRACTS = TypeAdapter(tuple[Contract, ...])
_APPLICATION: TypeAdapter[Application | None] = TypeAdapter(Application | None)
_DATE_CHANGE = TypeAdapter(DateChange)
_TICKET = TypeAdapter(Ticket)
_CERTIFICATES = TypeAdapter(tuple[CertificateKind, ...])
_CERTIFICATE = TypeAdapter(Certificate)
_OFFICES = TypeAdapter(tuple[Office, ...])
_TIMES = TypeAdapter(tuple[time, ...])
_VISIT = TypeAdapter(Visit)
_MAYBE_VISIT: TypeAdapter[Visit | None] = TypeAdapter(Visit | None)
_CALLBACK = TypeAdapter(Callback)
_CHARGE: TypeAdapter[Charge | None] = TypeAdapter(Charge | None)
_REFUND = TypeAdapter(Refund)
_CASE = TypeAdapter(Case)
_BLOCK = TypeAdapter(CardBlock)


class HttpBackoffice:
    """Implements `Backoffice`. `timeout_s` bounds one attempt; after it no new attempt begins.

    Every attempt of a call carries the same idempotency key, so that an answer that was lost on the
    way is the only thing that a repeat brings.
    """

    def __init__(
        self, client: httpx.AsyncClient, base_url: str, token: str, *, timeout_s: float = 3.0
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._timeout_s = timeout_s

    async def customer(self, ref: str) -> Customer | None:
        return await self._call("customer", _CUSTOMER, {"ref": ref})

    async def find_customer(
        self,
        *,
        contract_number: str | None = None,
        phone: str | None = None,
        full_name: str | None = None,
        birth_date: date | None = None,
    ) -> Customer | None:
        return await self._call(
            "find_customer",
            _CUSTOMER,
            {
                "contract_number": contract_number,
                "phone": phone,
                "full_name": full_name,
                "birth_date": birth_date,
            },
        )

    # What counts attempts must not count a repeat within one call twice: hence keys here as well.

    async def send_code(self, *, contract_number: str, phone: str) -> CodeSent:
        arguments = {"contract_number": contract_number, "phone": phone}
        return await self._call("send_code", _CODE, arguments, uuid4().hex)

    async def check_code(self, *, contract_number: str, phone: str, code: str, key: str) -> Customer | None:
        arguments = {"contract_number": contract_number, "phone": phone, "code": code}
        return await self._call("check_code", _CUSTOMER, arguments, key)

    async def verify(self, *, contract_number: str, full_name: str, birth_date: date) -> Customer | None:
        arguments = {"contract_number": contract_number, "full_name": full_name, "birth_date": birth_date}
        return await self._call("verify", _CUSTOMER, arguments, uuid4().hex)

    async def contracts(self, customer_ref: str) -> tuple[Contract, ...]:
        return await self._call("contracts", _CONTRACTS, {"customer_ref": customer_ref})

    async def application(
        self, *, customer_ref: str | None = None, number: str | None = None
    ) -> Application | None:
        return await self._call("application", _APPLICATION, {"customer_ref": customer_ref, "number": number})

    async def date_change_options(self, contract_number: str, today: date) -> DateChange:
        arguments = {"contract_number": contract_number, "today": today}
        return await self._call("date_change_options", _DATE_CHANGE, arguments)

    async def change_payment_date(self, *, contract_number: str, day: int, key: str) -> Ticket:
        arguments = {"contract_number": contract_number, "day": day}
        return await self._call("change_payment_date", _TICKET, arguments, key)

    async def certificates(self, customer_ref: str) -> tuple[CertificateKind, ...]:
        return await self._call("certificates", _CERTIFICATES, {"customer_ref": customer_ref})

    async def order_certificate(
        self,
        *,
        customer_ref: str,
        kind: str,
        delivery: Delivery,
        key: str,
        address: str | None = None,
    ) -> Certificate:
        arguments = {"customer_ref": customer_ref, "kind": kind, "delivery": delivery, "address": address}
        return await self._call("order_certificate", _CERTIFICATE, arguments, key)

    async def certificate_pdf(self, token: str) -> bytes:
        content = await self._answer("certificate_pdf", {"token": token}, None)
        if not content.startswith(b"%PDF-"):
            raise self._away("certificate_pdf", "garbage")
        return content

    async def offices(self) -> tuple[Office, ...]:
        return await self._call("offices", _OFFICES, {})

    async def free_slots(self, city: str, date: date) -> tuple[time, ...]:
        return await self._call("free_slots", _TIMES, {"city": city, "date": date})

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
        arguments = {
            "city": city,
            "at": at,
            "topic": topic,
            "customer_ref": customer_ref,
            "phone": phone,
            "guests": guests,
            "plate": plate,
        }
        return await self._call("book_visit", _VISIT, arguments, key)

    async def visit_of(self, customer_ref: str) -> Visit | None:
        return await self._call("visit_of", _MAYBE_VISIT, {"customer_ref": customer_ref})

    async def move_visit(self, *, visit_id: str, at: datetime, key: str) -> Visit:
        return await self._call("move_visit", _VISIT, {"visit_id": visit_id, "at": at}, key)

    async def cancel_visit(self, *, visit_id: str, key: str) -> Visit:
        return await self._call("cancel_visit", _VISIT, {"visit_id": visit_id}, key)

    async def request_callback(
        self, *, phone: str, topic: str, key: str, at: datetime | None = None
    ) -> Callback:
        arguments = {"phone": phone, "topic": topic, "at": at}
        return await self._call("request_callback", _CALLBACK, arguments, key)

    async def charge(self, customer_ref: str, amount: Decimal, date: date) -> Charge | None:
        arguments = {"customer_ref": customer_ref, "amount": amount, "date": date}
        return await self._call("charge", _CHARGE, arguments)

    async def refund_fee(
        self, *, customer_ref: str, amount: Decimal, date: date, to: RefundTo, key: str
    ) -> Refund:
        arguments = {"customer_ref": customer_ref, "amount": amount, "date": date, "to": to}
        return await self._call("refund_fee", _REFUND, arguments, key)

    async def open_case(
        self, *, kind: CaseKind, fields: Mapping[str, str], key: str, customer_ref: str | None = None
    ) -> Case:
        arguments = {"kind": kind, "fields": dict(fields), "customer_ref": customer_ref}
        return await self._call("open_case", _CASE, arguments, key)

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
        arguments = {
            "kind": kind,
            "customer_ref": customer_ref,
            "phone": phone,
            "full_name": full_name,
            "birth_date": birth_date,
        }
        return await self._call("block_card", _BLOCK, arguments, key)

    async def unsubscribe(
        self, *, key: str, phone: str | None = None, customer_ref: str | None = None
    ) -> Ticket:
        return await self._call("unsubscribe", _TICKET, {"phone": phone, "customer_ref": customer_ref}, key)

    async def _call(
        self,
        operation: str,
        expected: TypeAdapter[T],
        arguments: Mapping[str, object],
        key: str | None = None,
    ) -> T:
        content = await self._answer(operation, arguments, key)
        try:
            return expected.validate_json(content)
        except ValidationError:
            raise self._away(operation, "garbage") from None  # the cause would quote the answer

    async def _answer(self, operation: str, arguments: Mapping[str, object], key: str | None) -> bytes:
        """The body of a 2xx answer, after as many attempts as there is time for."""
        try:
            body = to_json(arguments)
        except (PydanticSerializationError, UnicodeEncodeError):  # half a surrogate pair is no text
            raise BackofficeRefused("invalid_request") from None
        loop = asyncio.get_running_loop()
        last_start = loop.time() + self._timeout_s
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(PAUSE * 2 ** (attempt - 1))
                if loop.time() > last_start:
                    break
            outcome = await self._attempt(operation, body, key)
            if isinstance(outcome, bytes):
                return outcome
            reason = outcome
        raise self._away(operation, reason)

    async def _attempt(self, operation: str, body: bytes, key: str | None) -> bytes | str:
        """The body, or the reason why another attempt may help."""
        headers = self._headers | ({"Idempotency-Key": quote(key, _PLAIN)} if key is not None else {})
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._client.post(
                    f"{self._base_url}/v1/{operation}", content=body, headers=headers, follow_redirects=False
                )
        except (TimeoutError, httpx.TimeoutException):
            return "timeout"
        except (httpx.TransportError, httpx.DecodingError):
            return "unreachable"
        if reply.is_success:
            return reply.content
        if reply.status_code in {401, 403}:
            raise self._away(operation, "unauthorized")
        if reply.status_code in MAYBE_LATER or reply.is_server_error:
            return "failing"
        raise _refused(reply) or self._away(operation, "garbage")

    def _away(self, operation: str, reason: str) -> BackofficeAway:
        log.warning("backoffice_away", operation=operation, reason=reason)
        return BackofficeAway(reason)


def _refused(reply: httpx.Response) -> BackofficeRefused | None:
    """The refusal in a 4xx answer, None when it is not of our shape."""
    try:
        error: Any = reply.json()["error"]
        code, details = error["code"], error.get("details") or {}
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    if not isinstance(code, str) or not isinstance(details, dict) or not reply.is_client_error:
        return None
    return BackofficeRefused(code, details)
