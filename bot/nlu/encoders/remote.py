"""A server with the OpenAI `POST /embeddings` call: text-embeddings-inference, vLLM, Ollama and others."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import numpy as np

from bot.core.errors import FrontlineError
from bot.core.ports import Vectors

BATCH = 64
TIMEOUT = httpx.Timeout(10.0, connect=3.0)  # seconds; a turn must not wait longer for a vector


class RemoteEncoder:
    """`encode` raises a retryable `encoder_unavailable`; retrieval then goes on without vectors."""

    def __init__(self, url: str, model: str, api_key: str = "") -> None:
        if not url or not model:
            raise FrontlineError(
                "encoder_unavailable", "remote needs retrieval.remote_url and retrieval.model"
            )
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=TIMEOUT)
        self._model = model
        self.dim = len(self._request(["."])[0])
        self.name = f"remote:{model}:{self.dim}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32, (len(texts), dim), rows of length 1."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            rows = np.asarray(self._request(texts[start : start + BATCH]), dtype=np.float32)
            if rows.shape != (len(texts[start : start + BATCH]), self.dim):
                raise _unavailable("the server answered with vectors of another shape")
            vectors[start : start + len(rows)] = rows
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)

    def _request(self, texts: Sequence[str]) -> list[list[float]]:
        # Servers refuse empty input; a space encodes to something harmless.
        payload = {"model": self._model, "input": [text or " " for text in texts]}
        try:
            response = self._client.post("/embeddings", json=payload)
            response.raise_for_status()
            items = sorted(response.json()["data"], key=lambda item: item["index"])
            return [[float(number) for number in item["embedding"]] for item in items]
        except httpx.HTTPError as error:
            raise _unavailable(type(error).__name__) from error
        except (KeyError, TypeError, ValueError) as error:
            raise _unavailable("the server's answer is not the /embeddings format") from error


def _unavailable(problem: str) -> FrontlineError:
    return FrontlineError("encoder_unavailable", f"remote embeddings: {problem}", status=503, retryable=True)
