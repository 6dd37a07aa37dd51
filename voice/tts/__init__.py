"""Speaking. An engine is one module, named in `voice.tts` and imported only then."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

from bot.core.errors import FrontlineError
from bot.settings import Settings
from voice.ports import Manner, Synthesiser
from voice.tts.cache import Cached
from voice.tts.fallback import Fallback
from voice.tts.saying import Engine, closing, resampled

ENGINES = ("espeak", "coqui", "piper")
_OF_MODELS = ("coqui", "piper")

__all__ = ["ENGINES", "Cached", "Engine", "Fallback", "open_engine", "open_synthesiser", "pieces"]


def open_synthesiser(settings: Settings) -> Cached:
    """What speaks in calls: the engines of `voice.tts` in their order, and the phrases that are kept.

    Raises `invalid_configuration`, `tts_not_installed`, `tts_model_broken` for any of them. Nothing runs
    until `start`, `remember` or the first word.
    """
    names = _split(settings.voice.tts)
    models = dict(
        zip((name for name in names if name in _OF_MODELS), _split(settings.voice.tts_model), strict=False)
    )
    if not names:
        raise FrontlineError("invalid_configuration", "voice.tts names no engine")
    engines = [open_engine(name, models.get(name, ""), settings) for name in names]
    return Cached(Fallback(engines), engines[0], _folder(settings) / "phrases")


def open_engine(name: str, model: str, settings: Settings) -> Engine:
    """One engine alone. `model`: a name or a folder, of those that have models."""
    if name not in ENGINES:
        raise FrontlineError(
            "invalid_configuration", f"voice.tts: no engine {name}; there are {', '.join(ENGINES)}"
        )
    if name == "espeak":
        from voice.tts.espeak import open_espeak

        return open_espeak()
    if not model:
        raise FrontlineError("invalid_configuration", f"voice.tts_model names no voice for {name}")
    if name == "piper":
        from voice.tts.piper import open_piper

        return open_piper(model)
    from voice.tts.coqui import open_coqui

    return open_coqui(model, settings.voice.coqui_venv, _folder(settings) / "coqui")


async def pieces(
    synthesiser: Synthesiser, text: str, manner: Manner, rate: int
) -> AsyncGenerator[bytes, None]:
    """A verbalised text as sound of the line's rate."""
    speaking = synthesiser.speak(text, manner)
    async with closing(resampled(speaking, synthesiser.rate, rate)) as said:
        async for piece in said:
            yield piece


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "voice"
