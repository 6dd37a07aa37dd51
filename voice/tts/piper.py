"""piper-tts: small neural voices, ONNX. A process of its own: it is GPL-3, and a model computes for long.

`model`: an .onnx file with its .onnx.json beside it, or a folder with one such pair.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from bot.core.errors import FrontlineError
from voice.tts.models import stamp
from voice.tts.saying import WorkerEngine
from voice.tts.worker import SCRIPTS, Worker


def open_piper(model: str) -> WorkerEngine:
    """Raises `tts_not_installed` and `tts_model_broken`."""
    if find_spec("piper") is None:
        raise FrontlineError("tts_not_installed", "piper-tts is missing: pip install 'frontline[piper]'")
    file = _file(Path(model))
    name = f"piper-{version('piper-tts')}-{file.stem}-{stamp(file)}"
    worker = Worker("piper", lambda: [sys.executable, SCRIPTS / "piper_worker.py", file])
    return WorkerEngine(name, _rate(file), worker)


def _file(model: Path) -> Path:
    found = [model] if model.is_file() else sorted(model.glob("*.onnx"))
    if len(found) != 1:
        raise FrontlineError("tts_model_broken", f"{model} has {len(found)} voices (*.onnx), not one")
    return found[0]


def _rate(file: Path) -> int:
    try:
        return int(json.loads(file.with_name(f"{file.name}.json").read_text("utf-8"))["audio"]["sample_rate"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FrontlineError("tts_model_broken", f"{file}.json tells no sample rate: {error}") from error
