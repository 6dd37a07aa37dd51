"""The index on disk: it only makes the next start fast, and what does not verify is built anew."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import structlog

from bot.core.ports import Encoder
from bot.nlu.encoders.static import word_vectors
from knowledge_base.passages import PassageIndex
from knowledge_base.ranking.ranker import Ranker
from knowledge_base.ranking.sparse import Floats

FORMAT = 3  # raise when what is pickled changes
Asked = Mapping[str, tuple[tuple[str, ...], ...]]  # lemmas of titles and example questions, by article hash
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cache:
    """`index.bin`: a SHA-256 of the rest, a pickle of what it was made with, another of what it is.

    `inverse-<SHA-256>.npy`: the matrix of the ranker that only changes of the knowledge need.
    """

    folder: Path
    encoder: str
    negatives: Mapping[str, Sequence[str]] = field(repr=False)

    def load(self, encoder: Encoder) -> tuple[PassageIndex, Ranker | None, Asked] | None:
        """What was saved with the same encoder, negatives and format, or None."""
        try:
            content = (self.folder / "index.bin").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("knowledge.cache_rebuilt", problem=error.strerror)
            return None
        if hashlib.sha256(memoryview(content)[32:]).digest() != content[:32]:
            log.warning("knowledge.cache_rebuilt", problem="the file does not match its checksum")
            return None
        saved = io.BytesIO(content)  # shares the bytes
        saved.seek(32)
        if pickle.load(saved) != self._stamp():  # noqa: S301 - our own file, checked above
            return None
        passages, ranker, asked, digest = pickle.load(saved)  # noqa: S301 - part of the same file
        if ranker is not None:
            ranker.attach(encoder, word_vectors(), partial(self._inverse, digest))
        return passages, ranker, asked

    def save(self, passages: PassageIndex, ranker: Ranker | None, asked: Asked) -> None:
        """A cache that cannot be written costs the next start some seconds, no more."""
        inverse = None if ranker is None else np.ascontiguousarray(ranker.inverse)
        digest = "" if inverse is None else hashlib.sha256(inverse.data).hexdigest()
        content = pickle.dumps(self._stamp(), 5) + pickle.dumps((passages, ranker, asked, digest), 5)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if inverse is not None:
                self._write(self._file(digest), inverse)
            fresh = self.folder / f"index.{os.getpid()}"
            fresh.write_bytes(hashlib.sha256(content).digest() + content)
            fresh.replace(self.folder / "index.bin")
            for old in self.folder.glob("inverse-*.npy"):
                if old != self._file(digest):
                    old.unlink(missing_ok=True)
        except OSError as error:
            log.warning("knowledge.cache_not_written", problem=error.strerror)

    def _write(self, path: Path, inverse: Floats) -> None:
        if not path.exists():
            fresh = path.with_suffix(f".{os.getpid()}")
            with fresh.open("wb") as file:
                np.save(file, inverse, allow_pickle=False)
            fresh.replace(path)

    def _inverse(self, digest: str) -> Floats | None:
        try:
            found: Floats = np.load(self._file(digest), allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            log.warning("knowledge.cache_rebuilt", problem=type(error).__name__)
            return None
        if hashlib.sha256(found.data).hexdigest() != digest:
            log.warning("knowledge.cache_rebuilt", problem="the matrix does not match its checksum")
            return None
        return found

    def _file(self, digest: str) -> Path:
        return self.folder / f"inverse-{digest}.npy"

    def _stamp(self) -> tuple[int, str, str]:
        digest = hashlib.sha256(repr(sorted(self.negatives.items())).encode()).hexdigest()
        return FORMAT, self.encoder, digest
