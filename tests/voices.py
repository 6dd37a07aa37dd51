"""Real voices with small random weights: what they say is noise, but all of the engine works for it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from tests.conftest import ROOT, missing

COQUI_VENV = ROOT / ".venv-coqui"
PIPER_RATE = 16000
_HOP = 800  # samples of a symbol


def coqui_voice(folder: Path) -> Path:
    """A VITS of 0.4 million weights, saved by coqui-tts itself; needs `make coqui`."""
    if not (COQUI_VENV / ".installed").is_file():
        missing("coqui-tts (make coqui)")
    made = subprocess.run(
        [COQUI_VENV / "bin" / "python", ROOT / "tests" / "coqui_voice.py", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return folder


def piper_voice(folder: Path) -> Path:
    """A network with a Piper voice's inputs and output: a table of symbols, a layer, stretched by length."""
    random = np.random.default_rng(7)
    weights = {
        "table": random.normal(size=(256, 16)).astype(np.float32),
        "layer": (random.normal(size=(16, _HOP)) / 4).astype(np.float32),
        "flat": np.array([1, 1, -1], np.int64),
        "one": np.array([1], np.int64),
        "two": np.array([2], np.int64),
        "ones": np.array([1, 1], np.float32),
        "shape": np.array([1, 1, 1, -1], np.int64),
    }
    nodes = [
        helper.make_node("Gather", ["table", "input"], ["symbols"]),
        helper.make_node("MatMul", ["symbols", "layer"], ["waves"]),
        helper.make_node("Tanh", ["waves"], ["bounded"]),
        helper.make_node("Reshape", ["bounded", "flat"], ["even"]),
        helper.make_node("Slice", ["scales", "one", "two"], ["length"]),
        helper.make_node("Concat", ["ones", "length"], ["stretch"], axis=0),
        helper.make_node("Resize", ["even", "", "stretch"], ["paced"], mode="linear"),
        helper.make_node("Reshape", ["paced", "shape"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "voice",
        [
            helper.make_tensor_value_info("input", TensorProto.INT64, [1, "symbols"]),
            helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
            helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "samples"])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "ru_test-voice-x_low.onnx"
    onnx.save(model, str(file))
    config = {
        "audio": {"sample_rate": PIPER_RATE},
        "espeak": {"voice": "ru"},
        "phoneme_type": "espeak",
        "num_symbols": 256,
        "num_speakers": 1,
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
    }
    file.with_name(f"{file.name}.json").write_text(json.dumps(config), "utf-8")
    return file
