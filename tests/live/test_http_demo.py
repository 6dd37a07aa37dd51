"""The demonstration's phone: what the example company sent."""

from __future__ import annotations

import httpx
import pytest

from tests.live.actors import Server, Visitor, says
from tests.live.conftest import StartServer

pytestmark = pytest.mark.live
PHONE = "+79000000012"


def test_the_demonstration_shows_what_was_sent(start_server: StartServer) -> None:
    server = start_server()
    visitor = Visitor.arrives(server)
    for text in ("Хочу перенести дату платежа по займу", "МП-204518", PHONE):
        said = visitor.say(text)
        visitor.wait_for(lambda event, seq=said["seq"]: event["seq"] > seq and says("bot")(event))
    sent = sms(server)
    assert "Код" in sent.json()[0]["text"]
    assert sms(server, "+79000000011").json() == []
    for wrong in ("", "79000000012", "+7", "' OR 1=1"):
        assert sms(server, wrong).status_code == 422
    visitor.leaves()


def test_the_phone_belongs_to_the_demonstration(start_server: StartServer) -> None:
    assert sms(start_server(wait="/health/live", demo=False)).status_code == 404


def sms(server: Server, phone: str = PHONE) -> httpx.Response:
    return httpx.get(f"{server.url}/demo/sms", params={"phone": phone})
