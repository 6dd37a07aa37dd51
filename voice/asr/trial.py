"""A trial of a model in a process of its own, because a broken one can take its process with it.

`python -m voice.asr.trial vosk FOLDER` loads the model and decodes a second of noise.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import numpy as np

from bot.core.errors import FrontlineError
from voice.ports import Recogniser

PATIENCE_S = 180.0  # the largest models are 2 GB on a slow disk
ROOT = Path(__file__).resolve().parents[2]


def trial(engine: str, folder: Path) -> None:
    """Raises `model_broken` when the model does not survive; its last words are in the message."""
    command = [sys.executable, "-m", "voice.asr.trial", engine, str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, cwd=ROOT, capture_output=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _broken(folder, f"{engine} does not come to an end with it") from error
    if done.returncode:
        raise _broken(folder, f"{engine} cannot use it: {_reason(done.stderr.decode('utf-8', 'replace'))}")


def _reason(printed: str) -> str:
    """What a native library said last, or our own message, or nothing: a crash is silent."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    said = [line for line in lines if "ERROR" in line or "ASSERTION" in line or "onnx" in line]
    return (said or lines or ["it crashed"])[-1][:300]


def _broken(folder: Path, problem: str) -> FrontlineError:
    return FrontlineError("model_broken", f"{folder}: {problem}", status=503)


async def _tried(recogniser: Recogniser) -> None:
    noise = np.random.default_rng(1).normal(0, 3000, 8000).astype("<i2").tobytes()
    listening = recogniser.listen(8000)
    await listening.feed(noise)
    await listening.finish()
    await recogniser.close()


def main(engine: str, folder: str) -> int:
    from voice.asr import load

    try:
        asyncio.run(_tried(load(engine, Path(folder))))
    except FrontlineError as error:
        sys.stderr.write(f"{error.message.removeprefix(f'{folder}: ')}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
