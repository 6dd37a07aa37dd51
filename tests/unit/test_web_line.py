"""What a browser is told of the state of its call."""

from __future__ import annotations

from types import SimpleNamespace

from aiortc import RTCPeerConnection

from voice.carriers.webrtc import WebLine
from voice.ports import Incoming


async def test_nothing_is_told_after_the_end() -> None:
    """Our voice may be asked for a packet more while the connection closes."""
    told: list[str] = []
    line = WebLine(RTCPeerConnection(), Incoming("1", "webrtc", 16000), "visitor")
    line._opened(SimpleNamespace(readyState="open", on=lambda *_: None, send=told.append))  # type: ignore[arg-type]
    line.says(True)
    await line.close()
    line.says(False)
    assert told == ["speaking", "ended"]
