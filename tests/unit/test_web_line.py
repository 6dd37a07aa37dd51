"""What a browser is told of the state of its call."""

from __future__ import annotations

from unittest.mock import Mock

from aiortc import RTCDataChannel, RTCPeerConnection

from voice.carriers.webrtc import WebLine
from voice.ports import Incoming


async def test_nothing_is_told_after_the_end() -> None:
    """Our voice may be asked for a packet more while the connection closes."""
    channel = Mock(spec=RTCDataChannel, readyState="open")
    line = WebLine(RTCPeerConnection(), Incoming("1", "webrtc", 16000), "visitor")
    line._opened(channel)
    line.says(True)
    await line.close()
    line.says(False)
    assert [told.args for told in channel.send.call_args_list] == [("speaking",), ("ended",)]
