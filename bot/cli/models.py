"""`models`: what hears and speaks, from the catalogue to the configuration."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.console import CONFIGURATION, UNAVAILABLE, JsonOut, fail, progress, run, settings, write_json
from bot.core.errors import FrontlineError
from bot.settings import load
from voice.asr.catalogue import CATALOGUE, MB, Model, find
from voice.asr.models import Models, Pulled

app = typer.Typer(help="Models that hear and speak.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="As `frontline models list` names it.")]
SHIPPED = "vosk-model-tiny-ru"


@app.command("list")
def list_(json_out: JsonOut = None) -> None:
    """Show the models that can be had, and which are here."""
    given = settings()
    here = Models(given.data_dir)
    used = {given.voice.asr_model or SHIPPED, *given.voice.tts_model.split(",")}
    used |= {Path(one).name for one in used}
    rows = [
        {
            "name": SHIPPED,
            "engine": "vosk",
            "language": "ru",
            "megabytes": 6,
            "licence": "shipped",
            "state": "used" if SHIPPED in used else "here",
            "note": "for demonstration only: 5,800 words, few voices",
        }
    ]
    for model in CATALOGUE:
        state = "" if here.path(model.name) is None else "used" if model.name in used else "here"
        rows.append(_row(model) | {"state": state})
    known = {row["name"] for row in rows}
    for name in here.names():
        if name not in known:
            rows.append(
                {
                    "name": name,
                    "engine": "",
                    "language": "",
                    "megabytes": 0,
                    "licence": "",
                    "note": "put here by hand",
                }
                | {"state": "used" if name in used else "here"}
            )
    write_json(json_out, rows)
    for row in rows:
        size = f"{row['megabytes']} MB" if row["megabytes"] else ""
        typer.echo(
            f"{row['state']:5} {row['name']:62} {row['engine']:12} {row['language']:3} {size:>8}  "
            f"{row['licence']}\n      {row['note']}"
        )


@app.command("pull")
def pull(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="The licence is read and accepted.")] = False,
    json_out: JsonOut = None,
) -> None:
    """Download a model. Goes on where a broken download stopped."""
    model, here = _known(name), Models(settings().data_dir)
    if here.path(name) is None:
        typer.echo(f"{name}: {model.note}\nlicence: {model.licence}, {model.terms}\n{model.size // MB} MB")
        if not yes and not typer.confirm("Do you accept the licence?"):
            raise fail("the licence was not accepted; nothing is downloaded", CONFIGURATION)

    async def pulled() -> Pulled:
        with progress(f"downloading {name}") as report:
            return here.pull(model, report)

    done = run(pulled())
    for url in done.recorded:
        typer.echo(
            f"no checksum is published for {url}; the first one is recorded: SHA-256 {done.checksums[url]}"
        )
    typer.echo(f"{'already here' if done.present else 'here'}: {done.folder}")
    typer.echo(f"use it: frontline models use {name}")
    write_json(
        json_out,
        _row(model)
        | {
            "folder": str(done.folder),
            "sha256": done.checksums,
            "recorded": done.recorded,
            "present": done.present,
        },
    )


@app.command("use")
def use(
    name: Name,
    print_only: Annotated[bool, typer.Option("--print", help="Only show the setting.")] = False,
    json_out: JsonOut = None,
) -> None:
    """Write the model into the configuration file, after a trial."""
    given = settings()
    here, model = Models(given.data_dir), find(name)
    folder = here.path(name)
    if name == SHIPPED:
        values = {"asr": "vosk", "asr_model": ""}
    elif folder is None:
        raise fail(f"{name} is not here; get it with: frontline models pull {name}", UNAVAILABLE)
    else:
        engine = model.engine if model is not None else _engine_of(folder)
        values = (
            {"tts": "piper, espeak", "tts_model": str(folder.resolve())}
            if engine == "piper"
            else {"asr": engine, "asr_model": name}
        )
        if "asr" in values:
            run(_tried(values["asr"], folder))
    file = Path(os.environ.get("FRONTLINE_CONFIG", "frontline.toml"))
    lines = "\n".join(f"{key} = {_quoted(value)}" for key, value in values.items())
    if not print_only:
        _write(file, values)
    write_json(json_out, {"file": str(file), "written": not print_only, "voice": values})
    typer.echo(f"{'to be written to' if print_only else 'written to'} {file}:\n[voice]\n{lines}")
    for key in values:
        variable = f"FRONTLINE_VOICE__{key.upper()}"
        if variable in os.environ:
            typer.echo(f"{variable} is set and goes before the file", err=True)


def _known(name: str) -> Model:
    model = find(name)
    if model is None:
        raise fail(f"no model {name} in the catalogue; see: frontline models list", CONFIGURATION)
    return model


def _row(model: Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "engine": model.engine,
        "language": model.language,
        "megabytes": model.size // MB,
        "licence": model.licence,
        "terms": model.terms,
        "note": model.note,
    }


def _engine_of(folder: Path) -> str:
    """Of a model that was put here by hand."""
    from voice.asr.sherpa_onnx import verify

    if (folder / "am" / "final.mdl").is_file():
        return "vosk"
    if any(folder.glob("*.onnx.json")):
        return "piper"
    try:
        verify(folder)
    except FrontlineError as error:
        raise fail(f"{folder} is no model that we know: {error.message}", UNAVAILABLE) from error
    return "sherpa_onnx"


async def _tried(engine: str, folder: Path) -> None:
    from voice.asr.trial import trial

    trial(engine, folder)


def _write(file: Path, values: dict[str, str]) -> None:
    """Changes these keys of `[voice]` and nothing else, or refuses."""
    try:
        text = file.read_text("utf-8") if file.is_file() else ""
        before = tomllib.loads(text)
        after = edited(text, values)
        section = before.get("voice", {})
        if tomllib.loads(after) != before | {"voice": section | values}:
            raise ValueError("its layout is not one that we can change safely")
    except (OSError, ValueError, TypeError) as error:
        raise fail(f"{file} is left as it is: {error}; use --print and edit it", CONFIGURATION) from error
    draft = file.with_name(f"{file.name}.new")
    try:
        draft.write_text(after, "utf-8")
        load(draft)
        draft.replace(file)
    except FrontlineError as error:
        raise fail(f"{file} is left as it is: {error.message}", CONFIGURATION) from error
    except OSError as error:
        raise fail(f"cannot write {file}: {error.strerror}", UNAVAILABLE) from error
    finally:
        draft.unlink(missing_ok=True)


def edited(text: str, values: dict[str, str]) -> str:
    """The file with these keys in its section `[voice]`; everything else stays, comments too."""
    lines = text.splitlines()
    head = next((at for at, line in enumerate(lines) if _bare(line) == "[voice]"), None)
    new = {key: f"{key} = {_quoted(value)}" for key, value in values.items()}
    if head is None:
        return "\n".join([*lines, *([""] if lines else []), "[voice]", *new.values(), ""])
    end = next((at for at in range(head + 1, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    for at in range(head + 1, end):
        key, sign, rest = lines[at].partition("=")
        if sign and key.strip() in new:
            comment = rest[rest.index("#") :] if "#" in rest and '"' not in rest[rest.index("#") :] else ""
            lines[at] = new.pop(key.strip()) + (f"  {comment}" if comment else "")
    lines[head + 1 : head + 1] = new.values()
    return "\n".join([*lines, ""])


def _bare(line: str) -> str:
    return line.partition("#")[0].replace(" ", "").strip()


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
