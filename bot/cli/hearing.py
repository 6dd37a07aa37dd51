"""`transcribe` and `eval asr`: what the recogniser of the calls makes of files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bot.cli.console import CONFIGURATION, PROBLEM, JsonOut, fail, progress, run, settings, write_json
from bot.core.errors import FrontlineError
from voice.ports import Recogniser

EngineName = Annotated[
    Literal["vosk", "sherpa_onnx", "wyoming"] | None,
    typer.Option("--engine", help="Default: that of `voice.asr`."),
]
ModelName = Annotated[
    str, typer.Option("--model", help="A name, a folder or tcp://host:port. Default: `voice.asr_model`.")
]


def transcribe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="WAV, 16-bit, any rate.")],
    engine: EngineName = None,
    model: ModelName = "",
    grammar: Annotated[str, typer.Option(help="Phrases, comma separated, or: yes_no, digits, numbers.")] = "",
    json_out: JsonOut = None,
) -> None:
    """Tell what is said in WAV files. Exit code 1 when one cannot be read."""
    from voice.asr.evaluation import transcribe as heard_in
    from voice.asr.numbers import dictated

    phrases = _phrases(grammar)

    async def heard() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        async with _opened(engine, model) as recogniser:
            for file in files:
                try:
                    result, seconds = await heard_in(recogniser, file, phrases)
                except FrontlineError as error:
                    rows.append({"file": str(file), "error": f"{error.code}: {error.message}"})
                    continue
                row = {"file": str(file), "seconds": round(seconds, 3), "digits": dictated(result.text)}
                rows.append(row | asdict(result))
        return rows

    rows = run(heard())
    write_json(json_out, rows)
    for row in rows:
        if "error" in row:
            typer.echo(row["error"], err=True)
        else:
            typer.echo(row["text"] if len(rows) == 1 else f"{row['file']}\t{row['text']}")
    if any("error" in row for row in rows):
        raise typer.Exit(PROBLEM)


def asr(
    manifest: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help='Lines {"file", "text"}; files beside it.')
    ],
    engine: EngineName = None,
    model: ModelName = "",
    json_out: JsonOut = None,
) -> None:
    """Measure the recogniser. Word and character errors after numbers became digits, real-time factor."""
    from voice.asr.evaluation import evaluate, read_manifest

    async def measured() -> dict[str, Any]:
        samples = read_manifest(manifest)
        async with _opened(engine, model) as recogniser:
            with progress("listening") as report:
                return await evaluate(recogniser, samples, report)

    result = run(measured())
    write_json(json_out, result)
    typer.echo(
        f"{result['engine']}: {result['n']} files, {result['words']} words, {result['audio_seconds']:.0f} s\n"
        f"word errors {result['wer']:.1%}, character errors {result['cer']:.1%},"
        f" files with an error {result['wrong_files']:.1%}, not heard at all {result['failed']}\n"
        f"real-time factor {result['rtf']:.3f}, of processor time {result['rtf_cpu']:.3f}"
    )
    for one in result["files"]:
        if "error" in one:
            typer.echo(f"{one['file']}: {one['error']}", err=True)
    if result["failed"]:
        raise typer.Exit(PROBLEM)


@asynccontextmanager
async def _opened(engine: str | None, model: str) -> AsyncIterator[Recogniser]:
    from bot.web.logs import configure
    from voice.asr import open_recogniser

    given = settings()
    configure(given.log_level, given.log_format)
    same = engine in {None, given.voice.asr}
    named = model or (given.voice.asr_model if same else "")
    changes = {"asr": engine or given.voice.asr, "asr_model": named}
    recogniser = open_recogniser(given.voice.model_copy(update=changes), given.data_dir)
    try:
        yield recogniser
    finally:
        await recogniser.close()


def _phrases(grammar: str) -> Sequence[str]:
    from voice.asr import grammars

    ready = {"yes_no": grammars.yes_no, "digits": grammars.digits, "numbers": grammars.numbers}
    if grammar in ready:
        return ready[grammar]()
    phrases = [one.strip() for one in grammar.split(",") if one.strip()]
    if grammar and not phrases:
        raise fail("--grammar has no phrases", CONFIGURATION)
    return phrases
