"""Recognition floors: the shipped model on human speech that it was not made from, and on our own sentences.

It is a demonstration model, and its figures say so; a real one is held to nothing here, as none is shipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.eval, pytest.mark.slow]


def measured(manifest: Path, out: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bot", "eval", "asr", str(manifest), "--json", str(out)]
    environment = {**os.environ, "FRONTLINE_DATA_DIR": str(out.parent), "OMP_NUM_THREADS": "1"}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    result: dict[str, Any] = json.loads(out.read_text())
    return result


def test_human_prompts_of_a_telephone_exchange(eval_data: Path, tmp_path: Path) -> None:
    """One unseen speaker, free speech, a quarter of the words outside the vocabulary."""
    result = measured(eval_data / "speech_ru_asterisk_core" / "manifest.jsonl", tmp_path / "out.json")
    assert (result["n"], result["failed"]) == (447, 0)
    assert result["wer"] <= 0.75
    assert result["cer"] <= 0.42
    numbers = [one for one in result["files"] if one["file"].startswith("digits/")]
    errors = sum(one["word_errors"] for one in numbers) / sum(one["words"] for one in numbers)
    assert errors <= 0.45


def test_our_own_sentences(tmp_path: Path) -> None:
    result = measured(ROOT / "tests" / "speech" / "manifest.jsonl", tmp_path / "out.json")
    assert result["wer"] <= 0.05
