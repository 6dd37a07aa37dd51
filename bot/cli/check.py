"""`check`: everything that must be right before the product can serve, one line each."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import Awaitable, Callable

import typer

from bot.cli.console import PROBLEM, JsonOut, settings, write_json
from bot.core.errors import FrontlineError
from bot.settings import Settings

LOW_SPACE = 200_000_000  # bytes


def check(json_out: JsonOut = None) -> None:
    """Verify configuration, database, models, index and port. The data folder, content and bus too."""
    configuration = settings()
    parts: dict[str, Callable[[Settings], Awaitable[str]]] = {
        "data folder": _data_folder,
        "database": _database,
        "models": _models,
        "content": _content,
        **({"engine": _engine} if configuration.engine.name != "builtin" else {}),
        **({"hearing": _hearing} if configuration.voice.carriers else {}),
        "index": _index,
        "bus": _bus,
        "port": _port,
    }
    results = {"configuration": {"ok": True, "detail": "read"}}
    for name, part in parts.items():
        results[name] = asyncio.run(_tried(part, configuration))
    for name, result in results.items():
        typer.echo(f"{'ok  ' if result['ok'] else 'FAIL'}  {name:14} {result['detail']}")
    write_json(json_out, results)
    if not all(result["ok"] for result in results.values()):
        raise typer.Exit(PROBLEM)


async def _tried(part: Callable[[Settings], Awaitable[str]], configuration: Settings) -> dict[str, object]:
    try:
        return {"ok": True, "detail": await part(configuration)}
    except FrontlineError as error:
        return {"ok": False, "detail": f"{error.code}: {error.message}"}
    except OSError as error:
        return {"ok": False, "detail": error.strerror or str(error)}


async def _data_folder(configuration: Settings) -> str:
    folder = configuration.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise FrontlineError("data_not_writable", f"{folder} is not writable")
    free = shutil.disk_usage(folder).free
    if free < LOW_SPACE:
        raise FrontlineError("disk_full", f"{folder} has {free // 1_000_000} MB left")
    return f"{folder}, {free // 1_000_000_000} GB free"


async def _database(configuration: Settings) -> str:
    from bot.store.engine import Store

    store = await Store.open(configuration.database)
    try:
        await store.ping()
        return f"answers, revision {await store.articles.revision()} of the articles"
    finally:
        await store.close()


async def _models(configuration: Settings) -> str:
    from bot.nlu.encoders import open_encoder

    encoder = open_encoder(configuration.retrieval)
    return f"{encoder.name}, {encoder.dim} dimensions"


async def _content(configuration: Settings) -> str:
    from bot.dialog.phrases import Phrases
    from bot.nlu.project import Project
    from bot.project.loading import load
    from knowledge_base.articles import load_folder

    Phrases.load()
    project = Project.of(load(configuration.nlu_data))
    loaded = load_folder(configuration.articles)
    if loaded.problems:
        raise FrontlineError("invalid_content", "; ".join(one.message for one in loaded.problems[:3]))
    return f"{len(project.intents)} intents, {len(loaded.articles)} articles in {configuration.articles.name}"


async def _engine(configuration: Settings) -> str:
    from bot.rasa.environment import VERSION, python
    from bot.rasa.training import model_of

    if configuration.engine.rasa_url:
        return await _running_rasa(configuration)
    python(configuration.engine.rasa_venv)
    model = model_of(configuration.nlu_data, configuration.rasa_dir)
    trained = f"model {model.name}" if model.is_file() else "trains at the start; builtin serves meanwhile"
    return f"rasa {VERSION}, {trained}"


async def _running_rasa(configuration: Settings) -> str:
    import httpx

    from bot.rasa.client import RasaClient

    given = configuration.engine
    async with httpx.AsyncClient() as http:
        status = await RasaClient(http, given.rasa_url, given.rasa_token).status()
    return f"rasa at {given.rasa_url}, model {status.get('model_file')}"


async def _hearing(configuration: Settings) -> str:
    from bot.web.logs import configure
    from voice.asr import DEMONSTRATION, SHIPPED, model_folder, open_recogniser

    configure(configuration.log_level, configuration.log_format)
    given = configuration.voice
    recogniser = await asyncio.to_thread(open_recogniser, given, configuration.data_dir)
    await recogniser.close()
    shipped = given.asr != "wyoming" and model_folder(given, configuration.data_dir) == SHIPPED
    return f"{recogniser.name}; {DEMONSTRATION}" if shipped else recogniser.name


async def _index(configuration: Settings) -> str:
    from bot.evaluation.workshop import workshop

    async with workshop(configuration) as shop:
        return f"{len(shop.knowledge.current.articles)} articles can be answered"


async def _bus(configuration: Settings) -> str:
    from bot.bus import open_bus

    bus = open_bus(configuration.redis_url)
    try:
        await bus.ping()
    finally:
        await bus.close()
    return "redis" if configuration.redis_url else "in this process"


async def _port(configuration: Settings) -> str:
    with socket.socket(socket.AF_INET6 if ":" in configuration.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((configuration.host, configuration.port))
        except OSError as error:
            raise FrontlineError(
                "port_taken", f"{configuration.host}:{configuration.port}: {error.strerror}"
            ) from error
    return f"{configuration.host}:{configuration.port} is free"
