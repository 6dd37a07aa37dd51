"""The hub: every event once and in order, whatever hints come; a slow reader is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import orjson
from starlette.websockets import WebSocket, WebSocketState

from bot.core.clock import now
from bot.core.types import Event
from bot.web.customer_view import visible
from bot.web.hub import Connection, Hub
from bot.web.metrics import Metrics
from bot.web.presence import Presence
from handoff.context import describe


class Log:
    """A conversation that grows."""

    def __init__(self) -> None:
        self.rows: list[Event] = []
        self.reads = 0

    def grow(self, kind: str = "message", **data: Any) -> None:
        self.rows.append(Event("c", len(self.rows) + 1, kind, {"author": "bot", "text": "", **data}, now()))

    async def events(self, conversation_id: str, after: int = 0, limit: int = 500) -> Sequence[Event]:
        self.reads += 1
        await asyncio.sleep(0)
        return self.rows[after : after + limit]


class Line:
    """The sending half of a socket; `open` is cleared while the peer does not read."""

    def __init__(self) -> None:
        self.application_state = WebSocketState.CONNECTED
        self.sent: list[dict[str, Any]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.closed: int | None = None

    async def send_text(self, text: str) -> None:
        await self.open.wait()
        self.sent.append(orjson.loads(text))

    async def close(self, code: int) -> None:
        self.closed = code

    @property
    def seqs(self) -> list[int]:
        return [event["seq"] for message in self.sent for event in message.get("events", ())]


def socket(hub: Hub, surface: str = "chat") -> tuple[Line, Connection]:
    line = Line()
    return line, Connection(cast("WebSocket", line), surface, hub.metrics)


def hub_of(log: Log) -> Hub:
    hub = Hub(log, Metrics())
    hub.render = {"chat": visible, "desk": lambda event: {"seq": event.seq, "kind": event.kind}}
    return hub


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_every_event_once_and_in_order() -> None:
    log = Log()
    hub = hub_of(log)
    log.grow()
    line, connection = socket(hub)
    hub.watch(connection, "c", 0)
    for _ in range(30):
        log.grow()
        hub.hint("c")
        hub.hint("c")
        await asyncio.sleep(0)
    await settled()
    assert line.seqs == list(range(1, 32))


async def test_one_read_serves_all_sockets_and_hides_what_each_may_not_see() -> None:
    log = Log()
    hub = hub_of(log)
    lines = [socket(hub), socket(hub), socket(hub, "desk")]
    for _, connection in lines:
        hub.watch(connection, "c", 0)
    await settled()
    before = log.reads
    log.grow()
    log.grow("note")
    log.grow("turn")
    hub.hint("c")
    await settled()
    assert log.reads == before + 1
    assert [line.seqs for line, _ in lines] == [[1], [1], [1, 2, 3]]


async def test_a_slow_reader_is_dropped_and_the_others_are_served() -> None:
    log = Log()
    hub = hub_of(log)
    slow, stuck = socket(hub)
    fast, reader = socket(hub)
    slow.open.clear()
    for connection in (stuck, reader):
        hub.watch(connection, "c", 0)
    for _ in range(400):
        log.grow()
        hub.hint("c")
        await settled()
    assert fast.seqs == list(range(1, 401))
    assert slow.closed == 1013


async def test_nothing_is_kept_of_those_who_left() -> None:
    hub = hub_of(Log())
    _, connection = socket(hub)
    hub.watch(connection, "c", 0)
    hub.forget(connection)
    await settled()
    assert hub.watched() == ()


async def test_typing_goes_to_the_other_side() -> None:
    hub = hub_of(Log())
    customer, chat = socket(hub)
    operator, desk = socket(hub, "desk")
    for connection in (chat, desk):
        hub.watch(connection, "c", 0)
    for author in ("customer", "operator", "bot"):
        hub.typing(f"c:{author}")
    await settled()
    assert [message["author"] for message in customer.sent] == ["operator", "bot"]
    assert [message["author"] for message in operator.sent] == ["customer"]


class Said:
    """The publishing half of a bus."""

    def __init__(self) -> None:
        self.hints: list[str] = []

    async def publish(self, topic: str, key: str) -> None:
        self.hints.append(key)


async def test_presence_over_processes() -> None:
    moment = 0.0
    here, there = (Presence(cast("Any", Said()), lambda: moment) for _ in range(2))
    await here.enter("olga")
    await here.enter("olga")
    await there.enter("ivan")
    there_says = cast("Said", there._bus).hints[-1]
    here.heard(there_says)
    here.heard("nonsense")
    assert here.online() == 2
    await here.leave("olga")
    assert here.online() == 2
    await here.leave("olga")
    assert here.online() == 1
    moment = 100.0  # the other process has not been heard of for a minute
    assert here.online() == 0


def test_context_tells_what_happened_before() -> None:
    log = Log()
    log.grow(author="customer", text="Потеряла карту")
    log.grow(
        "turn", intent="card_lost", parts=[{"hits": [{"article_id": "card-block", "title": "Блокировка"}]}]
    )
    log.grow(
        answer="answer",
        sources=[{"article_id": "card-block", "title": "Блокировка", "url": "/help/card-block"}],
    )
    log.grow(author="customer", text="Не помогло")
    log.grow(answer="unknown", sources=[])
    context = describe(log.rows, "asked_for_person")
    assert context.reason == "asked_for_person"
    assert context.intents == ("card_lost",)
    assert [(one.article_id, one.shown) for one in context.articles] == [("card-block", True)]
    assert context.summary == ("Потеряла карту", "Не помогло")
    assert (context.customer_messages, context.unknown_answers) == (2, 1)
