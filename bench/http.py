"""How many turns a second many customers get over HTTP at once, and whether each gets an answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Any

from bench.figures import Figure, percentiles
from bench.product import Product
from bench.questions import questions
from bot.settings import Settings
from knowledge_base.articles import load_folder

CUSTOMERS, EACH, WARM = 50, 40, 12


class Line:
    """A kept connection. Far lighter than a client library: it shares the processors with the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        self._reader, self._writer, self._key = reader, writer, key

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the reply."""
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self._key}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        reply = await self._reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line[15:]) for line in reply.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        return int(reply[9:12]), await self._reader.readexactly(size)


def run(product: Product) -> Sequence[Figure]:
    """Every customer waits for each answer before the next question; a bare endpoint is the baseline."""
    key = product.command("keys", "create", "Bench")["key"]
    articles = load_folder(Settings().articles).articles
    texts = list(islice(questions(articles, seed=11), CUSTOMERS * (WARM + EACH)))
    return asyncio.run(_measured(product.port, key, texts))


async def _measured(port: int, key: str, texts: Sequence[str]) -> Sequence[Figure]:
    lines = [Line(*await asyncio.open_connection("127.0.0.1", port), key) for _ in range(CUSTOMERS)]
    bare = await _rate(lines, 20, lambda line, _: line.ask("GET", "/health/live"))
    # What a running server has in its memory, as in `bench.turn`.
    early = iter(texts[CUSTOMERS * EACH :])
    await _rate(
        lines, WARM, lambda line, number: say(line, f"w{id(line)}", f"w{id(line)}-{number}", next(early))
    )
    took: list[float] = []
    answered: set[tuple[str, int]] = set()
    again: list[str] = []

    async def customer(name: int, line: Line) -> None:
        address = f"c{name}"
        for number in range(EACH):
            begun = time.perf_counter()
            client_id = f"{name}-{number}"
            turn = await say(line, address, client_id, texts[name * EACH + number])
            took.append(time.perf_counter() - begun)
            assert turn["intent"] != "failure", turn
            if turn["answer"]["kind"] == "escalate":  # from here on only a human answers there
                address = f"c{name}-{number}"
            answered.add((turn["conversation_id"], turn["seq"]))
            if turn["repeated"]:
                again.append(client_id)

    begun = time.perf_counter()
    await asyncio.gather(*(customer(name, line) for name, line in enumerate(lines)))
    wall = time.perf_counter() - begun
    lost = len(took) - len(answered) + len(again)
    return [
        Figure(f"turns/s over HTTP, {CUSTOMERS} customers", len(took) / wall, "1/s", at_least=150),
        *percentiles("turn over HTTP", took),
        Figure("lost or answered twice", lost, "", at_most=0),
        Figure("baseline: GET /health/live", bare, "1/s"),
        Figure("turns / baseline", len(took) / wall / bare, "x"),
    ]


async def say(line: Line, address: str, client_id: str, text: str) -> dict[str, Any]:
    """One turn through the partners' API."""
    body = json.dumps({"address": address, "client_id": client_id, "text": text}).encode()
    status, reply = await line.ask("POST", "/api/v1/messages", body)
    assert status == 200, reply
    found: dict[str, Any] = json.loads(reply)
    return found


async def _rate(lines: Sequence[Line], each: int, ask: Callable[[Line, int], Awaitable[object]]) -> float:
    begun = time.perf_counter()

    async def one(line: Line) -> None:
        for number in range(each):
            await ask(line, number)

    await asyncio.gather(*(one(line) for line in lines))
    return len(lines) * each / (time.perf_counter() - begun)
