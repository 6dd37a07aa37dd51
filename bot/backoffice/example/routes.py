"""The operations of the port as `POST /v1/{operation}`; the body is the operation's arguments."""

from __future__ import annotations

from datetime import time

from fastapi import APIRouter
from fastapi.responses import Response

from bot.backoffice.example import contracts, documents, money, offices, people, visits
from bot.backoffice.example import requests as asked
from bot.backoffice.example.desk import AtDesk, Key
from bot.backoffice.example.pdf import render
from bot.backoffice.records import (
    Application,
    Callback,
    CardBlock,
    Case,
    Certificate,
    CertificateKind,
    Charge,
    CodeSent,
    Contract,
    Customer,
    DateChange,
    Office,
    Refund,
    Ticket,
    Visit,
)

routes = APIRouter(prefix="/v1")


@routes.post("/customer")
def customer(body: asked.ByRef, desk: AtDesk) -> Customer | None:
    return desk.look(lambda work: people.by_ref(work, body.ref))


@routes.post("/find_customer")
def find_customer(body: asked.FindCustomer, desk: AtDesk) -> Customer | None:
    return desk.look(lambda work: people.find(work, **body.model_dump()))


@routes.post("/send_code")
def send_code(body: asked.SendCode, desk: AtDesk, key: Key) -> CodeSent:
    return desk.once(
        key, body, CodeSent, lambda work: people.send_code(work, body.contract_number, body.phone)
    )


@routes.post("/check_code")
def check_code(body: asked.CheckCode, desk: AtDesk, key: Key) -> Customer | None:
    return desk.once(
        key,
        body,
        Customer | None,
        lambda work: people.check_code(work, body.contract_number, body.phone, body.code),
    )


@routes.post("/verify")
def verify(body: asked.Verify, desk: AtDesk, key: Key) -> Customer | None:
    return desk.once(
        key,
        body,
        Customer | None,
        lambda work: people.verify(work, body.contract_number, body.full_name, body.birth_date),
    )


@routes.post("/contracts")
def contracts_of(body: asked.OfCustomer, desk: AtDesk) -> tuple[Contract, ...]:
    return desk.look(lambda work: contracts.of_customer(work, body.customer_ref))


@routes.post("/application")
def application(body: asked.FindApplication, desk: AtDesk) -> Application | None:
    return desk.look(lambda work: contracts.application(work, body.customer_ref, body.number))


@routes.post("/date_change_options")
def date_change_options(body: asked.DateChangeOptions, desk: AtDesk) -> DateChange:
    return desk.look(lambda work: contracts.date_change(work, body.contract_number, body.today))


@routes.post("/change_payment_date")
def change_payment_date(body: asked.ChangePaymentDate, desk: AtDesk, key: Key) -> Ticket:
    return desk.once(
        key, body, Ticket, lambda work: contracts.change_date(work, body.contract_number, body.day)
    )


@routes.post("/certificates")
def certificates(body: asked.OfCustomer, desk: AtDesk) -> tuple[CertificateKind, ...]:
    return desk.look(lambda work: documents.offered(work, body.customer_ref))


@routes.post("/order_certificate")
def order_certificate(body: asked.OrderCertificate, desk: AtDesk, key: Key) -> Certificate:
    return desk.once(
        key,
        body,
        Certificate,
        lambda work: documents.order(work, body.customer_ref, body.kind, body.delivery, body.address),
    )


@routes.post(
    "/certificate_pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The document."}},
)
def certificate_pdf(body: asked.CertificatePdf, desk: AtDesk) -> Response:
    page = desk.look(lambda work: documents.page(work, body.token))
    return Response(render(page), media_type="application/pdf", headers={"Cache-Control": "no-store"})


@routes.post("/offices")
def all_offices(body: asked.Nothing) -> tuple[Office, ...]:
    return offices.OFFICES


@routes.post("/free_slots")
def free_slots(body: asked.FreeSlots, desk: AtDesk) -> tuple[time, ...]:
    return desk.look(lambda work: visits.free_slots(work, body.city, body.date))


@routes.post("/book_visit")
def book_visit(body: asked.BookVisit, desk: AtDesk, key: Key) -> Visit:
    return desk.once(key, body, Visit, lambda work: visits.book(work, **body.model_dump()))


@routes.post("/visit_of")
def visit_of(body: asked.OfCustomer, desk: AtDesk) -> Visit | None:
    return desk.look(lambda work: visits.next_of(work, body.customer_ref))


@routes.post("/move_visit")
def move_visit(body: asked.MoveVisit, desk: AtDesk, key: Key) -> Visit:
    return desk.once(key, body, Visit, lambda work: visits.move(work, body.visit_id, body.at))


@routes.post("/cancel_visit")
def cancel_visit(body: asked.CancelVisit, desk: AtDesk, key: Key) -> Visit:
    return desk.once(key, body, Visit, lambda work: visits.cancel(work, body.visit_id))


@routes.post("/request_callback")
def request_callback(body: asked.RequestCallback, desk: AtDesk, key: Key) -> Callback:
    return desk.once(
        key, body, Callback, lambda work: visits.call_back(work, body.phone, body.topic, body.at)
    )


@routes.post("/charge")
def charge(body: asked.FindCharge, desk: AtDesk) -> Charge | None:
    return desk.look(lambda work: money.charge(work, body.customer_ref, body.amount, body.date))


@routes.post("/refund_fee")
def refund_fee(body: asked.RefundFee, desk: AtDesk, key: Key) -> Refund:
    return desk.once(
        key,
        body,
        Refund,
        lambda work: money.refund(work, body.customer_ref, body.amount, body.date, body.to),
    )


@routes.post("/open_case")
def open_case(body: asked.OpenCase, desk: AtDesk, key: Key) -> Case:
    return desk.once(
        key, body, Case, lambda work: money.open_case(work, body.kind, body.customer_ref, body.fields)
    )


@routes.post("/block_card")
def block_card(body: asked.BlockCard, desk: AtDesk, key: Key) -> CardBlock:
    return desk.once(key, body, CardBlock, lambda work: money.block_card(work, **body.model_dump()))


@routes.post("/unsubscribe")
def unsubscribe(body: asked.Unsubscribe, desk: AtDesk, key: Key) -> Ticket:
    return desk.once(key, body, Ticket, lambda work: money.unsubscribe(work, body.phone, body.customer_ref))
