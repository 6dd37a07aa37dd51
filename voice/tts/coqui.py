"""coqui-tts: any of its models by name or folder, in its own environment, which `make coqui` makes.

A name is downloaded by coqui-tts itself into `folder` when the engine starts.
"""

from __future__ import annotations

from pathlib import Path

from bot.core.errors import FrontlineError
from voice.tts.models import stamp
from voice.tts.saying import WorkerEngine
from voice.tts.worker import SCRIPTS, Worker

RATE = 24000  # that we give out: what a model makes is known only when it has been read


def open_coqui(model: str, venv: Path, folder: Path) -> WorkerEngine:
    """Raises `tts_not_installed` and, for a path that is none, `tts_model_broken`."""
    found = Path(model)
    if not found.is_dir() and (found.is_absolute() or model.startswith(".")):
        raise FrontlineError("tts_model_broken", f"there is no folder {model}")
    interpreter = python(venv)
    script = SCRIPTS / "coqui_worker.py"
    given = str(found.resolve()) if found.is_dir() else model
    environment = {"TTS_HOME": str(folder), "MPLCONFIGDIR": str(folder / "cache")}
    worker = Worker("coqui", lambda: [interpreter, script, given], environment)
    return WorkerEngine(f"coqui-{found.name}-{stamp(found)}", RATE, worker)


def python(venv: Path) -> Path:
    """The interpreter of coqui's environment."""
    found = venv.absolute() / "bin" / "python"  # not resolved: the link is what makes it the environment
    if not (venv / ".installed").is_file() or not found.exists():
        raise FrontlineError(
            "tts_not_installed", f"there is no coqui-tts in {venv}; `make coqui` installs it"
        )
    return found
