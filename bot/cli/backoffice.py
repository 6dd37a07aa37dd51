"""`backoffice`: the example company's systems as a service of their own."""

from __future__ import annotations

import secrets
import signal
import socket
import sys
from types import FrameType
from typing import Annotated

import typer

from bot.cli.console import UNAVAILABLE, fail, settings


def backoffice(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8090,
    sms: Annotated[str, typer.Option(metavar="PHONE", help="Print what was sent to PHONE, and end.")] = "",
) -> None:
    """Serve the example company's systems by themselves."""
    configuration = settings()
    file = configuration.data_dir / "backoffice.db"
    if sms:
        from bot.backoffice.example.outbox import messages_in

        for message in messages_in(file, sms):
            typer.echo(f"{message.at}  {message.text}")
        return

    # uvicorn raises the signal that ended it once more when all is finished: by then it is no failure.
    for ask in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ask, _end)
    listener = _listen(host, port)

    import uvicorn

    from bot.backoffice.opening import example_app
    from bot.web.logs import configure

    configure(configuration.log_level, configuration.log_format)
    token = configuration.backoffice.token or secrets.token_urlsafe()
    app = example_app(configuration.data_dir, token=token)
    typer.echo(f"  FRONTLINE_BACKOFFICE__URL    http://{host}:{listener.getsockname()[1]}")
    if not configuration.backoffice.token:
        typer.echo(f"  FRONTLINE_BACKOFFICE__TOKEN  {token}")
    server = uvicorn.Server(
        uvicorn.Config(app, access_log=False, log_config=None, server_header=False, proxy_headers=False)
    )
    server.run(sockets=[listener])
    if not server.started:
        raise fail("the server did not start; the log above says why", UNAVAILABLE)


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise fail(f"cannot listen on {host}:{port}: {error.strerror}", UNAVAILABLE) from error
