"""`rasa`: the other engine. Trains a project's model, runs its server."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.console import progress, run, settings

app = typer.Typer(help="Train and run the engine `rasa`.", no_args_is_help=True)
Project = Annotated[Path | None, typer.Argument(exists=True, file_okay=False, help="Default: `nlu_data`.")]


@app.command("train")
def train(project: Project = None) -> None:
    """Train a project's model, unless it has one."""
    from bot.rasa.training import train as trained

    given = settings()

    async def made() -> Path:
        with progress("training"):
            return await trained(project or given.nlu_data, given.rasa_dir, given.engine.rasa_venv)

    typer.echo(str(run(made())))


@app.command("run")
def serve(project: Project = None) -> None:
    """Run a project's Rasa server until interrupted.

    Its actions are those of `serve`.

    The product starts a server of its own when `engine.name` is rasa. This one is for trying a project
    out, and for a machine of its own; FRONTLINE_ENGINE__ACTIONS_SECRET must be the same as there.
    """
    from bot.rasa.actions import PATH
    from bot.rasa.server import RasaServer
    from bot.web.logs import configure

    given = settings()
    configure(given.log_level, given.log_format)

    async def served() -> None:
        server = RasaServer(
            project or given.nlu_data,
            given.rasa_dir,
            given.engine.rasa_venv,
            actions_url=given.base_url + PATH,
            actions_secret=given.engine.actions_secret,
            token=given.engine.rasa_token,
        )
        ended = asyncio.Event()
        for asked in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(asked, ended.set)
        await server.start()
        try:
            until = asyncio.create_task(ended.wait())
            ready = asyncio.create_task(server.ready())
            await asyncio.wait({until, ready}, return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                ready.result()
                typer.echo(f"  Rasa's API    {server.url}")
            ready.cancel()
            await until
        finally:
            await server.stop()

    run(served())
