"""Who calls from a website in live tests: a server that takes such calls, and a peer without a browser."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame

from bot.settings import Voice
from tests.live.actors import Server, Visitor, example_articles, launch
from voice.gateway import Gateway

T = TypeVar("T")
RATE = 48000


def launch_calls(folder: Path, **voice: Any) -> Server:
    """Returns when calls are taken."""
    settings = Voice(**{"carriers": "webrtc", **voice})
    server = launch(folder / "data", example_articles(folder / "articles", "card"), voice=settings)
    until(lambda: gateway(server).problem is None, 120)
    return server


def gateway(server: Server) -> Gateway:
    found: Gateway = server.app.state.voice
    return found


def until(fits: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not fits():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.02)


class Microphone(MediaStreamTrack):
    """`sound` at 48 kHz, then silence."""

    kind = "audio"

    def __init__(self, sound: bytes = b"") -> None:
        super().__init__()
        self._sound = np.frombuffer(sound, "<i2")
        self._begun: float | None = None
        self._count = 0

    async def recv(self) -> AudioFrame:
        now = time.monotonic()
        self._begun = self._begun or now
        await asyncio.sleep(max(0.0, self._begun + self._count * 0.02 - now))
        part = self._sound[self._count * 960 : (self._count + 1) * 960]
        whole = np.zeros((1, 960), "<i2")
        whole[0, : part.size] = part
        frame = AudioFrame.from_ndarray(whole, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._count * 960, Fraction(1, RATE)
        self._count += 1
        return frame


@dataclass
class Peer:
    """One end of a call. `states` is what the server has told, `loudest` what was heard of it."""

    connection: RTCPeerConnection
    states: list[str] = field(default_factory=list)
    loudest: int = 0

    @classmethod
    async def offers(cls, microphone: Microphone | None = None, **options: Any) -> tuple[Peer, str]:
        peer = cls(RTCPeerConnection(RTCConfiguration(iceServers=[])))
        for kind in options.get("more", ()):
            peer.connection.addTransceiver(kind)
        if microphone is not None:
            peer.connection.addTrack(microphone)
        else:
            peer.connection.addTransceiver("audio", direction=options.get("direction", "sendrecv"))
        peer.channel = peer.connection.createDataChannel("call")
        peer.channel.on("message", peer.states.append)
        peer.connection.on("track", lambda track: peer.tasks.append(asyncio.create_task(peer.listen(track))))
        await peer.connection.setLocalDescription(await peer.connection.createOffer())
        return peer, str(peer.connection.localDescription.sdp)

    def __post_init__(self) -> None:
        self.channel: Any = None
        self.tasks: list[asyncio.Task[None]] = []

    async def accepts(self, sdp: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))

    async def listen(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame: Any = await track.recv()
                self.loudest = max(self.loudest, int(np.abs(frame.to_ndarray()).max()))
        except MediaStreamError:
            return


class Callers:
    """A loop in a thread for the peers of a test."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._peers: list[Peer] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def offer(self, microphone: Microphone | None = None, **options: Any) -> tuple[Peer, str]:
        peer, sdp = self.run(Peer.offers(microphone, **options))
        self._peers.append(peer)
        return peer, sdp

    def call(self, visitor: Visitor, sound: bytes = b"") -> tuple[Peer, dict[str, Any]]:
        """A call that is connected."""
        peer, sdp = self.offer(Microphone(sound))
        reply = visitor.http.post("/api/chat/call", json={"sdp": sdp})
        assert reply.status_code == 201, reply.text
        answer: dict[str, Any] = reply.json()
        self.run(peer.accepts(answer["sdp"]))
        until(lambda: peer.connection.connectionState == "connected")
        return peer, answer

    def close(self, peer: Peer) -> None:
        self.run(peer.connection.close())

    def stop(self) -> None:
        for peer in self._peers:
            self.close(peer)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
