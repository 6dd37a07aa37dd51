"""The built-in engine on the product's own project, beside a Rasa server on the same project.

Both play `conversations.yml`. Actions of the project's own do nothing on either. The product does more a turn
than an engine: it searches the base, escalates and keeps all in its database.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from fastapi import FastAPI

from bench.figures import Figure, percentiles
from bench.http import Line, say
from bench.product import free_port, resident, serving
from bot.engine.ports import NoActions
from bot.engine.states import Lens
from bot.project.loading import load
from bot.rasa.actions import PATH, ActionServer, router
from bot.rasa.server import RasaServer
from bot.rasa.training import train
from bot.settings import Settings

CONVERSATIONS = Path(__file__).with_name("conversations.yml")
CLIENTS = 10
SECRET = "of-this-run"  # noqa: S105 - for a minute, on this machine


def run(folder: Path) -> Sequence[Figure]:
    """Rasa is trained anew, which takes minutes; without `make rasa` only our figures are found."""
    settings = Settings()
    command = [sys.executable, "-m", "bench.alone", str(settings.nlu_data), str(CONVERSATIONS)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    own = json.loads(done.stdout.splitlines()[-1])
    rate = len(own["turns_s"]) / sum(own["turns_s"])
    parses = len(own["parses_s"]) / sum(own["parses_s"])
    found = [
        Figure("builtin: training", own["train_s"], "s"),
        Figure("builtin: ready from nothing, training too", own["ready_s"], "s"),
        Figure("builtin: memory", own["memory_mb"], "MB"),
        Figure("builtin: turns/s", rate, "1/s"),
        *percentiles("builtin: turn", own["turns_s"]),
        Figure("builtin: parse only", parses, "1/s"),
        *_product(folder),
    ]
    if not (settings.engine.rasa_venv / "bin" / "rasa").is_file():
        return [*found, Figure("Rasa is not installed (make rasa): not compared", 0, "")]
    rasa = asyncio.run(_rasa(settings, folder / "rasa"))
    ours, theirs = ({one.name: one.value for one in each} for each in (found, rasa))
    many = f"turns/s, {CLIENTS} clients"
    turns, memory = rate / theirs["rasa: turns/s, 1 client"], own["memory_mb"] / theirs["rasa: memory"]
    return [
        *found,
        *rasa,
        Figure("builtin / rasa: turns/s", turns, "x", at_least=10),
        Figure(f"product / rasa: {many}", ours[f"product over HTTP: {many}"] / theirs[f"rasa: {many}"], "x"),
        Figure("rasa / builtin: training", theirs["rasa: training"] / own["train_s"], "x", at_least=20),
        Figure("builtin / rasa: memory", memory, "x", at_most=1),
    ]


def _product(folder: Path) -> Sequence[Figure]:
    with serving(folder / "product"):  # the first start builds the index and learns
        pass
    with serving(folder / "product") as product:
        key = product.command("keys", "create", "Bench")["key"]

        async def turn(line: Line, customer: str, number: int, text: str) -> object:
            return await say(line, customer, f"{customer}-{number}", text)

        figures = asyncio.run(_clients("product over HTTP", product.port, key, turn))
        return [
            Figure("product: ready, learnt before", product.started, "s", at_most=3),
            Figure("product: memory", product.memory, "MB"),
            *figures,
        ]


async def _rasa(settings: Settings, folder: Path) -> Sequence[Figure]:
    project, venv = load(settings.nlu_data), settings.engine.rasa_venv
    begun = time.perf_counter()
    await train(project.root, folder, venv)
    trained = time.perf_counter() - begun
    with _actions(ActionServer(NoActions(), lambda: Lens(project.domain), SECRET)) as url:
        server = RasaServer(project.root, folder, venv, actions_url=url, actions_secret=SECRET)
        begun = time.perf_counter()
        await server.start()
        try:
            await server.ready()
            started = time.perf_counter() - begun
            port = int(server.url.rsplit(":", 1)[1])
            figures = await _clients("rasa", port, "", _rasa_turn)
            parses = await _rasa_parses(port, server.token)
            memory = resident(str(server.pid))
        finally:
            await server.stop()
    return [
        Figure("rasa: training", trained, "s"),
        Figure("rasa: ready, trained before", started, "s"),
        Figure("rasa: memory", memory, "MB"),
        *figures,
        Figure("rasa: parse only", parses, "1/s"),
    ]


async def _rasa_turn(line: Line, customer: str, number: int, text: str) -> object:
    body = json.dumps({"sender": customer, "message": text}).encode()
    status, reply = await line.ask("POST", "/webhooks/rest/webhook", body)
    assert status == 200, (number, reply)
    return reply


async def _rasa_parses(port: int, token: str) -> float:
    line = Line(*await asyncio.open_connection("127.0.0.1", port), "")
    texts = [text for each in _conversations() for text in each]
    begun = time.perf_counter()
    for text in texts:
        status, reply = await line.ask(
            "POST", f"/model/parse?token={token}", json.dumps({"text": text}).encode()
        )
        assert status == 200, reply
    return len(texts) / (time.perf_counter() - begun)


async def _clients(
    name: str, port: int, key: str, turn: Callable[[Line, str, int, str], Awaitable[object]]
) -> Sequence[Figure]:
    """All conversations by one client, then by ten at once, each with all of them."""

    async def play(client: str, said: Sequence[Sequence[str]]) -> list[float]:
        line = Line(*await asyncio.open_connection("127.0.0.1", port), key)
        took = []
        for which, texts in enumerate(said):
            for number, text in enumerate(texts):
                begun = time.perf_counter()
                await turn(line, f"{client}-{which}", number, text)
                took.append(time.perf_counter() - begun)
        return took

    said = _conversations()
    await play("warm", said[:3])
    found: list[Figure] = []
    for clients in (1, CLIENTS):
        begun = time.perf_counter()
        each = await asyncio.gather(*(play(f"{clients}-{client}", said) for client in range(clients)))
        wall = time.perf_counter() - begun
        took = [seconds for client in each for seconds in client]
        word = f"{clients} client{'s' if clients > 1 else ''}"
        found += [Figure(f"{name}: turns/s, {word}", len(took) / wall, "1/s")]
        found += percentiles(f"{name}: turn, {word}", took)
    return found


@contextmanager
def _actions(server: ActionServer) -> Iterator[str]:
    """Where Rasa runs the project's own actions."""
    app, port = FastAPI(), free_port()
    app.include_router(router(server))
    runner = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    while not runner.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}{PATH}"
    runner.should_exit = True
    thread.join(10)


def _conversations() -> list[list[str]]:
    found: Any = yaml.safe_load(CONVERSATIONS.read_text("utf-8"))
    return [list(each) for each in found]
