"""What the caller hears: speaks, holds, goes on and stops, and knows how much of it was heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from voice.call.recording import Recording
from voice.ports import FRAME_S, SAMPLE_BYTES, Line, Manner
from voice.tts.saying import silence
from voice.tts.sentences import pause_s

AHEAD_S = 8.0  # of sound that is made before it is needed
STEP_S = 0.1  # of sound that is given to the line at once
AGAIN_S = 0.3  # that is said again after a hold
Speak = Callable[[str, Manner, int], AsyncIterator[bytes]]  # a sentence, how, and the line's rate


@dataclass(frozen=True, slots=True)
class Spoken:
    """What of a text was heard. `first_sound`: when it began to sound; None: not at all."""

    text: str
    complete: bool
    first_sound: float | None


class Mouth:
    """One text at a time. `on_started`: it begins to sound; `on_finished`: it was heard to its end."""

    def __init__(
        self,
        line: Line,
        speak: Speak,
        recording: Recording | None,
        *,
        on_started: Callable[[str], None],
        on_finished: Callable[[], None],
    ) -> None:
        self._line, self._speak, self._recording = line, speak, recording
        self._on_started, self._on_finished = on_started, on_finished
        self._utterance: _Utterance | None = None
        self._switch = asyncio.Lock()
        self.manner = Manner()

    async def say(self, sentences: Sequence[str]) -> Spoken:
        """Returns when all of it was heard, or when it was dropped. `FrontlineError`: there is no voice."""
        utterance = _Utterance(self._line.incoming.rate, sentences)
        self._utterance = utterance
        making = asyncio.create_task(self._make(utterance))
        self._play(utterance)
        try:
            await utterance.over.wait()
        finally:
            making.cancel()
            await self._stop_playing(utterance)
            with suppress(asyncio.CancelledError):
                await making
            self._utterance = None
        if utterance.failure is not None and not utterance.dropped:
            raise utterance.failure
        return Spoken(utterance.heard(), not utterance.dropped, utterance.first_sound)

    async def hold(self) -> None:
        """Silence now; `resume` goes on a little before where it stopped."""
        async with self._switch:
            if (utterance := self._utterance) is not None:
                await self._stop_playing(utterance)
                unheard = await self._line.flush()
                utterance.rewind(unheard)
                if self._recording is not None:
                    self._recording.unsaid(unheard)

    async def resume(self) -> None:
        async with self._switch:
            if (utterance := self._utterance) is not None and not utterance.dropped:
                utterance.rewind(AGAIN_S)
                self._play(utterance)

    async def drop(self) -> None:
        """What was not heard will not be."""
        await self.hold()
        if (utterance := self._utterance) is not None:
            utterance.dropped = True
            utterance.over.set()

    async def _make(self, utterance: _Utterance) -> None:
        """Sound of sentence after sentence, not much more than is needed next."""
        try:
            for number, sentence in enumerate(utterance.sentences):
                if number:
                    await utterance.add(silence(pause_s(utterance.sentences[number - 1]), utterance.rate))
                utterance.begin(sentence)
                async for piece in self._speak(sentence, self.manner, utterance.rate):
                    await utterance.add(piece)
        except Exception as error:  # raised by `say`, after what was made has been heard
            utterance.failure = error
        finally:
            utterance.finish()

    def _play(self, utterance: _Utterance) -> None:
        if utterance.playing is None:
            utterance.playing = asyncio.create_task(self._pour(utterance))

    async def _stop_playing(self, utterance: _Utterance) -> None:
        playing, utterance.playing = utterance.playing, None
        if playing is not None:
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing

    async def _pour(self, utterance: _Utterance) -> None:
        try:
            await self._poured(utterance)
        except Exception as error:  # nobody would wait for this task: `say` would never return
            utterance.failure = error
            utterance.over.set()

    async def _poured(self, utterance: _Utterance) -> None:
        while pcm := await utterance.next():
            if utterance.first_sound is None:
                utterance.first_sound = time.monotonic()
                self._on_started(utterance.said)
            utterance.poured(len(pcm))  # the line has it even where waiting for its ear is cut short
            if self._recording is not None:
                self._recording.ours(pcm)
            await self._line.play(pcm)
        await self._line.drained()
        if utterance.first_sound is not None:
            self._on_finished()
        utterance.over.set()


class _Utterance:
    """The sound of one text, and how far the line has taken it."""

    def __init__(self, rate: int, sentences: Sequence[str]) -> None:
        self.rate, self.sentences = rate, sentences
        self.said = " ".join(sentences)
        self.over = asyncio.Event()
        self.playing: asyncio.Task[None] | None = None
        self.first_sound: float | None = None
        self.failure: Exception | None = None
        self.dropped = False
        self._pcm = bytearray()
        self._starts: list[tuple[int, str]] = []  # where each sentence begins, in bytes
        self._at = 0
        self._made = False
        self._changed = asyncio.Event()

    def begin(self, sentence: str) -> None:
        self._starts.append((len(self._pcm), sentence))

    async def add(self, pcm: bytes) -> None:
        """Waits while enough is ready."""
        self._pcm += pcm
        self._tell()
        while len(self._pcm) - self._at > self._bytes(AHEAD_S):
            changed = self._changed
            await changed.wait()

    def finish(self) -> None:
        self._made = True
        self._tell()

    async def next(self) -> bytes:
        """The next sound for the line; empty at the end."""
        step = self._bytes(STEP_S)
        while len(self._pcm) - self._at < (FRAME_S * self.rate * SAMPLE_BYTES) and not self._made:
            changed = self._changed
            await changed.wait()
        return bytes(self._pcm[self._at : self._at + step])

    def poured(self, size: int) -> None:
        self._at += size
        self._tell()

    def rewind(self, seconds: float) -> None:
        self._at = max(0, self._at - self._bytes(seconds))

    def heard(self) -> str:
        """The text up to what the line took, by words; the pace within a sentence is taken as even."""
        ends = [*(start for start, _ in self._starts), len(self._pcm)][1:]
        parts: list[str] = []
        for (start, sentence), end in zip(self._starts, ends, strict=True):
            if self._at >= end and (end > start or not sentence):
                parts.append(sentence)
            elif self._at > start:
                words = sentence.split()
                parts.append(" ".join(words[: int(len(words) * (self._at - start) / (end - start))]))
        return " ".join(part for part in parts if part)

    def _bytes(self, seconds: float) -> int:
        return int(seconds * self.rate) * SAMPLE_BYTES

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
