"""What the store does when disk, database or process fail: clear errors, nothing lost, by itself again."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from held_clock import HeldClock
from services import Postgres, free_port
from sqlalchemy import Connection, text

from bot.core.errors import FrontlineError, StorageUnavailable
from bot.core.types import Inbound, NewEvent, Owner, Role
from bot.store.engine import Store
from bot.store.migrations import configuration, newest
from bot.store.records import NewHandoff, Outcome
from bot.store.sqlite import SqliteDatabase
from bot.store.tables import metadata

ROOT = Path(__file__).resolve().parents[2]

# Receives and answers for ever; prints each step once it is durable.
WORKER = """
import asyncio, sys
from bot.core.types import Inbound, NewEvent
from bot.store.engine import Store
from bot.store.records import Outcome

async def customer(store, name):
    for number in range(100000):
        key = f"{name}-{number}"
        receipt = await store.conversations.receive(Inbound("web_chat", f"a{name}", key, key))
        print("received", key, flush=True)
        conversation = await store.conversations.get(receipt.conversation.id)
        event = NewEvent("message", {"author": "bot", "text": key})
        await store.conversations.commit(
            conversation.id, conversation.version, Outcome(events=(event,), answers_seq=receipt.seq))
        print("answered", key, flush=True)

async def main():
    store = await Store.open(sys.argv[1])
    await asyncio.gather(*(customer(store, name) for name in range(8)))

asyncio.run(main())
"""


def inbound(client_id: str) -> Inbound:
    return Inbound("web_chat", "a", client_id, "текст")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'store.db'}"


async def test_killed_process_loses_nothing(database_url: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, database_url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = [process.stdout.readline().split() for _ in range(300)]
    process.kill()
    lines += [line.split() for line in process.stdout.read().splitlines() if line.count("-") == 1]
    process.wait()
    process.stdout.close()
    received = {key for step, key in lines if step == "received"}
    answered = {key for step, key in lines if step == "answered"}
    store = await Store.open(database_url)
    owed = {receipt.inbound.client_id for receipt in await store.conversations.unanswered()}
    assert not owed & answered
    for receipt in await store.conversations.unanswered():
        conversation = await store.conversations.get(receipt.conversation.id)
        event = NewEvent("message", {"author": "bot", "text": receipt.inbound.client_id})
        outcome = Outcome(events=(event,), answers_seq=receipt.seq)
        await store.conversations.commit(conversation.id, conversation.version, outcome)
    said: dict[str, list[str]] = {"customer": [], "bot": []}
    for item in (await store.conversations.search()).items:
        events = await store.conversations.events(item.conversation.id, limit=10_000)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        for event in events:
            said[event.data["author"]].append(event.data["text"])
    assert received <= set(said["customer"])
    assert sorted(said["bot"]) == sorted(said["customer"])
    assert len(set(said["bot"])) == len(said["bot"])
    await store.close()


async def test_database_away_and_back(postgres: Postgres, postgres_url: str) -> None:
    store = await Store.open(postgres_url)
    first = await store.conversations.receive(inbound("1"))
    postgres.stop()
    try:
        for step in (store.ping(), store.conversations.receive(inbound("2")), store.articles.revision()):
            with pytest.raises(StorageUnavailable) as raised:
                await step
            assert (raised.value.status, raised.value.retryable) == (503, True)
    finally:
        postgres.start()
    await store.ping()
    assert (await store.conversations.receive(inbound("1"))).seq == first.seq
    assert (await store.conversations.receive(inbound("2"))).seq == 2
    await store.close()


async def test_unreachable_database() -> None:
    with pytest.raises(StorageUnavailable):
        await Store.open(f"postgresql+asyncpg://frontline@127.0.0.1:{free_port()}/x")


async def test_unknown_postgres_database(postgres: Postgres) -> None:
    with pytest.raises(StorageUnavailable) as raised:
        await Store.open(postgres.url("nothing_here"))
    assert "nothing_here" in raised.value.message


def pragma(store: Store, statement: str) -> None:
    """Sets the condition on the very connection that writes."""
    assert isinstance(store._database, SqliteDatabase)
    with store._database._writer.connect() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("fault", "cure", "words"),
    [
        ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000", "full"),
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF", "readonly"),
    ],
)
async def test_disk_full_and_read_only(sqlite_url: str, fault: str, cure: str, words: str) -> None:
    store = await Store.open(sqlite_url)
    await store.conversations.receive(inbound("0"))
    pragma(store, fault)
    results = await asyncio.gather(
        *(
            store.conversations.receive(Inbound("web_chat", f"b{number}", str(number), "x" * 9000))
            for number in range(1, 20)
        ),
        return_exceptions=True,
    )
    failed = [result for result in results if isinstance(result, BaseException)]
    assert failed
    assert all(isinstance(error, StorageUnavailable) and words in error.message for error in failed)
    assert (await store.conversations.search()).total == 1 + len(results) - len(failed)
    pragma(store, cure)
    await asyncio.gather(
        *(
            store.conversations.receive(Inbound("web_chat", f"b{number}", str(number), "x" * 9000))
            for number in range(1, 20)
        )
    )
    assert (await store.conversations.search()).total == 20
    await store.close()


async def test_sqlite_in_an_impossible_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable):
        await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'file' / 'store.db'}")


async def test_another_process_writes_at_the_same_time(sqlite_url: str, tmp_path: Path) -> None:
    store = await Store.open(sqlite_url)
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(store.conversations.receive(inbound("1")))
    assert (await store.conversations.search()).total == 0  # readers do not wait
    assert not waiting.done()
    other.execute("ROLLBACK")
    other.close()
    assert (await waiting).seq == 1
    await store.close()


async def test_a_cancelled_caller_disturbs_nobody(store: Store) -> None:
    tasks = [asyncio.create_task(store.conversations.receive(inbound(str(number)))) for number in range(10)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    again = [await store.conversations.receive(inbound(str(number))) for number in range(10)]
    assert sorted(receipt.seq for receipt in again) == list(range(1, 11))


async def test_closed_store_refuses(database_url: str) -> None:
    store = await Store.open(database_url)
    await store.close()
    await store.close()
    for step in (store.ping(), store.conversations.receive(inbound("1"))):
        with pytest.raises(StorageUnavailable):
            await step


async def test_migrations_make_the_tables(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def work(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await store._database.read(work) == []


def test_the_newest_migration_is_the_last_of_the_chain() -> None:
    from alembic.script import ScriptDirectory

    assert ScriptDirectory.from_config(configuration()).get_heads() == [newest()]


async def test_opening_again_and_by_several_at_once(database_url: str, clock: HeldClock) -> None:
    stores = await asyncio.gather(*(Store.open(database_url, clock=clock) for _ in range(3)))
    await stores[0].conversations.receive(inbound("1"))
    assert (await stores[1].conversations.receive(inbound("1"))).repeated
    receipts = await asyncio.gather(
        *(store.conversations.receive(inbound(f"{number}")) for number in range(9) for store in stores)
    )
    assert sorted({receipt.seq for receipt in receipts}) == list(range(1, 10))
    outcome = Outcome(events=(NewEvent("message", {"author": "bot", "text": "x"}),), answers_seq=1)
    commits = await asyncio.gather(
        *(store.conversations.commit(receipts[0].conversation.id, 0, outcome) for store in stores),
        return_exceptions=True,
    )
    assert sum(isinstance(commit, tuple) for commit in commits) == 1
    for store in stores:
        await store.close()


async def test_newer_database_is_refused(database_url: str) -> None:
    store = await Store.open(database_url)

    def work(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))

    await store._database.write(work)
    await store.close()
    with pytest.raises(FrontlineError) as raised:
        await Store.open(database_url)
    assert raised.value.code == "database_newer"


async def test_waiting_conversations_come_to_the_queue(database_url: str) -> None:
    """A database from before the queue was an owner: who waits is in it, who is served is not."""
    store = await Store.open(database_url)
    anna = await store.operators.create("anna", "Anna", Role.OPERATOR, "hash")
    for name in ("alone", "waits", "served", "returned"):
        receipt = await store.conversations.receive(Inbound("web_chat", name, name, "?"))
        if name != "alone":
            call = Outcome(handoff=NewHandoff("asked", 1))
            [event] = await store.conversations.commit(receipt.conversation.id, 0, call)
        if name in {"served", "returned"}:
            await store.handoffs.claim(event.data["handoff_id"], anna.id)
        if name == "returned":
            await store.handoffs.give_back(event.data["handoff_id"], anna.id)

    def before(connection: Connection) -> None:
        connection.execute(text("UPDATE conversations SET owner = 'operator' WHERE owner = 'queue'"))
        for later in (
            "chat_sessions DROP COLUMN customer_ref",
            "chat_sessions DROP COLUMN verified_until",
            "operators DROP COLUMN skills",
        ):
            connection.execute(text(f"ALTER TABLE {later}"))
        for table in ("outbound_attempts", "outbound_calls", "outbound_refusals"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))

    await store._database.write(before)
    await store.close()
    store = await Store.open(database_url)
    owners = {
        item.conversation.address: item.conversation.owner
        for item in (await store.conversations.search()).items
    }
    assert owners == {
        "alone": Owner.BOT,
        "waits": Owner.QUEUE,
        "served": Owner.OPERATOR,
        "returned": Owner.BOT,
    }
    await store.close()


def test_every_migration_follows_the_one_before() -> None:
    from alembic.script import ScriptDirectory

    assert len(ScriptDirectory.from_config(configuration()).get_heads()) == 1
