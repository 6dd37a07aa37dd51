"""`import`, `export`, `reindex`: the knowledge base as files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.console import PROBLEM, UNAVAILABLE, JsonOut, fail, progress, run, settings, write_json
from bot.core.errors import InvalidContent
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.records import Imported, NewArticle
from knowledge_base.articles import Article, load_folder

AUTHOR = "command line"


def import_(
    folder: Annotated[Path, typer.Argument(help="A folder of Markdown files; front matter is optional.")],
    check: Annotated[bool, typer.Option("--check", help="Only validate; change nothing.")] = False,
    json_out: JsonOut = None,
) -> None:
    """Load a folder of articles and publish them. Broken files are named and skipped (exit code 1)."""
    if not folder.is_dir():
        raise fail(f"{folder} is not a folder", UNAVAILABLE)
    with progress("reading") as report:
        loaded = load_folder(folder, on_progress=report)
    for problem in loaded.problems:
        typer.echo(problem.message, err=True)
    summary: dict[str, object] = {
        "articles": len(loaded.articles),
        "problems": [_describe(problem) for problem in loaded.problems],
    }
    if not check:
        done = run(_publish(settings(), loaded.articles))
        summary |= {"added": done.added, "changed": done.changed, "unchanged": done.unchanged}
    write_json(json_out, summary)
    typer.echo(", ".join(f"{key} {value}" for key, value in summary.items() if key != "problems"))
    if loaded.problems:
        raise typer.Exit(PROBLEM)


def _describe(problem: InvalidContent) -> dict[str, object]:
    return {"path": problem.path, "line": problem.line, "problem": problem.problem}


async def _publish(configuration: Settings, articles: tuple[Article, ...]) -> Imported:
    store = await Store.open(configuration.database)
    try:
        with progress("saving") as report:
            return await store.articles.import_many(
                [NewArticle(article.id, article.title, article.source) for article in articles],
                AUTHOR,
                lambda done: report(done, len(articles)),
            )
    finally:
        await store.close()


def export(
    folder: Annotated[Path, typer.Argument(help="Where to write; one Markdown file per article.")],
    json_out: JsonOut = None,
) -> None:
    """Write every published article to a folder. The form is the one that `import` reads."""
    count = run(_export(settings(), folder))
    write_json(json_out, {"articles": count})
    typer.echo(f"{count} articles in {folder}")


async def _export(configuration: Settings, folder: Path) -> int:
    store = await Store.open(configuration.database)
    try:
        _, published = await store.articles.published()
    finally:
        await store.close()
    for article in published:
        path = folder / f"{article.id}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(article.source, "utf-8")
    return len(published)


def reindex(json_out: JsonOut = None) -> None:
    """Throw the index cache away and build it anew. A running server is not disturbed."""
    from bot.evaluation.workshop import workshop

    configuration = settings()
    shutil.rmtree(configuration.index_dir, ignore_errors=True)

    async def build() -> dict[str, object]:
        with progress("building the index") as report:
            async with workshop(configuration, report) as shop:
                return {"articles": len(shop.knowledge.current.articles)}

    result = run(build())
    write_json(json_out, result)
    typer.echo(f"{result['articles']} articles indexed")
