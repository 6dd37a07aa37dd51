"""Any recogniser that speaks the Wyoming protocol (https://github.com/OHF-Voice/wyoming), over TCP.

An event is a line of JSON, then as many bytes of more JSON and of payload as the line says. One connection
per utterance; the server's partial texts are used where it sends them, grammars are no part of the protocol.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from bot.core.errors import FrontlineError
from voice.ports import SAMPLE_BYTES, Heard

CONNECT_S = 3.0
ANSWER_S = 20.0  # for the transcript after the last audio
LONGEST = 1_000_000  # bytes of an event that is believed
_PORT = 10300


class Wyoming:
    """A `Recogniser` at `tcp://host:port`."""

    def __init__(self, address: str) -> None:
        """Raises `invalid_configuration`; connects with the first utterance."""
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port or _PORT
        except ValueError:
            host = None
        if not address.startswith("tcp://") or not host:
            raise FrontlineError(
                "invalid_configuration", f"voice.asr_model = {address!r}: wyoming needs tcp://host:port"
            )
        self.name = f"wyoming {host}:{port}"
        self._host, self._port = host, port
        self._closed = False

    def listen(self, rate: int, *, grammar: Sequence[str] = ()) -> Listening:
        if self._closed:
            raise FrontlineError("recogniser_closed", "the recogniser is closed", status=503)
        return Listening(self._host, self._port, rate)

    async def close(self) -> None:
        self._closed = True


class Listening:
    def __init__(self, host: str, port: int, rate: int) -> None:
        self._where, self._rate = (host, port), rate
        self._writer: asyncio.StreamWriter | None = None
        self._answers: asyncio.Task[str] | None = None
        self._turn = asyncio.Lock()
        self._text, self._half, self._over = "", b"", False

    async def feed(self, pcm: bytes) -> str:
        self._open()
        async with self._turn:
            pcm = self._half + pcm
            whole = len(pcm) - len(pcm) % SAMPLE_BYTES
            pcm, self._half = pcm[:whole], pcm[whole:]
            await self._ready()
            if pcm:
                await self._send("audio-chunk", self._audio(), pcm)
            return self._text

    async def finish(self) -> Heard:
        self._open()
        try:
            async with self._turn:
                await self._ready()
                await self._send("audio-stop", {})
                assert self._answers is not None  # noqa: S101 - `_ready` has made it
                async with asyncio.timeout(ANSWER_S):
                    text = await self._answers
            return Heard(text or self._text)
        except TimeoutError as error:
            raise unavailable(f"no transcript in {ANSWER_S:.0f} s") from error
        finally:
            await self.abandon()

    async def abandon(self) -> None:
        self._over = True
        done = self._answers is not None and self._answers.done()
        if self._answers is not None:
            self._answers.cancel()
            await asyncio.wait([self._answers])
            if not self._answers.cancelled():
                self._answers.exception()  # whoever waited for it has been told
        if self._writer is not None:
            if done:
                self._writer.close()
            else:
                self._writer.transport.abort()  # a server that does not read would keep us
            with suppress(OSError):
                await self._writer.wait_closed()

    async def _ready(self) -> None:
        """Connects before the first audio; tells what the server's end has come to since."""
        self._open()
        if self._answers is None:
            try:
                async with asyncio.timeout(CONNECT_S):
                    reader, self._writer = await asyncio.open_connection(*self._where)
            except (OSError, TimeoutError) as error:
                raise unavailable(f"{self._where[0]}:{self._where[1]} does not answer") from error
            self._answers = asyncio.create_task(self._read(reader))
            await self._send("transcribe", {})
            await self._send("audio-start", self._audio())
        elif self._answers.done():
            self._answers.result()

    def _audio(self) -> dict[str, int]:
        return {"rate": self._rate, "width": SAMPLE_BYTES, "channels": 1}

    async def _send(self, kind: str, data: dict[str, Any], payload: bytes = b"") -> None:
        assert self._writer is not None  # noqa: S101 - `_ready` has made it
        header = {"type": kind, "data": data} | ({"payload_length": len(payload)} if payload else {})
        try:
            self._writer.write(json.dumps(header).encode() + b"\n" + payload)
            await self._writer.drain()
        except OSError as error:
            raise unavailable("the server has closed the connection") from error

    async def _read(self, reader: asyncio.StreamReader) -> str:
        """The transcript; parts of it become the text so far."""
        try:
            while True:
                kind, data = await _event(reader)
                if kind == "transcript-chunk":
                    self._text += str(data.get("text", ""))
                elif kind == "transcript":
                    return str(data.get("text", "")).strip()
                elif kind == "error":
                    raise unavailable(f"the server says: {str(data.get('text', ''))[:200]}")
        except (OSError, EOFError, TypeError, ValueError) as error:
            raise unavailable("the server has closed the connection or talks another protocol") from error

    def _open(self) -> None:
        if self._over:
            raise FrontlineError("utterance_over", "the utterance is over", status=409)


async def _event(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]]:
    """The next event without its payload. `ValueError`: not Wyoming."""
    line = await reader.readline()
    if not line:
        raise EOFError
    header = json.loads(line)
    if not isinstance(header, dict):
        raise ValueError("an event is an object")
    data = dict(header.get("data") or {})
    more, payload = (int(header.get(f"{name}_length") or 0) for name in ("data", "payload"))
    if not (0 <= more <= LONGEST and 0 <= payload <= LONGEST):
        raise ValueError("too long")
    if more:
        data |= json.loads(await reader.readexactly(more))
    if payload:
        await reader.readexactly(payload)
    return str(header.get("type", "")), data


def unavailable(problem: str) -> FrontlineError:
    return FrontlineError("recogniser_unavailable", f"wyoming: {problem}", status=503, retryable=True)
