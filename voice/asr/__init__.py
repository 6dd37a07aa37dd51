"""Hearing. An engine is one module, named in `voice.asr` and imported only then.

A model is a folder: the one shipped, one of `data_dir/models` by its name, or any other by its path.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import structlog

from bot.core.errors import FrontlineError
from bot.settings import Voice
from voice.ports import Recogniser

ENGINES = ("vosk", "sherpa_onnx", "wyoming")
PACKAGES = {"vosk": "vosk", "sherpa_onnx": "'frontline[sherpa]'"}  # that the engines of the same name are in
SHIPPED = Path(__file__).resolve().parent.parent / "models" / "vosk-model-tiny-ru"
DEMONSTRATION = (
    "the shipped model is for demonstration: it knows 5,800 words and few voices; "
    "get a real one with `frontline models list`"
)
log = structlog.get_logger(__name__)


def open_recogniser(settings: Voice, data_dir: Path) -> Recogniser:
    """The engine of `voice.asr` with its model, ready; blocks while it loads.

    Raises `invalid_configuration`, `model_not_found`, `model_broken`, `asr_not_installed`.
    """
    if settings.asr == "wyoming":
        from voice.asr.wyoming import Wyoming

        return Wyoming(settings.asr_model)
    folder = model_folder(settings, data_dir)
    require(settings.asr)
    if folder == SHIPPED:
        log.warning("voice.demonstration_model", hint=DEMONSTRATION)
    else:
        from voice.asr.trial import trial

        trial(settings.asr, folder)
    return load(settings.asr, folder)


def load(engine: str, folder: Path) -> Recogniser:
    """The engine on a model's folder, in this process and without a trial. Raises `model_broken`."""
    if engine == "vosk":
        from voice.asr.vosk import Vosk

        return Vosk(folder)
    from voice.asr.sherpa_onnx import SherpaOnnx

    return SherpaOnnx(folder)


def require(engine: str) -> None:
    """Raises `asr_not_installed` where the engine's package is missing, or its library cannot be loaded."""
    try:
        import_module(engine)
    except (ImportError, OSError) as error:
        raise FrontlineError(
            "asr_not_installed", f"voice.asr = {engine} needs: pip install {PACKAGES[engine]} ({error})"
        ) from error


def model_folder(settings: Voice, data_dir: Path) -> Path:
    """Where the model of the settings lies."""
    named = settings.asr_model
    if not named:
        if settings.asr != "vosk":
            raise FrontlineError(
                "invalid_configuration",
                f"voice.asr = {settings.asr} needs voice.asr_model; see `frontline models list`",
            )
        return SHIPPED
    pulled = data_dir / "models" / named
    if Path(named).name == named:
        if pulled.is_dir():
            return pulled
        if named == SHIPPED.name:
            return SHIPPED
        raise FrontlineError(
            "model_not_found",
            f"voice.asr_model = {named}: not in {pulled.parent}; get it with `frontline models pull {named}`",
        )
    return Path(named).expanduser()
