"""Servers that help a browser and us to find a way to each other, as `voice.ice_servers` names them."""

from __future__ import annotations

import re
from typing import Any

from bot.core.errors import FrontlineError

_STUN = re.compile(r"stuns?:[^\s@,]+")
_TURN = re.compile(r"(turns?):([^\s:@,]+):([^\s@,]+)@([^\s@,]+)")


def ice_servers(text: str) -> list[dict[str, Any]]:
    """`stun:host:port, turn:user:password@host:port?transport=tcp` as browsers and aiortc take it."""
    servers: list[dict[str, Any]] = []
    for part in filter(None, map(str.strip, text.split(","))):
        if _STUN.fullmatch(part):
            servers.append({"urls": part})
        elif found := _TURN.fullmatch(part):
            scheme, user, password, host = found.groups()
            servers.append({"urls": f"{scheme}:{host}", "username": user, "credential": password})
        else:
            raise FrontlineError(
                "invalid_configuration",
                "voice.ice_servers: stun:host:port or turn:user:password@host:port is expected",
            )
    return servers
