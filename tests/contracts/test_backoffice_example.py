"""The example service itself: who may ask, what is refused, what its contract says, how it is opened."""

from __future__ import annotations

import asyncio
import inspect
import sqlite3
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from company import TOKEN, WEDNESDAY, Company, away, change, clock_at, company_inside, on_a_port
from structlog.testing import capture_logs

from bot.backoffice.errors import BackofficeRefused
from bot.backoffice.http import HttpBackoffice
from bot.backoffice.opening import InsideBackoffice, open_backoffice
from bot.backoffice.ports import Backoffice
from bot.settings import Settings

OPERATIONS = sorted(name for name in vars(Backoffice) if not name.startswith("_"))


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    async with company_inside(tmp_path / "backoffice.db", clock_at(WEDNESDAY)) as running:
        yield running


async def ask(company: Company, operation: str, body: object, **headers: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {TOKEN}", **headers}
    return await company.client.post(f"{company.url}/v1/{operation}", json=body, headers=sent)


@pytest.mark.parametrize("given", ["", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ключ"])
async def test_only_the_token_opens(company: Company, given: str) -> None:
    headers = {"Authorization": given.encode()} if given else {}
    for method, path in (("POST", "/v1/offices"), ("GET", "/example/outbox?phone=1")):
        reply = await company.client.request(method, f"{company.url}{path}", json={}, headers=headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("operation", "body", "fields"),
    [
        ("customer", {"ref": "c", "secret": "+79000000011"}, ["body.secret"]),
        ("customer", {"ref": "x" * 201}, ["body.ref"]),
        ("customer", {"ref": "\0"}, ["body.ref"]),
        ("customer", [], ["body"]),
        ("date_change_options", {"contract_number": "МП-1", "today": "9999-12-31"}, ["body.today"]),
        ("free_slots", {"city": "Москва", "date": "завтра"}, ["body.date"]),
        ("charge", {"customer_ref": "c", "amount": "много", "date": "2026-06-01"}, ["body.amount"]),
        ("cancel_visit", {"visit_id": "1"}, ["header.Idempotency-Key"]),
    ],
)
async def test_a_value_that_cannot_be_taken_is_named_and_not_repeated(
    company: Company, operation: str, body: object, fields: list[str]
) -> None:
    reply = await ask(company, operation, body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "invalid_request")
    assert reply.json()["error"]["details"] == {"fields": fields}
    assert "79000000011" not in reply.text


async def test_half_a_surrogate_is_refused_before_it_is_sent(company: Company) -> None:
    with pytest.raises(BackofficeRefused, match="invalid_request"):
        await company.backoffice.customer("\ud83d")


async def test_a_broken_database_is_away(company: Company, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "backoffice.db") as connection:
        connection.execute("DROP TABLE contracts")
    connection.close()
    assert (await away(company.backoffice.contracts("c-orlov"))).reason == "failing"
    assert await company.backoffice.customer("c-orlov") is not None


async def test_logs_know_nobody(company: Company) -> None:
    with capture_logs() as lines:
        await company.code("МП-204518", "+79000000012")
        await company.backoffice.verify(
            contract_number="МП-204518", full_name="Орлов Дмитрий Сергеевич", birth_date=date(1990, 6, 21)
        )
        await change(company.backoffice)
    assert lines == [{"event": "code_made", "log_level": "info"}]


async def test_the_contract_is_the_port(company: Company) -> None:
    """What the port, its implementation and the service's OpenAPI offer is the same."""
    reply = await company.client.get(
        f"{company.url}/openapi.json", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    paths = reply.json()["paths"]
    assert sorted(paths) == ["/example/outbox", *(f"/v1/{name}" for name in OPERATIONS)]
    for name in OPERATIONS:
        port = inspect.signature(getattr(Backoffice, name))
        assert inspect.signature(getattr(HttpBackoffice, name)) == port, name
        keyed = any(
            one["name"] == "Idempotency-Key" for one in paths[f"/v1/{name}"]["post"].get("parameters", [])
        )
        counts = name in {"send_code", "verify"}  # their key is the client's own
        assert keyed == ("key" in port.parameters or counts), name
        body = paths[f"/v1/{name}"]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        fields = reply.json()["components"]["schemas"][body.rsplit("/", 1)[1]].get("properties", {})
        assert set(fields) == set(port.parameters) - {"self", "key"}, name


async def test_without_an_address_the_example_is_inside(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "data")
    async with open_backoffice(settings, clock=clock_at(WEDNESDAY)) as backoffice:
        assert isinstance(backoffice, InsideBackoffice)
        await backoffice.send_code(contract_number="МП-204518", phone="+79000000012")
        (message,) = await backoffice.sms("+79000000012")
        assert message.text.startswith("Код ")
    assert (tmp_path / "new" / "data" / "backoffice.db").is_file()


@pytest.mark.live
async def test_an_address_and_its_token_are_used(company: Company, tmp_path: Path) -> None:
    async with on_a_port(company.app) as url:
        chosen = {"url": f"{url}/", "token": TOKEN}
        settings = Settings.model_validate({"data_dir": tmp_path / "unused", "backoffice": chosen})
        async with open_backoffice(settings) as backoffice:
            assert await backoffice.customer("c-orlov") is not None
        settings = Settings.model_validate({"backoffice": {**chosen, "token": "wrong"}})
        async with open_backoffice(settings) as backoffice:
            assert (await away(backoffice.customer("c-orlov"))).reason == "unauthorized"
    assert not (tmp_path / "unused").exists()


async def test_several_processes_may_start_at_once(tmp_path: Path) -> None:
    """Each connection of its own, as processes have; SQLite does not wait by itself for the log's mode."""
    for turn in range(10):
        file = tmp_path / f"{turn}.db"

        async def start(file: Path = file) -> int:
            async with company_inside(file, clock_at(WEDNESDAY)) as one:
                return len(await one.backoffice.contracts("c-belova"))

        assert await asyncio.gather(*(start() for _ in range(6))) == [2] * 6
