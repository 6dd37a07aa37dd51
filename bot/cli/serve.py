"""`serve`: the product's main job."""

from __future__ import annotations

import signal
import socket
import sys
from types import FrameType
from typing import Annotated, Any

import typer

from bot.cli.console import UNAVAILABLE, fail, run, settings
from bot.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Serve the chat, the partners' API and the operator desk."""
    # uvicorn raises the signal that ended it once more when all is finished: by then it is no failure.
    for ask in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ask, _end)
    configuration = settings()
    changes = {key: value for key, value in {"host": host, "port": port}.items() if value is not None}
    configuration = configuration.model_copy(update=changes)
    listener = _listen(configuration.host, configuration.port)
    # A free port is known only now, and the links that are printed and sent must name it.
    configuration = configuration.model_copy(update={"port": listener.getsockname()[1]})

    run(_try_database(configuration))

    import uvicorn

    from bot.app import create_app, serving
    from bot.web.logs import configure

    configure(configuration.log_level, configuration.log_format)
    app = create_app(configuration)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                _announce(configuration.base_url, configuration.demo, app.state.house.invite_url)

    server = Server(uvicorn.Config(app, **_options(serving(configuration))))
    server.run(sockets=[listener])
    if not server.started:
        raise fail("the server did not start; the log above says why", UNAVAILABLE)


async def _try_database(configuration: Settings) -> None:
    """A database that cannot be had is one line here; inside the server it would be a traceback."""
    from bot.store.engine import Store

    await (await Store.open(configuration.database)).close()


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _options(options: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key not in {"host", "port"}}


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise fail(
            f"cannot listen on {host}:{port}: {error.strerror} (see FRONTLINE_PORT)",
            UNAVAILABLE,
        ) from error
    return listener


def _announce(url: str, demo: bool, invite: str | None) -> None:
    lines = [("demo page with the chat", f"{url}/")] if demo else []
    lines += [("operator desk", f"{url}/desk"), ("help centre", f"{url}/help")]
    if invite:
        lines.append(("first administrator, one time", invite))
    for what, address in lines:
        typer.echo(f"  {what:32} {address}")
