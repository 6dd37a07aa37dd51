"""The built-in engine alone in a process: `python -m bench.alone PROJECT CONVERSATIONS` prints its figures.

`ready_s` is from nothing, with what is learnt; `turns_s` and `parses_s` are the seconds of each.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROUNDS = 10


def main(project: str, conversations: str) -> None:
    """As an engine of any Rasa 3 project. A state goes through JSON, as it does in a database."""
    begun = time.perf_counter()
    from bot.engine.agent import Agent
    from bot.engine.parsing import ProjectParser
    from bot.nlu.encoders import open_encoder
    from bot.nlu.query import QueryBuilder
    from bot.project.loading import load
    from bot.settings import Settings

    read = QueryBuilder(open_encoder(Settings().retrieval))
    loaded = load(Path(project))
    began_learning = time.perf_counter()
    parser = ProjectParser.learn(loaded, read)
    agent = Agent.train(loaded, parser)
    learnt = time.perf_counter()
    said: list[list[str]] = yaml.safe_load(Path(conversations).read_text("utf-8"))
    asyncio.run(_play(agent, said[:1]))
    turns = asyncio.run(_play(agent, said * ROUNDS))
    figures = {
        "ready_s": learnt - begun,
        "train_s": learnt - began_learning,
        "turns_s": turns,
        "parses_s": list(_parses(parser, [text for each in said for text in each])),
        "memory_mb": _memory(),
    }
    print(json.dumps(figures))


async def _play(agent: Any, said: list[list[str]]) -> list[float]:
    took = []
    for number, texts in enumerate(said):
        state = None
        for text in texts:
            begun = time.perf_counter()
            handled = await agent.handle(state, text, f"customer-{number}", at=time.time())
            state = json.loads(json.dumps(handled.state))
            took.append(time.perf_counter() - begun)
    return took


def _parses(parser: Any, texts: list[str]) -> Iterator[float]:
    for text in texts:
        begun = time.perf_counter()
        parser.parse(text)
        yield time.perf_counter() - begun


def _memory() -> float:
    from bench.product import resident

    return resident("self")


if __name__ == "__main__":
    main(*sys.argv[1:])
