"""What every encoder promises: unit rows, one per text, whatever the text; and how each fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.core.errors import FrontlineError
from bot.core.ports import Encoder
from bot.nlu.encoders import open_encoder
from bot.settings import Retrieval
from tests.conftest import missing

HARD = ["как закрыть карту", "", " ", "🙂", "\x00", "слово " * 3000, "<b>текст</b>"]


class Embeddings(BaseHTTPRequestHandler):
    """`POST /embeddings` as OpenAI defines it; answers out of order, as it may."""

    fault = ""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/embeddings"
        assert self.headers["Authorization"] == "Bearer secret"
        rows = [{"index": n, "embedding": [len(text) + 1, 1.0, 2.0]} for n, text in enumerate(body["input"])]
        status, answer = 200, json.dumps({"data": rows[::-1]}).encode()
        if self.fault == "status":
            status = 500
        elif self.fault == "garbage":
            answer = b"<html>"
        elif self.fault == "shape":
            answer = json.dumps({"data": [{"index": 0, "embedding": [1.0]}]}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Embeddings)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Embeddings.fault = ""
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def remote(url: str) -> Encoder:
    return open_encoder(Retrieval(encoder="remote", remote_url=url, model="small", remote_api_key="secret"))


def needs_transformers() -> None:
    if find_spec("sentence_transformers") is None:
        missing("sentence-transformers (make install-transformers)")


@pytest.fixture
def tiny_model(tmp_path: Path) -> str:
    """A sentence-transformers folder with weights made here."""
    needs_transformers()
    import torch
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    folder = tmp_path / "bert"
    folder.mkdir()
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"абвгдежзийклмнопрстуфхцчшщыьэюя"]
    pieces += [f"##{piece}" for piece in pieces[5:]]
    (folder / "vocab.txt").write_text("\n".join(pieces), "utf-8")
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    BertModel(config).save_pretrained(folder)
    transformer = models.Transformer(str(folder))
    SentenceTransformer(modules=[transformer, models.Pooling(16)]).save(str(tmp_path / "model"))
    return str(tmp_path / "model")


def keeps_the_promise(encoder: Encoder) -> None:
    vectors = encoder.encode(HARD)
    assert (vectors.shape, vectors.dtype) == ((len(HARD), encoder.dim), np.float32)
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths == 0))
    assert lengths[0] > 0
    assert encoder.encode([]).shape == (0, encoder.dim)
    np.testing.assert_allclose(encoder.encode(HARD[:1])[0], vectors[0], atol=1e-4)
    assert encoder.name


def test_static() -> None:
    encoder = open_encoder(Retrieval())
    keeps_the_promise(encoder)
    near, far, base = encoder.encode(["закрыть карточку", "автомобиль в лизинг", "как закрыть карту"])
    assert near @ base > far @ base


def test_remote(service: str) -> None:
    keeps_the_promise(remote(service))


@pytest.mark.parametrize("fault", ["status", "garbage", "shape"])
def test_remote_that_fails_is_worth_another_try(service: str, fault: str) -> None:
    encoder = remote(service)
    Embeddings.fault = fault
    with pytest.raises(FrontlineError) as caught:
        encoder.encode(["а", "б"])
    assert (caught.value.code, caught.value.retryable) == ("encoder_unavailable", True)


def test_remote_that_is_not_there() -> None:
    with pytest.raises(FrontlineError) as caught:
        remote("http://127.0.0.1:9/v1")
    assert caught.value.code == "encoder_unavailable"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_sentence_transformer(tiny_model: str) -> None:
    keeps_the_promise(open_encoder(Retrieval(encoder="sentence_transformer", model=tiny_model)))


@pytest.mark.slow
def test_a_model_that_is_none(tmp_path: Path) -> None:
    needs_transformers()
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(FrontlineError) as caught:
        open_encoder(Retrieval(encoder="sentence_transformer", model=str(tmp_path)))
    assert caught.value.code == "encoder_unavailable"


@pytest.mark.parametrize("name", ["remote", "sentence_transformer"])
def test_what_is_not_configured_is_named(name: str) -> None:
    with pytest.raises(FrontlineError) as caught:
        open_encoder(Retrieval.model_validate({"encoder": name, "remote_url": "", "model": ""}))
    assert caught.value.code in {"encoder_unavailable", "invalid_configuration"}
