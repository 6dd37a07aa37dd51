"""The signed identity: what is believed, and what is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.identity import verified
from bot.core.errors import FrontlineError

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRET = "тайна сайта, которую знают двое, и никто ещё"
IN_AN_HOUR = int((NOW + timedelta(hours=1)).timestamp())


def encoded(content: bytes, padded: bool = False) -> str:
    text = base64.urlsafe_b64encode(content).decode()
    return text if padded else text.rstrip("=")


def signed(said: Any, secret: str = SECRET, padded: bool = False) -> str:
    payload = encoded(json.dumps(said).encode(), padded)
    return (
        payload + "." + encoded(hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest(), padded)
    )


def code(token: str, secret: str = SECRET, now: datetime = NOW) -> str:
    with pytest.raises(FrontlineError) as raised:
        verified(token, secret, now)
    assert raised.value.status == 403
    return raised.value.code


@pytest.mark.parametrize("padded", [False, True])
def test_who_the_site_vouches_for_is_believed_until_then(padded: bool) -> None:
    token = signed({"ref": "c-orlov", "exp": IN_AN_HOUR}, padded=padded)
    known = verified(token, SECRET, NOW)
    assert (known.ref, known.until) == ("c-orlov", NOW + timedelta(hours=1))
    assert code(token, now=NOW + timedelta(hours=1)) == "identity_expired"
    assert code(token, now=NOW + timedelta(days=400)) == "identity_expired"


def test_nobody_is_believed_without_a_secret() -> None:
    assert code(signed({"ref": "c-orlov", "exp": IN_AN_HOUR}, secret=""), secret="") == "identity_off"


def test_what_others_signed_or_changed_is_refused() -> None:
    said = {"ref": "c-orlov", "exp": IN_AN_HOUR}
    token = signed(said)
    payload, _, signature = token.partition(".")
    other = signed({**said, "ref": "c-smirnova"}).partition(".")[0]
    for forged in (
        signed(said, secret=SECRET + "!"),
        f"{other}.{signature}",
        f"{payload}.",
        f"{payload}.{signature[:-4]}",
        f"{payload}.{signature}.{signature}",
        payload,
        "",
        ".",
    ):
        assert code(forged) == "identity_invalid"


@pytest.mark.parametrize(
    "said",
    [
        {"ref": "c-orlov", "exp": int((NOW + timedelta(hours=24, minutes=2)).timestamp())},
        {"ref": "c-orlov"},
        {"exp": IN_AN_HOUR},
        {"ref": "", "exp": IN_AN_HOUR},
        {"ref": "c-orlov\n", "exp": IN_AN_HOUR},
        {"ref": "c orlov", "exp": IN_AN_HOUR},
        {"ref": 7, "exp": IN_AN_HOUR},
        {"ref": "c-orlov", "exp": str(IN_AN_HOUR)},
        {"ref": "c-orlov", "exp": True},
        {"ref": "c-orlov", "exp": 1e30},
        {"ref": "c-orlov", "exp": 10**30},
        ["c-orlov", IN_AN_HOUR],
        "c-orlov",
        None,
    ],
    ids=repr,
)
def test_what_is_signed_must_make_sense(said: Any) -> None:
    assert code(signed(said)) == "identity_invalid"


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    assert code(text) == "identity_invalid"
