"""Fixed phrases, rendered once and kept on disk in the first engine's voice.

Only what `remember` was given is ever kept: whatever else is said may be about somebody. A file is named by
a hash of voice, manner and sentence, and begins with the hash of its sound: one that does not match is made
anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import structlog

from bot.core.errors import FrontlineError
from voice.ports import SAMPLE_BYTES, Manner
from voice.tts.fallback import Fallback
from voice.tts.saying import Engine, closing, silence
from voice.tts.sentences import pause_s, sentences

log = structlog.get_logger(__name__)

LIMIT_BYTES = 64 << 20  # 25 minutes at 22,050 Hz
PIECE_S = 0.1
_SUM = hashlib.sha256().digest_size


class Cached:
    """`engine` speaks what is not kept; `voice` is who renders what is, the first of a `Fallback`."""

    def __init__(
        self, engine: Engine, voice: Engine, folder: Path, *, limit_bytes: int = LIMIT_BYTES
    ) -> None:
        self.name, self.rate = engine.name, engine.rate
        self._engine, self._voice = engine, voice
        self._folder, self._limit = folder, limit_bytes
        self._fixed: set[str] = set()
        self._rendering: dict[Path, asyncio.Task[bool]] = {}

    @property
    def problem(self) -> str | None:
        return self._engine.problem

    @property
    def speaks(self) -> bool:
        """Whether anybody would speak at once."""
        return self._engine.speaks if isinstance(self._engine, Fallback) else self._engine.problem is None

    def start(self) -> None:
        self._engine.start()

    async def remember(self, texts: Iterable[str], manners: Sequence[Manner] = (Manner(),)) -> int:
        """These verbalised texts are fixed; how many of their sentences were rendered now."""
        wanted = dict.fromkeys(sentence for text in texts for sentence in sentences(text))
        self._fixed.update(wanted)
        made = 0
        for manner in manners:
            for sentence in wanted:
                if await asyncio.to_thread(_read, self._file(sentence, manner)) is None:
                    made += await self._render(sentence, manner)
        return made

    async def speak(self, text: str, manner: Manner) -> AsyncGenerator[bytes, None]:
        before = ""
        for fixed, run in groupby(sentences(text), lambda sentence: sentence in self._fixed):
            for said in run if fixed else (" ".join(run),):
                if before:
                    yield silence(pause_s(before), self.rate)
                before = said
                kept = await asyncio.to_thread(_read, self._file(said, manner)) if fixed else None
                if kept is not None:
                    for piece in self._pieces(kept):
                        yield piece
                    continue
                async with closing(self._engine.speak(said, manner)) as speaking:
                    async for piece in speaking:
                        yield piece
                if fixed:
                    self._begin(said, manner)

    async def close(self) -> None:
        rendering = list(self._rendering.values())
        for task in rendering:
            task.cancel()
        await asyncio.gather(*rendering, return_exceptions=True)
        await self._engine.close()

    async def _render(self, sentence: str, manner: Manner) -> bool:
        return await asyncio.shield(self._begin(sentence, manner))

    def _begin(self, sentence: str, manner: Manner) -> asyncio.Task[bool]:
        """Renders it in the background; whoever comes meanwhile gets the same task."""
        file = self._file(sentence, manner)
        if file not in self._rendering:
            task = asyncio.create_task(self._make(file, sentence, manner))
            task.add_done_callback(lambda _: self._rendering.pop(file, None))
            self._rendering[file] = task
        return self._rendering[file]

    async def _make(self, file: Path, sentence: str, manner: Manner) -> bool:
        try:
            pcm = b"".join([piece async for piece in self._voice.speak(sentence, manner)])
            await asyncio.to_thread(_write, file, pcm, self._limit)
        except FrontlineError as error:
            log.warning("tts.not_rendered", engine=self._voice.name, code=error.code)
            return False
        except OSError as error:
            log.warning("tts.not_kept", error=error.strerror)
            return False
        return True

    def _file(self, sentence: str, manner: Manner) -> Path:
        key = "\0".join((self._voice.name, repr(manner), sentence))
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.pcm"

    def _pieces(self, pcm: bytes) -> Iterator[bytes]:
        size = int(PIECE_S * self.rate) * SAMPLE_BYTES
        return (pcm[start : start + size] for start in range(0, len(pcm), size))


def _read(file: Path) -> bytes | None:
    """None: it is not there, or is not what was written. Marks it as used."""
    try:
        content = file.read_bytes()
        os.utime(file)
    except OSError:
        return None
    pcm = content[_SUM:]
    return pcm if hashlib.sha256(pcm).digest() == content[:_SUM] else None


def _write(file: Path, pcm: bytes, limit: int) -> None:
    """Whole or not at all; the longest unused go when all together are too much."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as part:
            part.write(hashlib.sha256(pcm).digest() + pcm)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    kept = [(one.stat().st_mtime_ns, one.stat().st_size, one) for one in file.parent.glob("*.pcm")]
    total = sum(size for _, size, _ in kept)
    for _, size, oldest in sorted(kept):
        if total <= limit or oldest == file:
            break
        with suppress(OSError):
            oldest.unlink()
        total -= size
