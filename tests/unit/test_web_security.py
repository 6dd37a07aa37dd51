"""Client addresses, origins, log redaction, passwords, signatures: the pure parts of protection."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterator

import pytest
import structlog
from starlette.requests import HTTPConnection

from bot.channels.rest import sign
from bot.settings import Limits, Settings
from bot.web.logs import REDACTED, configure, redact
from bot.web.passwords import Passwords
from bot.web.security import client_ip, same_origin


def connection(peer: str = "203.0.113.9", **headers: str) -> HTTPConnection:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "headers": raw, "client": (peer, 1)})


TRUSTING = Settings(limits=Limits(trusted_proxies="10.0.0.1, 10.0.0.2"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "1.1.1.1", "203.0.113.9"),  # nobody we trust says so
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # the left part may be invented
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", " , ", "10.0.0.1"),
    ],
)
def test_client_ip(peer: str, forwarded: str, address: str) -> None:
    assert client_ip(connection(peer, x_forwarded_for=forwarded), TRUSTING) == address


@pytest.mark.parametrize(
    ("origin", "ours"),
    [
        ("http://chat.local:8080", True),
        ("https://chat.example", True),
        ("https://chat.example.evil", False),
        ("https://evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_same_origin(origin: str, ours: bool) -> None:
    settings = Settings(public_url="https://chat.example")
    assert same_origin(connection(origin=origin, host="chat.local:8080"), settings) is ours


@pytest.fixture
def logs_restored() -> Iterator[None]:
    """`configure` binds the stderr of this test, closed after it, while servers of other tests still log."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("logs_restored")
def test_marked_keys_are_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    assert redact(None, "info", {"pii_phone": "+79001234567", "code": "x"}) == {
        "pii_phone": REDACTED,
        "code": "x",
    }
    configure("info", "json")
    structlog.get_logger("test").info("said", pii_text="мой паспорт", seq=3)
    line = capsys.readouterr().err
    assert "паспорт" not in line
    assert '"seq": 3' in line


async def test_passwords() -> None:
    passwords = Passwords()
    stored = await passwords.hash("верный пароль")
    assert stored.startswith("$argon2id$")
    assert await passwords.verify(stored, "верный пароль")
    assert not await passwords.verify(stored, "неверный")
    assert not await passwords.verify(None, "nobody has this password")
    assert not await passwords.verify("not a hash", "x")


def test_signature() -> None:
    expected = hmac.new(b"secret", b'5.{"a":1}', hashlib.sha256).hexdigest()
    assert sign("secret", 5, b'{"a":1}') == f"t=5,v1={expected}"
