"""Trains a project's Rasa model once per content."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import structlog

from bot.core.errors import FrontlineError
from bot.rasa.environment import SCRIPTS, content_hash, copy_content, environ, finished, python

log = structlog.get_logger(__name__)

KEPT_MODELS = 10  # the latest ones: going back to an older project, or comparing several, is instant


def model_of(project: Path, folder: Path) -> Path:
    """Where the model of this content lies, if it is trained."""
    return folder.resolve() / "models" / f"{content_hash(project)}.tar.gz"


async def train(project: Path, folder: Path, venv: Path) -> Path:
    """The model, trained if there is none; raises `rasa_not_installed`, `rasa_failed`.

    `folder` is ours: models, Rasa's cache, copies.
    """
    model = model_of(project, folder)
    if model.is_file():
        return model
    interpreter = python(venv)
    folder = model.parent.parent
    model.parent.mkdir(parents=True, exist_ok=True)
    log.info("rasa.training", model=model.name)
    with tempfile.TemporaryDirectory(dir=folder, prefix="training-") as made:
        copy = Path(made) / "project"
        copy_content(project, copy)
        domain = "domain.yml" if (copy / "domain.yml").is_file() else "domain"
        command: list[str | Path] = [interpreter, SCRIPTS / "run.py", "train", "--config", "config.yml"]
        command += ["--domain", domain, "--data", "data", "--out", made, "--fixed-model-name", "model"]
        # A project may bring components of its own; only its text files are in the copy.
        lines = await finished(command, copy, environ(folder, project))
        if not (Path(made) / "model.tar.gz").is_file():
            raise FrontlineError("rasa_failed", f"Rasa made no model: {lines[-1] if lines else 'silently'}")
        shutil.move(Path(made) / "model.tar.gz", model)
    _forget(model)
    return model


def _forget(kept: Path) -> None:
    others = [path for path in kept.parent.glob("*.tar.gz") if path != kept]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[KEPT_MODELS - 1 :]:
        path.unlink(missing_ok=True)
