"""`ask`: one answer with its reasons."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from bot.cli.console import JsonOut, progress, run, settings, write_json
from bot.core.types import Ask, Escalate, Inbound, Say, Turn


def ask(
    text: Annotated[str, typer.Argument(help="What a customer would write.")],
    json_out: JsonOut = None,
) -> None:
    """Answer one question and show why. Plays in a conversation of its own that is not kept."""
    from bot.evaluation.workshop import workshop

    async def answered() -> Turn:
        with progress("building the index") as report:
            async with workshop(settings(), report) as shop:
                return await shop.turns.handle(Inbound("ask", "console", "1", text))

    turn = run(answered())
    write_json(json_out, _result(turn))
    _say(turn)
    typer.echo(f"\n{_kind(turn)}; understood as: {turn.intent or '-'}")
    if turn.task is not None:
        filled = ", ".join(f"{name} = {value}" for name, value in turn.task.slots.items())
        typer.echo(f"task: {turn.task.form} {turn.task.status}; {filled or 'nothing filled yet'}")
    for hit in turn.hits[:5]:
        typer.echo(f"  {hit.p:6.1%}  {hit.article_id}")
    typer.echo("  ".join(f"{stage} {spent:.1f} ms" for stage, spent in turn.timings.items()))


def _say(turn: Turn) -> None:
    answer = turn.answer
    if answer is not None:
        typer.echo(answer.text)
    if isinstance(answer, Ask):
        for option in answer.options:
            typer.echo(f"  [{option.title}]")
    if isinstance(answer, Say | Escalate):
        for source in answer.sources:
            typer.echo(f"  source: {source.title} ({source.article_id})")
    if isinstance(answer, Say):
        for reply in answer.quick_replies:
            typer.echo(f"  [{reply.title}]")


def _kind(turn: Turn) -> str:
    answer = turn.answer
    if isinstance(answer, Say):
        return answer.kind.value
    return "silent" if answer is None else type(answer).__name__.lower()


def _result(turn: Turn) -> dict[str, Any]:
    return {
        "kind": _kind(turn),
        "answer": None if turn.answer is None else asdict(turn.answer),
        "intent": turn.intent,
        "task": None if turn.task is None else asdict(turn.task),
        "hits": [asdict(hit) for hit in turn.hits],
        "timings_ms": dict(turn.timings),
    }
