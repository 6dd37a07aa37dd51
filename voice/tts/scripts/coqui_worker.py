"""coqui-tts: `coqui_worker.py MODEL`, one of its models by name or a folder of one. Needs the environment of
`make coqui`.

A folder has a `config.json` and one checkpoint, and, for models that make spectrograms, the same of a vocoder
in its folder `vocoder`. XTTS and others that load themselves are given the folder.
"""

import os
import sys
from pathlib import Path
from typing import Any

from serving import Speak, Tell, serve

PEAK = 32767
WHOLE_FOLDER = frozenset(("xtts", "bark", "tortoise"))  # of several files
SHARPEST = 4.0  # faster than that no voice is understood


def opened() -> tuple[int, Speak]:
    import numpy as np
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))  # the calls need the rest
    voice = _voice(sys.argv[1])
    engine = voice.synthesizer
    stretches = hasattr(engine.tts_model, "length_scale")
    length = engine.tts_model.length_scale if stretches else 1.0
    languages = voice.languages or []
    given: dict[str, Any] = {"speaker": voice.speakers[0]} if voice.speakers else {}
    knows_stress = "+" in str(engine.tts_config.get("characters") or "")

    def speak(text: str, locale: str, speed: float, tell: Tell) -> None:
        pace = min(SHARPEST, max(1 / SHARPEST, speed))
        how = dict(given)
        if languages:
            how["language"] = locale if locale in languages else languages[0]
        if stretches:
            engine.tts_model.length_scale = length / pace
        elif engine.tts_config.model == "xtts":
            how["speed"] = pace
        with torch.inference_mode():
            said = voice.tts(text if knows_stress else text.replace("+", ""), split_sentences=False, **how)
        samples = np.trim_zeros(np.asarray(said, dtype=np.float32), "b")  # its pause between sentences
        if samples.size and np.isfinite(samples).all():
            tell((samples * (PEAK / max(0.01, float(np.abs(samples).max())))).astype("<i2").tobytes())

    return int(engine.output_sample_rate), speak


def _voice(model: str) -> Any:
    folder = Path(model)
    if not folder.is_dir():
        from TTS.api import TTS

        return TTS(model, progress_bar=False)
    return _from_folder(folder)


def _from_folder(folder: Path) -> Any:
    from TTS.api import TTS
    from TTS.config import load_config

    config = folder / "config.json"
    if not config.is_file():
        raise FileNotFoundError(f"{config} is missing")
    whole = load_config(str(config)).model in WHOLE_FOLDER
    vocoder = folder / "vocoder"
    spoken_by = (
        {"vocoder_path": str(_checkpoint(vocoder)), "vocoder_config_path": str(vocoder / "config.json")}
        if vocoder.is_dir()
        else {}
    )
    return TTS(
        model_path=str(folder if whole else _checkpoint(folder)),
        config_path=str(config),
        progress_bar=False,
        **spoken_by,
    )


def _checkpoint(folder: Path) -> Path:
    """The best of what a training leaves, else the only one."""
    for name in ("best_model.pth", "model.pth", "model_file.pth"):
        if (folder / name).is_file():
            return folder / name
    found = sorted(folder.glob("*.pth"))
    if len(found) != 1:
        raise FileNotFoundError(f"{folder} has {len(found)} checkpoints (*.pth), not one")
    return found[0]


if __name__ == "__main__":
    serve(opened)
