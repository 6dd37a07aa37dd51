"""How many turns a second the store takes: receive and commit by many customers at once.

The ratio compares with plain `sqlite3` doing the same statements, one transaction after the other,
in the same run. `--url` measures another database (the ratio is left out then).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from pathlib import Path

from bot.core.types import Inbound, NewEvent
from bot.store.engine import Store
from bot.store.records import Outcome

TEXT = "Потеряла карту, как её заблокировать и заказать новую? " * 3
STATE = {"topic": "cards", "last": ["card-block", "card-reissue"], "asked": None}
REPLY = {"author": "bot", "text": TEXT * 3, "html": TEXT * 3, "sources": [{"article_id": "card-block"}]}
DESK = {"in_reply_to": 1, "intent": "card_lost", "parts": [{"text": TEXT, "hits": [{"p": 0.9}] * 3}]}
LATENCIES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


async def customer(store: Store, name: int, turns: int, took: list[float]) -> None:
    """One customer who waits for each answer before he writes again."""
    for number in range(turns):
        begun = time.perf_counter()
        receipt = await store.conversations.receive(Inbound("web_chat", f"a{name}", f"{name}-{number}", TEXT))
        outcome = Outcome(
            events=(NewEvent("message", REPLY), NewEvent("turn", DESK)), state=STATE, answers_seq=receipt.seq
        )
        await store.conversations.commit(receipt.conversation.id, receipt.conversation.version, outcome)
        took.append(time.perf_counter() - begun)


async def measure(url: str, customers: int, turns: int) -> dict[str, float]:
    """Turns per second, CPU per turn, and latencies in milliseconds."""
    store = await Store.open(url)
    await asyncio.gather(*(customer(store, -1 - name, 1, []) for name in range(customers)))  # compiled once
    took: list[float] = []
    begun, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(customer(store, name, turns // customers, took) for name in range(customers)))
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    await store.close()
    took.sort()
    figures = {f"{name}_ms": 1000 * took[int(len(took) * share)] for name, share in LATENCIES.items()}
    return {"turns_per_s": len(took) / wall, "cpu_ms_per_turn": 1000 * cpu / len(took), **figures}


async def schema(url: str) -> None:
    """An empty database of the present schema."""
    await (await Store.open(url)).close()


def measure_plain(file: Path, customers: int, turns: int) -> float:
    """Turns per second of the same statements through the standard library, without any of our code."""
    base = sqlite3.connect(file, isolation_level=None)
    base.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")
    at, state, reply, desk = (
        "2026-03-02 09:00:00.000000",
        json.dumps(STATE),
        json.dumps(REPLY),
        json.dumps(DESK),
    )
    said = json.dumps({"author": "customer", "text": TEXT})
    for name in range(customers):
        base.execute("INSERT INTO customers VALUES (?, NULL, ?)", (str(name), at))
        base.execute(
            "INSERT INTO conversations VALUES (?, 'web_chat', ?, ?, 'ru', 'open', 'bot', 0, 0, '{}', ?, ?)",
            (str(name), f"a{name}", str(name), at, at),
        )
    begun = time.perf_counter()
    for number in range(turns // customers):
        for name in range(customers):
            base.execute("BEGIN IMMEDIATE")
            row = base.execute(
                "UPDATE conversations SET last_seq = last_seq + 1, updated_at = ? WHERE channel = 'web_chat' "
                "AND address = ? AND status = 'open' AND NOT EXISTS (SELECT 1 FROM inbox "
                "WHERE channel = 'web_chat' AND client_id = ?) RETURNING *",
                (at, f"a{name}", f"{name}-{number}"),
            ).fetchall()[0]
            base.execute(
                "INSERT INTO inbox VALUES ('web_chat', ?, ?, ?, 'ru', NULL, NULL, ?, NULL, NULL, NULL)",
                (f"{name}-{number}", row[0], row[8], at),
            )
            base.execute("INSERT INTO events VALUES (?, ?, 'message', ?, ?)", (row[0], row[8], said, at))
            base.execute("COMMIT")
            base.execute("BEGIN IMMEDIATE")
            row = base.execute(
                "UPDATE conversations SET version = version + 1, last_seq = last_seq + 2, state = ?, "
                "updated_at = ? WHERE id = ? AND version = ? RETURNING *",
                (state, at, row[0], row[7]),
            ).fetchall()[0]
            base.execute(
                "UPDATE inbox SET answered_at = ?, reply_from = ?, reply_to = ? "
                "WHERE conversation_id = ? AND seq = ? AND reply_from IS NULL",
                (at, row[8] - 1, row[8], row[0], row[8] - 2),
            )
            base.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
                [(row[0], row[8] - 1, "message", reply, at), (row[0], row[8], "turn", desk, at)],
            )
            base.execute("COMMIT")
    wall = time.perf_counter() - begun
    base.close()
    return turns / wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3000)
    parser.add_argument("--customers", type=int, default=50)
    parser.add_argument("--url", help="another database than a new SQLite file")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.url or f"sqlite+aiosqlite:///{folder}/store.db"
        figures = asyncio.run(measure(url, options.customers, options.turns))
        if options.url is None:
            plain = Path(folder) / "plain.db"
            asyncio.run(schema(f"sqlite+aiosqlite:///{plain}"))
            figures["plain_sqlite3_turns_per_s"] = measure_plain(plain, options.customers, options.turns)
            figures["ratio_to_plain"] = figures["turns_per_s"] / figures["plain_sqlite3_turns_per_s"]
    for name, value in figures.items():
        print(f"{name:28} {value:10.2f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
