"""`eval`: how good the answers are, on any file of questions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bot.cli.console import JsonOut, progress, run, settings, write_json
from bot.core.errors import FrontlineError

app = typer.Typer(help="Measure answer quality.", no_args_is_help=True)
EngineName = Annotated[Literal["builtin", "rasa"], typer.Option("--engine", help="Who is measured.")]
ProjectFolder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A Rasa 3 project.")]
QuestionsFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines.")]


@app.command("kb")
def kb(file: QuestionsFile, json_out: JsonOut = None) -> None:
    """Play questions through the whole turn, beside plain BM25. Each is a conversation of its own.

    It is played at noon of a Monday: what is offered when nobody is at work is another matter.
    """
    from bot.evaluation.bm25 import Bm25
    from bot.evaluation.kb import at_noon, evaluate
    from bot.evaluation.workshop import workshop

    async def measured() -> dict[str, Any]:
        clock = at_noon(settings().company.timezone)
        with progress("building the index") as report:
            async with workshop(settings(), report, clock=clock) as shop:
                baseline = Bm25(shop.knowledge.current.articles.values(), shop.query)
                with progress("playing") as played:
                    return dict(await evaluate(file, shop.turns, baseline, played))

    result = run(measured())
    write_json(json_out, result)
    _print(result)


@app.command("retrieval")
def retrieval(
    articles: Annotated[Path, typer.Option(exists=True, file_okay=False, help="A folder of Markdown.")],
    questions: Annotated[Path, typer.Option(exists=True, dir_okay=False, help='{"question", "gold"} lines.')],
    json_out: JsonOut = None,
) -> None:
    """Measure the search of any folder of Markdown. Recall at 1/3/5/10 and MRR, beside BM25."""
    from bot.evaluation.retrieval import evaluate
    from bot.nlu.encoders import open_encoder

    async def measured() -> dict[str, Any]:
        with progress("building the index") as report:
            return dict(evaluate(articles, questions, open_encoder(settings().retrieval), report))

    result = run(measured())
    write_json(json_out, result)
    _print(result)


@app.command("intents")
def intents(
    train: Annotated[Path, typer.Option(exists=True, dir_okay=False, help='{"text", "intent"} lines.')],
    test: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Lines to be judged by.")],
    engine: EngineName = "builtin",
    epochs: Annotated[int, typer.Option(min=1, help="Of Rasa's DIET.")] = 100,
    json_out: JsonOut = None,
) -> None:
    """Learn intents from one file, be judged by another. Intent null is out of scope."""
    from bot.evaluation.intents import evaluate, evaluate_rasa
    from bot.nlu.encoders import open_encoder
    from bot.nlu.query import QueryBuilder

    async def measured() -> dict[str, Any]:
        if engine == "rasa":
            return dict(await evaluate_rasa(train, test, settings().engine.rasa_venv, epochs))
        return dict(evaluate(train, test, QueryBuilder(open_encoder(settings().retrieval))))

    result = run(measured())
    write_json(json_out, result)
    _print(result)


@app.command("public")
def public(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Has clinc150, banking77, …")],
    engine: EngineName = "builtin",
    epochs: Annotated[int, typer.Option(min=1, help="Of Rasa's DIET.")] = 100,
    json_out: JsonOut = None,
) -> None:
    """Measure intents on the public sets.

    With --engine rasa beside DIET on the same texts; DIET takes an hour for a large set, so that both are
    then measured on a cut of it.
    """
    from bot.evaluation.public import evaluate, evaluate_beside_rasa
    from bot.nlu.encoders import open_encoder
    from bot.nlu.query import QueryBuilder

    def tell(name: str) -> None:
        typer.echo(f"{name} ...", err=True)

    async def measured() -> list[Mapping[str, Any]]:
        read = QueryBuilder(open_encoder(settings().retrieval))
        if engine == "rasa":
            venv = settings().engine.rasa_venv
            return [row async for row in evaluate_beside_rasa(folder, read, venv, epochs, tell)]
        return list(evaluate(folder, read, tell))

    rows = run(measured())
    if not rows:
        raise FrontlineError("no_data", f"none of the public sets is in {folder}")
    write_json(json_out, rows)
    columns = (
        "texts",
        "accuracy",
        "likeliest",
        "macro F1",
        "oos recall",
        "oos precision",
        "train s",
        "ms/text",
    )
    typer.echo(f"{'':32}" + "".join(f"{name:>14}" for name in columns))
    for row in rows:
        _print_row(row)


@app.command("stories")
def stories(
    project: ProjectFolder,
    engine: EngineName = "builtin",
    json_out: JsonOut = None,
) -> None:
    """Play the test stories of a Rasa 3 project. Exit code 1 when one does not pass."""
    from bot.evaluation.stories import evaluate, evaluate_rasa
    from bot.nlu.encoders import open_encoder
    from bot.nlu.query import QueryBuilder

    async def measured() -> dict[str, Any]:
        given = settings()
        if engine == "rasa":
            return dict(await evaluate_rasa(project, given.rasa_dir, given.engine.rasa_venv))
        return dict(evaluate(project, QueryBuilder(open_encoder(given.retrieval))))

    result = run(measured())
    write_json(json_out, result)
    failures, problems = result.pop("failures"), result.pop("problems")
    _print(result)
    for problem in problems:
        typer.echo(f"warning: {problem}", err=True)
    for each in failures:
        typer.echo(
            f"{each['place']}: {each['story']}: {each['kind']} expected {each['expected']},"
            f" got {each['predicted']}"
        )
    if failures:
        raise typer.Exit(1)


@app.command("agree")
def agree(project: ProjectFolder, json_out: JsonOut = None) -> None:
    """Compare both engines on a project's test stories. Exit code 1 when they differ."""
    from bot.evaluation.agree import evaluate
    from bot.nlu.encoders import open_encoder
    from bot.nlu.query import QueryBuilder

    async def measured() -> dict[str, Any]:
        given = settings()
        read = QueryBuilder(open_encoder(given.retrieval))
        return dict(await evaluate(project, read, given.rasa_dir, given.engine.rasa_venv))

    result = run(measured())
    write_json(json_out, result)
    differences, result["engines"] = result.pop("differences"), " and ".join(result["engines"])
    _print(result)
    for each in differences:
        typer.echo(
            f"{each['place']}: {each['story']}: builtin {each['builtin']}, rasa {each['rasa']}"
            f" (written: {each['expected'] or 'nothing'})"
        )
    if differences:
        raise typer.Exit(1)


def _print_row(row: Mapping[str, Any]) -> None:
    name = f"{row['set']}{', cut' if row['cut'] else ''}, {row['engine']}"
    oos, seconds = row["oos"], row["seconds"]
    shares = (row["accuracy"], row["likeliest"], row["macro_f1"], oos["recall"], oos["precision"])
    figures = [str(row["texts"]), *("" if one is None else f"{one:.1%}" for one in shares)]
    figures += [f"{seconds['train']:.1f}", f"{1000 * seconds['infer_per_text']:.2f}"]
    typer.echo(f"{name:32}" + "".join(f"{one:>14}" for one in figures))


def _print(result: dict[str, Any]) -> None:
    """One line per group of figures; shares as per cent."""
    for name, value in result.items():
        group = value if isinstance(value, dict) else {"": value}
        show = _seconds if name.endswith("seconds") else _figure
        figures = "  ".join(f"{key} {show(figure)}".strip() for key, figure in group.items())
        typer.echo(f"{name:22} {figures}")


def _figure(value: object) -> str:
    if isinstance(value, float) and 0 <= value <= 1:
        return f"{value:.1%}"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _seconds(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
