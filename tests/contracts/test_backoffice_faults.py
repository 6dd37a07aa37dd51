"""The company's systems when they are slow, broken, gone or asked twice: one effect, and a clear error."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from company import TOKEN, WEDNESDAY, Company, away, change, clock_at, company_inside
from services import free_port
from structlog.testing import capture_logs

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.http import ATTEMPTS, HttpBackoffice
from bot.backoffice.records import Visit

Asgi = Callable[[Any, Any, Any], Awaitable[None]]
FRIDAY = datetime(2026, 6, 5, 11)  # noqa: DTZ001 - a time without a zone is the office's own


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    async with company_inside(tmp_path / "backoffice.db", clock_at(WEDNESDAY)) as running:
        yield running


class LosesAnswers:
    """The service behind a line that does `faults` in turn to its answers, after the work is done."""

    def __init__(self, app: Asgi, *faults: str) -> None:
        self._app, self._faults = app, list(faults)
        self.keys: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.keys.append(dict(scope["headers"]).get(b"idempotency-key", b""))
        fault = self._faults.pop(0) if self._faults else ""
        if not fault:
            await self._app(scope, receive, send)
            return

        async def nowhere(_message: Any) -> None:
            return None

        await self._app(scope, receive, nowhere)
        if fault == "silence":
            await asyncio.Event().wait()
        if fault == "crash":
            raise RuntimeError("the line is dead")
        status, body = (500, b"oops") if fault == "500" else (200, b"<html>")
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


def through(line: Asgi, timeout_s: float = 3.0) -> HttpBackoffice:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(line, raise_app_exceptions=False))
    return HttpBackoffice(client, "http://test", TOKEN, timeout_s=timeout_s)


def papers(file: Path) -> int:
    with sqlite3.connect(file) as connection:
        count = int(connection.execute("SELECT count(*) FROM papers").fetchone()[0])
    connection.close()
    return count


@pytest.mark.parametrize("faults", [("500",), ("crash",), ("500", "crash")])
async def test_an_answer_that_was_lost_is_fetched_by_the_same_key(
    company: Company, tmp_path: Path, faults: tuple[str, ...]
) -> None:
    line = LosesAnswers(company.app, *faults)
    ticket = await change(through(line))
    assert line.keys == [b"k"] * (len(faults) + 1)
    assert await change(company.backoffice) == ticket
    assert papers(tmp_path / "backoffice.db") == 1


@pytest.mark.parametrize(("fault", "reason"), [("silence", "timeout"), ("garbage", "garbage")])
async def test_the_dialogue_may_ask_again_after_an_error(
    company: Company, tmp_path: Path, fault: str, reason: str
) -> None:
    error = await away(change(through(LosesAnswers(company.app, *[fault] * ATTEMPTS), timeout_s=1.0)))
    assert (error.reason, error.retryable) == (reason, True)
    ticket = await change(company.backoffice)
    assert ticket.number == "З-000001"
    assert papers(tmp_path / "backoffice.db") == 1


async def test_a_code_asked_for_over_a_bad_line_is_sent_once(company: Company) -> None:
    line = LosesAnswers(company.app, "500", "500")
    pair = {"contract_number": "МП-204518", "phone": "+79000000012"}
    await through(line).send_code(**pair)
    assert len(set(line.keys)) == 1
    code = (await company.last_sms(pair["phone"]) or "")[4:8]
    wrong = f"{(int(code) + 1) % 10000:04}"
    for number in range(4):  # each of them is answered the second time, and counts once
        key = f"wrong {number}"
        assert await through(LosesAnswers(company.app, "500")).check_code(**pair, code=wrong, key=key) is None
    assert await company.backoffice.check_code(**pair, code=code, key="right") is not None


async def test_the_same_key_at_once_is_one_visit(company: Company) -> None:
    async def book() -> Visit:
        return await company.backoffice.book_visit(
            city="Москва", at=FRIDAY, topic="займ", phone="+79000000001", plate="А1", key="one"
        )

    visits = await asyncio.gather(*(book() for _ in range(12)))
    assert len(set(visits)) == 1


async def test_two_processes_on_one_database_do_it_once(company: Company, tmp_path: Path) -> None:
    async with company_inside(tmp_path / "backoffice.db", clock_at(WEDNESDAY)) as other:
        tickets = await asyncio.gather(*(change(one.backoffice) for one in (company, other, company, other)))
    assert len(set(tickets)) == 1
    assert papers(tmp_path / "backoffice.db") == 1


async def test_a_key_outlives_the_process_and_the_day(tmp_path: Path) -> None:
    file = tmp_path / "backoffice.db"
    async with company_inside(file, clock_at(WEDNESDAY)) as first:
        ticket = await change(first.backoffice)
    async with company_inside(file, clock_at(WEDNESDAY + timedelta(hours=5))) as later:
        assert await change(later.backoffice) == ticket
        with pytest.raises(BackofficeRefused, match="already_changed"):
            await change(later.backoffice, "another")
    async with company_inside(file, clock_at(WEDNESDAY + timedelta(days=30))) as month_later:
        (contract,) = await month_later.backoffice.contracts("c-orlov")
        assert (contract.payment_day, contract.last_date_change) == (10, None)  # the demonstration is new
        assert await change(month_later.backoffice) == ticket


# What comes back is not an answer.


def answering(status: int, body: bytes, **headers: str) -> tuple[Asgi, list[str]]:
    asked: list[str] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    return app, asked


@pytest.mark.parametrize(
    ("status", "body", "reason", "attempts"),
    [
        (200, b"<html>Welcome</html>", "garbage", 1),
        (200, b"", "garbage", 1),
        (200, b"[]", "garbage", 1),
        (200, b'{"number": 1}', "garbage", 1),
        (200, b"\xff\xfe\x00", "garbage", 1),
        (204, b"", "garbage", 1),
        (302, b"", "garbage", 1),
        (404, b"<html>", "garbage", 1),
        (409, b'{"error": "no"}', "garbage", 1),
        (409, b'{"error": {"code": 7}}', "garbage", 1),
        (409, b'{"error": {"code": "x", "details": [1]}}', "garbage", 1),
        (302, b'{"error": {"code": "x"}}', "garbage", 1),
        (401, b"", "unauthorized", 1),
        (403, b'{"error": {"code": "x"}}', "unauthorized", 1),
        (429, b"", "failing", ATTEMPTS),
        (500, b'{"error": {"code": "x"}}', "failing", ATTEMPTS),
        (503, b"", "failing", ATTEMPTS),
    ],
)
async def test_what_is_no_answer_is_away(status: int, body: bytes, reason: str, attempts: int) -> None:
    app, asked = answering(status, body)
    with capture_logs() as lines:
        error = await away(change(through(app)))
    assert (error.reason, error.retryable) == (reason, reason != "unauthorized")
    assert asked == ["/v1/change_payment_date"] * attempts
    assert lines == [
        {
            "event": "backoffice_away",
            "log_level": "warning",
            "operation": "change_payment_date",
            "reason": reason,
        }
    ]


async def test_a_body_that_cannot_be_unpacked_and_a_document_that_is_none() -> None:
    broken, _ = answering(200, gzip.compress(b"{}")[:-9], content_encoding="gzip")
    assert (await away(change(through(broken)))).reason in {"garbage", "unreachable"}
    noise, _ = answering(200, b"\x1f\x8bnoise", content_encoding="gzip")
    assert (await away(change(through(noise)))).reason == "unreachable"
    page, _ = answering(200, b"<html>", content_type="application/pdf")
    assert (await away(through(page).certificate_pdf("t"))).reason == "garbage"


async def test_the_services_own_code_and_numbers_come_through() -> None:
    app, _ = answering(422, b'{"error": {"code": "own_rule", "message": "m", "details": {"days": [1]}}}')
    with pytest.raises(BackofficeRefused) as raised:
        await change(through(app))
    assert (raised.value.code, raised.value.refusal, raised.value.details) == (
        "backoffice_refused",
        "own_rule",
        {"days": [1]},
    )
    assert not raised.value.retryable


@asynccontextmanager
async def raw_server(behave: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """A TCP server that reads a request and then does as it likes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await behave(writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _hang(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def _hang_up(_writer: asyncio.StreamWriter) -> None:
    return


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(600):  # each byte comes before a reader would lose patience
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _half(writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{"number": ')
    await writer.drain()


async def _nonsense(writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await writer.drain()


@pytest.mark.live
@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (_hang, "timeout"),
        (_drip, "timeout"),
        (_hang_up, "unreachable"),
        (_half, "unreachable"),
        (_nonsense, "unreachable"),
    ],
)
async def test_a_server_that_misbehaves_is_away(
    behave: Callable[[asyncio.StreamWriter], Awaitable[None]], reason: str
) -> None:
    async with raw_server(behave) as url, httpx.AsyncClient() as client:
        error = await away(change(HttpBackoffice(client, url, TOKEN, timeout_s=0.3)))
    assert error.reason == reason


@pytest.mark.live
async def test_nobody_listens() -> None:
    async with httpx.AsyncClient() as client:
        error = await away(change(HttpBackoffice(client, f"http://127.0.0.1:{free_port()}", TOKEN)))
    assert (error.reason, error.retryable) == ("unreachable", True)
