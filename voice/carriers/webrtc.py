"""Calls from the website's call button: WebRTC, its signalling by the application's routes.

A browser offers one microphone and a data channel; all candidates are in the offer and in the answer. Audio
comes as Opus at 48 kHz and becomes PCM at 16 kHz. What we say is encoded here: a packet of silence is ready
made, so a call that listens encodes nothing. By the data channel come keys, one character a message, and go
the states that the page shows: `speaking`, `listening`, `ended`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from fractions import Fraction
from typing import Any, cast

import structlog
from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.sdp import SessionDescription
from av import AudioFrame, AudioResampler, CodecContext, FFmpegError, Packet

from bot.core.errors import FrontlineError
from bot.settings import Voice
from voice.carriers.ahead import Ahead
from voice.carriers.announced import Announced
from voice.carriers.calls import Answer, Calls
from voice.carriers.ice import ice_servers
from voice.carriers.inbox import Inbox
from voice.carriers.metronome import MADE_UP_S
from voice.carriers.next_steps import NextSteps
from voice.ports import FRAME_S, SAMPLE_BYTES, Incoming, NextStep, Received

log = structlog.get_logger(__name__)

NAME = "webrtc"
RATE = 16000
CONNECT_S = 15.0  # from the answer until sound may go
SILENT_S = 8.0  # without a packet; a muted microphone sends silence, a page that is gone nothing
TAIL_S = 0.4  # that the browser still holds when our last frame has gone
CANDIDATES = 16  # of one offer: each is an address that we send packets to
_FRAME = int(RATE * FRAME_S)
_CLOCK = 48000  # of Opus over RTP, whatever the rate of the sound
_TIME_BASE = Fraction(1, _CLOCK)
_TICKS = int(_CLOCK * FRAME_S)
_SILENCE = b"\xf8\xff\xfe"  # 20 ms of it in Opus (RFC 6716, 3.1: CELT, full band, one frame)
_HUSH = 15  # frames without speech before the page shows that we listen: sentences have pauses
_CANDIDATE = re.compile(r"^a=candidate:.*\r?\n?", re.MULTILINE)


class Carrier:
    """`answer` is run for a call when its sound may flow."""

    port = 0  # none of its own
    rate = RATE

    def __init__(self, settings: Voice, answer: Answer, *, steps: NextSteps, announced: Announced) -> None:
        self._ice = [RTCIceServer(**server) for server in ice_servers(settings.ice_servers)]
        self._calls = Calls(NAME, answer)
        self._lines: dict[str, WebLine] = {}
        self._opening: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """Calls that are being connected: nobody answers them yet."""
        return len(self._lines) - len(self._calls)

    async def start(self) -> None:
        """There is nothing to open: calls come by the routes."""

    async def stop(self) -> None:
        for task in self._opening:
            task.cancel()
        await self._calls.over()

    async def call(self, offer: str, incoming: Incoming, visitor: str) -> str:
        """The SDP answer. A visitor has one call: the one before ends.

        Raises `FrontlineError`: `invalid_offer` (422).
        """
        for line in [line for line in self._lines.values() if line.visitor == visitor]:
            line.ended("hung_up")
        # Without this list aiortc asks a server of its own choice for our address.
        connection = RTCPeerConnection(RTCConfiguration(iceServers=self._ice))
        line = WebLine(connection, incoming, visitor)
        try:
            answer = await _negotiated(connection, offer, line)
        except BaseException:
            await line.close()
            raise
        self._lines[incoming.id] = line
        task = asyncio.create_task(self._open(line), name=f"connecting {incoming.id}")
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return answer

    def hang_up(self, call_id: str, visitor: str) -> bool:
        """False where the visitor has no such call."""
        line = self._lines.get(call_id)
        if line is None or line.visitor != visitor:
            return False
        line.ended("hung_up")
        return True

    async def _open(self, line: WebLine) -> None:
        answered = False
        try:
            async with asyncio.timeout(CONNECT_S):
                await line.connected.wait()
            answered = line.inbox.ended is None and self._calls.begin(line)
        except TimeoutError:
            log.warning("line.lost", carrier=NAME, call=line.incoming.id, why="it does not connect")
        finally:
            line.closed.add_done_callback(lambda _: self._lines.pop(line.incoming.id, None))
            if not answered:
                await line.close()


class WebLine:
    """One call."""

    def __init__(self, connection: RTCPeerConnection, incoming: Incoming, visitor: str) -> None:
        self.incoming, self.visitor = incoming, visitor
        self.inbox = Inbox()
        self.connected = asyncio.Event()  # or ended before it was
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.heard_at = time.monotonic()
        self._connection = connection
        self._channel: RTCDataChannel | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._speech = bytearray()
        self._ahead = Ahead(RATE * SAMPLE_BYTES)
        self._state = ""
        self._leaving = False
        connection.on("track", self._heard)
        connection.on("datachannel", self._opened)
        connection.on("connectionstatechange", self._changed)

    def received(self) -> AsyncIterator[Received]:
        return self.inbox.received()

    async def play(self, pcm: bytes) -> None:
        if self._ahead.closed or self._leaving:
            return
        self._speech += pcm
        self._ahead.add(len(pcm))
        with contextlib.suppress(TimeoutError):  # the track notices that the line is dead
            await self._ahead.room(0)

    async def flush(self) -> float:
        unheard = len(self._speech) / (RATE * SAMPLE_BYTES)
        self._speech.clear()
        self._ahead.flush()
        return unheard

    async def drained(self) -> None:
        with contextlib.suppress(TimeoutError):
            await self._ahead.empty()

    async def leave(self, step: NextStep) -> None:
        if not self._leaving:
            self._leaving = True
            if self.inbox.ended is None:
                await asyncio.sleep(TAIL_S)
            await self.close()

    async def close(self) -> None:
        """Idempotent."""
        self._leaving = True
        self._show("ended")
        await self._connection.close()
        self.ended("hung_up")
        if self._hearing is not None:
            self._hearing.cancel()  # a track on which nothing ever came does not end by itself
            await asyncio.wait([self._hearing])
        if not self.closed.done():
            self.closed.set_result(None)

    def ended(self, reason: str) -> None:
        """Nothing comes any more."""
        self.inbox.end(reason)
        self._ahead.close()
        self._speech.clear()
        self.connected.set()

    def frame(self) -> bytes:
        """The next 20 ms of what we say; empty: nothing."""
        pcm = bytes(self._speech[: _FRAME * SAMPLE_BYTES])
        del self._speech[: _FRAME * SAMPLE_BYTES]
        if pcm:
            self._ahead.confirm(self._ahead.heard + len(pcm))
        return pcm.ljust(_FRAME * SAMPLE_BYTES, b"\0") if pcm else b""

    def says(self, speaking: bool) -> None:
        self._show("speaking" if speaking else "listening")

    def silent(self) -> None:
        """No packet has come for too long."""
        if self.inbox.ended is None:
            log.warning("line.lost", carrier=NAME, call=self.incoming.id, why="it sends nothing")
            self.ended("lost")

    def _show(self, state: str) -> None:
        channel = self._channel
        if channel is not None and channel.readyState == "open" and self._state not in (state, "ended"):
            self._state = state
            channel.send(state)

    def _heard(self, track: MediaStreamTrack) -> None:
        self._hearing = asyncio.create_task(self._hear(track), name=f"hearing {self.incoming.id}")

    async def _hear(self, track: MediaStreamTrack) -> None:
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        try:
            while True:
                frame = cast("AudioFrame", await track.recv())
                self.heard_at = time.monotonic()
                for part in resampler.resample(frame):
                    pcm = bytes(part.planes[0])[: part.samples * SAMPLE_BYTES]
                    self.inbox.audio(pcm, self.heard_at)
        except MediaStreamError:
            self.ended("hung_up")
        except (FFmpegError, ValueError) as error:  # a format that no browser sends
            log.warning("line.lost", carrier=NAME, call=self.incoming.id, why=type(error).__name__)
            self.ended("lost")

    def _opened(self, channel: RTCDataChannel) -> None:
        if self._channel is None:
            self._channel = channel
            channel.on("message", self._keyed)

    def _keyed(self, message: str | bytes) -> None:
        if isinstance(message, str) and len(message) == 1:
            self.inbox.digit(message, time.monotonic())

    def _changed(self) -> None:
        match self._connection.connectionState:
            case "connected":
                self.heard_at = time.monotonic()
                self.connected.set()
            case "failed":
                self.ended("lost")
            case "closed":
                self.ended("hung_up")


class OurVoice(MediaStreamTrack):
    """What the sender of the connection pulls: a packet every 20 ms, by an absolute clock."""

    kind = "audio"

    def __init__(self, line: WebLine) -> None:
        super().__init__()
        self._line = line
        self._encoder = _encoder()
        self._at = 0
        self._due: float | None = None
        self._quiet = 0

    async def recv(self) -> Packet[Any]:
        now = time.monotonic()
        self._due = now if self._due is None or now - self._due > MADE_UP_S else self._due + FRAME_S
        if (left := self._due - now) > 0:
            await asyncio.sleep(left)
        if now - self._line.heard_at > SILENT_S:
            self._line.silent()
        pcm = self._line.frame()
        self._quiet = 0 if pcm else self._quiet + 1
        if not self._quiet or self._quiet >= _HUSH:
            self._line.says(not self._quiet)
        packet = self._encoded(pcm) if pcm else Packet(_SILENCE)
        packet.pts, packet.time_base = self._at, _TIME_BASE
        self._at += _TICKS
        return packet

    def _encoded(self, pcm: bytes) -> Packet[Any]:
        frame = AudioFrame(format="s16", layout="mono", samples=_FRAME)
        frame.planes[0].update(pcm)
        frame.sample_rate = RATE
        packet: Packet[Any] = self._encoder.encode(frame)[0]
        return packet


def _encoder() -> Any:
    codec = CodecContext.create("libopus", "w")
    codec.sample_rate, codec.format, codec.layout = RATE, "s16", "mono"
    codec.bit_rate = 32000
    codec.options = {"application": "voip", "compression_level": "5"}
    codec.open()
    return codec


async def _negotiated(connection: RTCPeerConnection, offer: str, line: WebLine) -> str:
    """Takes the offer and adds our voice; what a browser does not offer is refused as it stands."""
    opus = [each for each in RTCRtpSender.getCapabilities("audio").codecs if each.mimeType == "audio/opus"]
    audio = connection.addTransceiver(OurVoice(line), direction="sendrecv")
    audio.setCodecPreferences(opus)
    try:
        for media in SessionDescription.parse(offer).media:
            if media.dtls is None or not media.dtls.fingerprints:
                raise ValueError("whose key it is cannot be known")
        await connection.setRemoteDescription(RTCSessionDescription(sdp=_reachable(offer), type="offer"))
        if connection.getTransceivers() != [audio] or audio.receiver.track is None:
            raise ValueError("one microphone and no picture are expected")
        await connection.setLocalDescription(await connection.createAnswer())
    except Exception as error:  # the parser raises whatever a text makes it raise
        raise FrontlineError(
            "invalid_offer", "sdp: one microphone with Opus is expected", status=422
        ) from error
    return str(connection.localDescription.sdp)


def _reachable(offer: str) -> str:
    """Without names of the visitor's own network, which only that network resolves."""
    kept = 0

    def candidate(match: re.Match[str]) -> str:
        nonlocal kept
        kept += 1
        return "" if ".local " in match[0] or kept > CANDIDATES else match[0]

    return _CANDIDATE.sub(candidate, offer)
