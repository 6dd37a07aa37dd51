"""Any sentence-transformers model, by name or folder. Needs the extra `transformers`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.core.errors import FrontlineError
from bot.core.ports import Vectors


class SentenceTransformerEncoder:
    """Loads once; `encode` may be called from any thread. Runs on a GPU when torch finds one."""

    def __init__(self, model: str) -> None:
        if not model:
            raise FrontlineError("encoder_unavailable", "retrieval.model names no model or folder")
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise FrontlineError(
                "encoder_unavailable", "the encoder sentence_transformer needs: make install-transformers"
            ) from error
        try:
            self._model = SentenceTransformer(model)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            # What the library raises for a missing folder, a broken file, an unknown architecture.
            first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise FrontlineError("encoder_unavailable", f"cannot load {model}: {first_line}") from error
        self.dim = len(self.encode([" "])[0])
        self.name = f"sentence_transformer:{model}:{self.dim}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32, (len(texts), dim), rows of length 1."""
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        vectors = self._model.encode(
            list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)
