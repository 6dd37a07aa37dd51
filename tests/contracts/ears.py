"""What the recognisers are tried with: sound, models for sherpa-onnx made here, a server of Wyoming.

The two models hear loudness: silence is nothing, any burst of sound is the word "да". They are small, but
what the engine takes for T-one and for a streaming transducer, and the engine itself runs them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from wyoming.asr import Transcript, TranscriptChunk
from wyoming.event import Event, async_read_event, async_write_event

Node = onnx.NodeProto


def tone(seconds: float, rate: int = 8000, level: int = 12_000) -> bytes:
    at = np.arange(int(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * 440 * at)).astype("<i2").tobytes()


def quiet(seconds: float, rate: int = 8000) -> bytes:
    return bytes(2 * int(seconds * rate))


def bursts(count: int, rate: int = 8000) -> bytes:
    return quiet(0.5, rate) + (tone(0.6, rate) + quiet(0.9, rate)) * count


def t_one(folder: Path) -> Path:
    """Frames of 300 ms at 8 kHz in, ten rows of log probabilities out: blank, "да"."""
    frame, rows, state = 2400, 10, 8
    nodes = [
        helper.make_node("Cast", ["signal"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["floats", "shape"], ["rows"]),
        helper.make_node("Abs", ["rows"], ["loud"]),
        helper.make_node("ReduceMean", ["loud"], ["mean"], axes=[2], keepdims=1),
        helper.make_node("MatMul", ["mean", "weight"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["logits"]),
        helper.make_node("LogSoftmax", ["logits"], ["logprobs"], axis=2),
        helper.make_node("Identity", ["state"], ["state_next"]),
    ]
    _save(
        folder / "model.onnx",
        nodes,
        [
            ("signal", TensorProto.INT32, ["n", frame, 1]),
            ("state", TensorProto.FLOAT16, ["n", state]),
        ],
        [
            ("logprobs", TensorProto.FLOAT, ["n", rows, 2]),
            ("state_next", TensorProto.FLOAT16, ["n", state]),
        ],
        {
            "shape": np.array([-1, rows, frame // rows], np.int64),
            "weight": np.array([[0.0, 0.01]], np.float32),
            "bias": np.array([0.0, -10.0], np.float32),
        },
        {"model_type": "t-one", "sample_rate": 8000, "frame_length_ms": 300, "state_dim": state},
    )
    (folder / "tokens.txt").write_text("<blk> 0\n\u2581да 1\n", "utf-8")
    return folder


def transducer(folder: Path) -> Path:
    """Eight frames of 80 filters at 16 kHz in, two out; the decoder says the word once."""
    frames = 8
    _save(
        folder / "encoder.onnx",
        [
            helper.make_node("Reshape", ["x", "shape"], ["rows"]),
            helper.make_node("ReduceMean", ["rows"], ["encoder_out"], axes=[2], keepdims=1),
            helper.make_node("Identity", ["h"], ["next_h"]),
            helper.make_node("Identity", ["c"], ["next_c"]),
        ],
        [
            ("x", TensorProto.FLOAT, ["n", frames, 80]),
            ("h", TensorProto.FLOAT, [1, "n", 4]),
            ("c", TensorProto.FLOAT, [1, "n", 4]),
        ],
        [
            ("encoder_out", TensorProto.FLOAT, ["n", 2, 1]),
            ("next_h", TensorProto.FLOAT, [1, "n", 4]),
            ("next_c", TensorProto.FLOAT, [1, "n", 4]),
        ],
        {"shape": np.array([-1, 2, frames // 2 * 80], np.int64)},
        {
            "model_type": "lstm",
            "num_encoder_layers": 1,
            "T": frames,
            "decode_chunk_len": frames,
            "rnn_hidden_size": 4,
            "d_model": 4,
        },
    )
    _save(
        folder / "decoder.onnx",
        [
            helper.make_node("Cast", ["y"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMax", ["floats"], ["decoder_out"], axes=[1], keepdims=1),
        ],
        [("y", TensorProto.INT64, ["n", 2])],
        [("decoder_out", TensorProto.FLOAT, ["n", 1])],
        {},
        {"vocab_size": 2, "context_size": 2},
    )
    _save(
        folder / "joiner.onnx",
        [
            helper.make_node("MatMul", ["encoder_out", "loud"], ["heard"]),
            helper.make_node("MatMul", ["decoder_out", "said"], ["known"]),
            helper.make_node("Add", ["heard", "known"], ["both"]),
            helper.make_node("Add", ["both", "bias"], ["logit"]),
        ],
        [
            ("encoder_out", TensorProto.FLOAT, ["n", 1]),
            ("decoder_out", TensorProto.FLOAT, ["n", 1]),
        ],
        [("logit", TensorProto.FLOAT, ["n", 2])],
        {
            "loud": np.array([[0.0, 1.0]], np.float32),
            "said": np.array([[0.0, -1000.0]], np.float32),
            "bias": np.array([0.0, 14.0], np.float32),
        },
        {},
    )
    (folder / "tokens.txt").write_text("<blk> 0\n\u2581да 1\n", "utf-8")
    return folder


def _save(  # noqa: PLR0917 - a graph is these six
    file: Path,
    nodes: list[Node],
    inputs: list[tuple[str, int, list[Any]]],
    outputs: list[tuple[str, int, list[Any]]],
    constants: dict[str, Any],
    metadata: dict[str, Any],
) -> None:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(*one) for one in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {name: str(value) for name, value in metadata.items()})
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


async def hears_loudness(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A Wyoming server that says "да" for every burst of sound, in parts while it comes."""
    loud, words = False, 0
    while (event := await async_read_event(reader)) is not None:
        if event.type == "audio-chunk":
            audio, step = event.payload or b"", event.data["rate"] // 50 * 2
            for start in range(0, len(audio), step):
                level = np.abs(np.frombuffer(audio[start : start + step], "<i2").astype(int)).mean()
                if level > 1000 and not loud:
                    words += 1
                    await async_write_event(TranscriptChunk(" да").event(), writer)
                loud = level > 1000
        elif event.type == "audio-stop":
            await async_write_event(Transcript(" ".join(["да"] * words)).event(), writer)


async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Closes with the first audio."""
    while (event := await async_read_event(reader)) is not None and event.type != "audio-chunk":
        pass
    writer.close()


async def is_broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await async_read_event(reader)
    await async_write_event(Event("error", {"text": "no model"}), writer)
    await reader.read()


async def speaks_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await reader.read()


async def says_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


@asynccontextmanager
async def wyoming_server(answer: Answer = hears_loudness) -> AsyncIterator[str]:
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await answer(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or the test has
        finally:
            running.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
