"""`voice.ice_servers` as a browser takes it."""

from __future__ import annotations

import pytest
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection

from bot.core.errors import FrontlineError
from voice.carriers.ice import ice_servers


async def test_servers_are_read_and_taken() -> None:
    servers = ice_servers(
        "stun:stun.example.com:3478, turn:anna:p:w@turn.example.com:3478?transport=tcp,turns:a:b@t.example"
    )
    assert servers == [
        {"urls": "stun:stun.example.com:3478"},
        {"urls": "turn:turn.example.com:3478?transport=tcp", "username": "anna", "credential": "p:w"},
        {"urls": "turns:t.example", "username": "a", "credential": "b"},
    ]
    connection = RTCPeerConnection(RTCConfiguration([RTCIceServer(**server) for server in servers]))
    connection.addTransceiver("audio")  # makes it read them
    await connection.close()


def test_nobody_is_asked_by_default() -> None:
    assert ice_servers("") == []
    assert ice_servers(" , ") == []


@pytest.mark.parametrize("wrong", ["stun.example.com", "turn:host:3478", "turn:user@host", "http://a:b@c"])
def test_what_is_no_server_is_refused(wrong: str) -> None:
    with pytest.raises(FrontlineError, match="ice_servers") as refused:
        ice_servers(wrong)
    assert refused.value.code == "invalid_configuration"
    assert "user@" not in refused.value.message.replace("user:password@", "")
