"""Word errors of the shipped recogniser on recordings, by the product's own command."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.figures import Figure

QUICK = 10
ROOT = Path(__file__).parents[2]


def run(folder: Path, *, quick: bool = False) -> Sequence[Figure]:
    """`FRONTLINE_EVAL_DATA` has `speech_ru_asterisk_core`, and the model's samples beside it; else none."""
    data = Path(os.environ.get("FRONTLINE_EVAL_DATA") or ROOT.parent / "shared" / "eval")
    samples = data.parent / "models" / "vosk-model-tiny-ru-source" / "samples"
    sets = {
        "prompts of Asterisk, a stranger's voice": data / "speech_ru_asterisk_core" / "manifest.jsonl",
        "samples of the model": _manifest(samples / "transcripts.tsv", folder),
    }
    there = {name: path for name, path in sets.items() if path.is_file()}
    return [figure for name, path in there.items() for figure in _measured(name, path, folder, quick)]


def _manifest(table: Path, folder: Path) -> Path:
    """The samples' transcripts as lines of JSON."""
    manifest = folder / "samples.jsonl"
    if table.is_file():
        with table.open(encoding="utf-8") as file:
            rows = [
                {"file": str(table.parent / row["file"]), "text": row["text"]}
                for row in csv.DictReader(file, delimiter="\t")
            ]
        _write(manifest, rows)
    return manifest


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def _shortened(manifest: Path, folder: Path) -> Path:
    rows = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()[:QUICK]]
    _write(folder / "short.jsonl", [row | {"file": str(manifest.parent / row["file"])} for row in rows])
    return folder / "short.jsonl"


def _measured(name: str, manifest: Path, folder: Path, quick: bool) -> Sequence[Figure]:
    out = folder / "hearing.json"
    manifest = _shortened(manifest, folder) if quick else manifest
    command = [sys.executable, "-m", "bot", "eval", "asr", str(manifest), "--json", str(out)]
    environment = {**os.environ, "FRONTLINE_DATA_DIR": str(folder), "FRONTLINE_LOG_LEVEL": "error"}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    result = json.loads(out.read_text())
    return [
        Figure(f"{name}: word errors of {result['words']:,}", 100 * result["wer"], "%"),
        Figure("  character errors", 100 * result["cer"], "%"),
        Figure("  cores per second of speech", result["rtf_cpu"], "x"),
    ]
