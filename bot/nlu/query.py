"""A message as everything that thinks sees it: normalised, lemmatised and encoded once."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import structlog

from bot.core.errors import FrontlineError
from bot.core.ports import Encoder
from bot.nlu.words import analyse

log = structlog.get_logger(__name__)
REMEMBERED = 2048  # texts whose vectors are kept


@dataclass(frozen=True, slots=True)
class Query:
    """`tokens` and `lemmas` are aligned. `vector` has length 1, 0 without words; None: the encoder failed."""

    text: str
    tokens: tuple[str, ...]
    lemmas: tuple[str, ...]
    vector: npt.NDArray[np.float32] | None


class QueryBuilder:
    """Reads texts with one encoder. Thread-safe when the encoder is."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._encoded = lru_cache(REMEMBERED)(self._encode)
        self._nothing = np.zeros(encoder.dim, np.float32)

    def __call__(self, text: str) -> Query:
        """Never raises: what cannot be read has no tokens, what cannot be encoded no vector."""
        clean = " ".join(unicodedata.normalize("NFC", text).split())
        tokens, lemmas = analyse(clean)
        return Query(clean, tokens, lemmas, self._vector(clean) if tokens else self._nothing)

    def _vector(self, text: str) -> npt.NDArray[np.float32] | None:
        try:
            return self._encoded(text)
        except FrontlineError as error:
            log.warning("query.not_encoded", code=error.code)
            return None

    def _encode(self, text: str) -> npt.NDArray[np.float32]:
        vector: npt.NDArray[np.float32] = self._encoder.encode([text])[0]
        vector.flags.writeable = False  # it is remembered, for the next turn reads it again
        return vector
