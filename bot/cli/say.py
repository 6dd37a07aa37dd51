"""`say`: a text as a sound file, by the voice that callers hear."""

# ruff: noqa: PLR0917 - options of a command are named by who calls it

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bot.cli.console import CONFIGURATION, UNAVAILABLE, JsonOut, fail, run, settings, write_json
from bot.core.errors import FrontlineError

Rate = Annotated[int, typer.Option(min=8000, max=48000, help="Samples a second; a telephone has 8000.")]


def say(
    text: Annotated[str, typer.Argument(help="What is said; numbers and abbreviations become words.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE.wav", dir_okay=False)],
    engine: Annotated[str, typer.Option(help="espeak, coqui or piper. Default: those of `voice.tts`.")] = "",
    model: Annotated[str, typer.Option(help="Of the engine: a name or a folder.")] = "",
    rate: Rate = 8000,
    locale: Annotated[Literal["ru", "en"], typer.Option()] = "ru",
    raw: Annotated[bool, typer.Option("--raw", help="The text is words already.")] = False,
    json_out: JsonOut = None,
) -> None:
    """Say a text into a WAV file."""
    from bot.dialog.phrases import Phrases
    from bot.web.logs import configure
    from voice.audio import wav
    from voice.call.script import Script

    given = settings()
    configure(given.log_level, given.log_format)
    if model and not engine:
        raise fail("--model belongs to an --engine", CONFIGURATION)
    try:
        script = Script.load(given.nlu_data / "voice.yml", Phrases.load(), given.company.name)
    except FrontlineError as error:
        raise fail(error.message, CONFIGURATION) from error
    words = text if raw else script.spoken(text, locale)
    pcm, result = run(_said(words, rate, locale, engine, model or given.voice.tts_model))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(wav(pcm, rate))
    except OSError as error:
        raise fail(f"cannot write {out}: {error.strerror}", UNAVAILABLE) from error
    write_json(json_out, result)
    typer.echo(f"{words}\n{out}: {result['seconds']} s, {result['engine']}")


async def _said(words: str, rate: int, locale: str, engine: str, model: str) -> tuple[bytes, dict[str, Any]]:
    from voice.ports import SAMPLE_BYTES, Manner
    from voice.tts import open_engine, open_synthesiser, pieces

    given = settings()
    voice = open_engine(engine, model, given) if engine else open_synthesiser(given)
    began, first, pcm = time.monotonic(), None, bytearray()
    try:
        async for piece in pieces(voice, words, Manner(locale=locale), rate):
            first = first if first is not None else time.monotonic()
            pcm += piece
        ended = time.monotonic()
    finally:
        await voice.close()
    return bytes(pcm), {
        "engine": voice.name,
        "words": words,
        "rate": rate,
        "seconds": round(len(pcm) / SAMPLE_BYTES / rate, 3),
        "first_sound_s": None if first is None else round(first - began, 3),  # with the start of the engine
        "spent_s": round(ended - began, 3),
    }
