"""Seams of a call: the carrier's line, what hears, what speaks, and the house behind them.

Audio is signed 16-bit little-endian mono PCM at the line's rate (8,000 or 16,000 Hz); a frame is 20 ms.
Moments are seconds of `time.monotonic`. Everything here is awaited on the event loop of the calls, where
nothing may block for longer than a frame: engines work in threads or in processes of their own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

FRAME_S = 0.02
SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call as its carrier hands it over.

    `id` is the carrier's own and names one call only; `caller` and `called` are numbers as the PBX writes
    them, empty when withheld. `conversation_id`: the chat that the call continues. `purpose`: why we called
    (`callback:<id>`, `survey:<id>`), empty when the customer called us. `pbx`: the carrier can hand the
    caller over to a queue or a person when the call leaves us. `customer`: who it is for sure, as the
    company's systems name them.
    """

    id: str
    carrier: str
    rate: int
    caller: str = ""
    called: str = ""
    conversation_id: str | None = None
    purpose: str = ""
    pbx: bool = True
    customer: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audio:
    """What the caller said, in the order of arrival; carriers may leave gaps, so `at` counts, not length."""

    pcm: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Digit:
    """A key, 0-9, `*`, `#` or A-D; once per press."""

    digit: str
    at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The line is gone. `reason`: `hung_up` (by caller or PBX, which look alike), `lost` (an error)."""

    reason: str


Received = Audio | Digit | Ended


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the PBX does with the caller when the call leaves us; texts are one line each, any script.

    `kind`: `hangup`, `queue` (of operators) or `person` (`target` is the extension). Asterisk asks for it by
    the id of the conversation.
    """

    kind: str
    target: str = ""
    topic: str = ""
    conversation_id: str = ""
    url: str = ""


HANGUP = NextStep("hangup")


class Line(Protocol):
    """The carrier's side of one call. One task receives, one plays."""

    incoming: Incoming

    def received(self) -> AsyncIterator[Received]:
        """What comes, last of all `Ended`; call once. A slow reader loses the oldest audio, counted."""
        ...

    async def play(self, pcm: bytes) -> None:
        """Queues whole samples; waits while more than about a second of audio is ahead of the caller's ear.

        After `Ended` it returns at once: the receiver tells the news.
        """
        ...

    async def flush(self) -> float:
        """Silence, now: seconds of queued audio that the caller has not heard and will not."""
        ...

    async def drained(self) -> None:
        """Returns when all that was played has been heard, or flushed, or the line has ended."""
        ...

    async def leave(self, step: NextStep) -> None:
        """Ends our part of the call; the PBX goes on with `step`. A second call does nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Word:
    """A recognised word; `start` and `end` in seconds from the first audio of the utterance."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance. `confidence` 0..1 is the mean over the words; empty text: no speech was recognised."""

    text: str = ""
    confidence: float = 1.0
    words: tuple[Word, ...] = ()


class Listening(Protocol):
    """One utterance being recognised."""

    async def feed(self, pcm: bytes) -> str:
        """Takes audio of the rate it was opened with; the text so far. `FrontlineError` when broken."""
        ...

    async def finish(self) -> Heard:
        """The utterance; where the final result is empty, the last text so far. Frees what it held."""
        ...

    async def abandon(self) -> None:
        """Frees what it held; nobody wants the result."""
        ...


class Recogniser(Protocol):
    """Speech to text. `grammar`: the only phrases expected; engines that know no grammars ignore it."""

    name: str

    def listen(self, rate: int, *, grammar: Sequence[str] = ()) -> Listening: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Manner:
    """How to speak. `speed` and `volume` are factors of the voice's own."""

    speed: float = 1.0
    volume: float = 1.0
    locale: str = "ru"


class Synthesiser(Protocol):
    """Text to speech. `name` changes whenever the sound would: engine, voice, version."""

    name: str
    rate: int

    def speak(self, text: str, manner: Manner) -> AsyncIterator[bytes]:
        """PCM at `rate`, in pieces as they come. `text` is verbalised: words, `+` before a stressed vowel.

        Raises `FrontlineError` before the first piece, or between pieces, when the engine is broken.
        """
        ...

    async def close(self) -> None: ...
