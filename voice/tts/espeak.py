"""espeak-ng: speaks everywhere, at once, without a download; sounds like a machine.

A process of its own: espeak-ng is not safe for threads, a crash in it would end every call, and it is GPL-3.
The pipe costs less than a millisecond. Voice and pace: decisions/0011.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from bot.core.errors import FrontlineError
from voice.tts.saying import WorkerEngine
from voice.tts.worker import SCRIPTS, Worker

RUSSIAN, ENGLISH = "ru+f5", "en-us+f5"
WORDS_A_MINUTE = 160
RATE = 22050  # of espeak-ng


def open_espeak() -> WorkerEngine:
    if find_spec("espeakng_loader") is None:
        raise FrontlineError("tts_not_installed", "espeakng-loader is missing: pip install espeakng-loader")
    name = f"espeak-{version('espeakng-loader')}-{RUSSIAN}-{ENGLISH}-{WORDS_A_MINUTE}"
    return WorkerEngine(name, RATE, Worker("espeak", _command))


def _command() -> Sequence[str | Path]:
    return [sys.executable, SCRIPTS / "espeak_worker.py", RUSSIAN, ENGLISH, str(WORDS_A_MINUTE)]
