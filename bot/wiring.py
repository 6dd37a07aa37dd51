"""Builds the house from the settings, starts what runs beside the requests, and ends it in order.

The process answers `/health/live` while encoder and index are still loading; messages wait for
them for a while, and readiness says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from bot.backoffice.opening import open_backoffice
from bot.bus import open_bus
from bot.channels.chat_sockets import ChatSockets
from bot.channels.rest import RestDelivery
from bot.core import clock
from bot.core.errors import FrontlineError
from bot.core.types import Role
from bot.dialog.delivery import DeliveryWorker
from bot.dialog.loading import builtin, load_thinker
from bot.dialog.phrases import Phrases
from bot.dialog.turns import Turns
from bot.engine.events import Event as ActionEvent
from bot.engine.responses import Message
from bot.engine.tracker import Tracker
from bot.nlu.encoders import open_encoder
from bot.nlu.project import Project
from bot.nlu.query import QueryBuilder
from bot.project.loading import load
from bot.project.model import Project as Loaded
from bot.rasa.opening import Opened, open_rasa
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.records import NewArticle
from bot.web import library as knowledge
from bot.web import presence
from bot.web import skills as colleagues
from bot.web.house import House
from bot.web.hub import Hub
from bot.web.library import Library
from bot.web.limits import RateLimits
from bot.web.logs import logger
from bot.web.metrics import Metrics
from bot.web.passwords import Passwords
from bot.web.presence import Presence
from bot.web.skills import Skills
from handoff.desk_sockets import DeskSockets
from knowledge_base.articles import load_folder
from knowledge_base.indexing import KnowledgeIndex

if TYPE_CHECKING:
    from voice.gateway import Gateway

log = logger("frontline.wiring")
_DRAIN = 15.0  # seconds that accepted messages may still take when we stop
_RECOVERY = timedelta(minutes=1)  # after this an unanswered message is not in flight any more
_AGAIN = 1.0  # seconds between attempts to recover while the database is away
_SWEEP = 60.0  # seconds in which every watched conversation is looked at once, hint or not


@dataclass(slots=True)
class Running:
    """The house with what only its start and its end need."""

    house: House
    chats: ChatSockets
    desk: DeskSockets
    client: httpx.AsyncClient
    voice: Gateway | None = None


async def open_house(settings: Settings, metrics: Metrics) -> Running:
    """Opens database and bus and starts everything; raises `FrontlineError` when they cannot be had."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    phrases = Phrases.load()
    store = await Store.open(settings.database)
    bus = open_bus(settings.redis_url)
    hub = Hub(store.conversations, metrics)
    kept = AsyncExitStack()
    backoffice = await kept.enter_async_context(open_backoffice(settings))
    chats = ChatSockets(store, hub)
    desk = DeskSockets(store, hub, phrases, chats.queue_changed)
    house = House(
        settings=settings,
        store=store,
        bus=bus,
        phrases=phrases,
        library=Library(store, bus),
        hub=hub,
        presence=Presence(bus),
        limits=RateLimits(settings.redis_url),
        metrics=metrics,
        passwords=Passwords(),
        desk=desk,
        skills=Skills(store, bus),
        backoffice=backoffice,
        kept=kept,
    )
    if settings.engine.name == "rasa":
        house.rasa = await _open_rasa(house)
    client = httpx.AsyncClient(timeout=10.0, follow_redirects=False)
    house.invite_url = await first_administrator(store, settings)
    running = Running(house, chats, desk, client)
    if settings.voice.carriers:
        from voice.gateway import Gateway

        house.voice = running.voice = Gateway(house)
    _start(running)
    return running


async def close_house(running: Running) -> None:
    """Ends what runs, after the turns in flight are answered; their sockets are closed by then."""
    house = running.house
    if running.voice is not None:
        await running.voice.stop()
    if house.answering:
        _, late = await asyncio.wait(tuple(house.answering), timeout=_DRAIN)
        if late:  # accepted and stored: the next start answers them
            log.warning("turns_left_for_the_next_start", count=len(late))
    if house.dialog is not None:
        await house.dialog.close()
    for task in (*house.running, *house.answering):
        task.cancel()
    await asyncio.gather(*house.running, *house.answering, return_exceptions=True)
    await running.client.aclose()
    await house.kept.aclose()
    await house.limits.close()
    await house.bus.close()
    await house.store.close()


async def first_administrator(store: Store, settings: Settings) -> str | None:
    """The address of a one-time invitation when nobody can administrate yet."""
    team = await store.operators.list()
    if any(operator.role is Role.ADMINISTRATOR and operator.active for operator in team):
        return None
    return await invitation(store, settings, Role.ADMINISTRATOR, "", "start")


async def invitation(store: Store, settings: Settings, role: Role, name: str, author: str) -> str:
    """The address of a new one-time invitation."""
    token = await store.operators.invite(role, name, author)
    return f"{settings.base_url}/invite/{token}"


async def fill_empty_base(
    store: Store, settings: Settings, on_progress: Callable[[int, int], None] | None = None
) -> None:
    """Loads the folder `articles` into a database that never had any; broken files are reported."""
    if await store.articles.revision() or not settings.articles.is_dir():
        return
    loaded = await asyncio.to_thread(load_folder, settings.articles, on_progress=on_progress)
    for problem in loaded.problems:
        log.warning("article_left_out", problem=problem.message)
    new = [NewArticle(article.id, article.title, article.source) for article in loaded.articles]
    if new:
        done = await store.articles.import_many(new, "start")
        log.info("articles_loaded", added=done.added, problems=len(loaded.problems))


def _start(running: Running) -> None:
    house = running.house
    house.run(_until_done(_open_dialog, house), "open_dialog")
    house.run(_forever(_listen, running), "listen")
    if running.voice is not None:
        house.run(_open_voice(house, running.voice), "voice")
    house.run(house.presence.repeat(), "presence")
    house.run(house.skills.watch(), "skills")
    house.run(running.desk.check_sessions(), "sessions")
    house.run(_sweep(house.hub), "sweep")
    worker = DeliveryWorker(
        house.store,
        house.bus,
        [RestDelivery(house.store, running.client)],
        observe=lambda channel, outcome: house.metrics.deliveries.labels(channel, outcome).inc(),
    )
    house.run(worker.run(), "deliveries")


async def _open_dialog(house: House) -> None:
    """Models, index, then the messages that the last process left unanswered."""
    settings = house.settings
    encoder = await asyncio.to_thread(open_encoder, settings.retrieval)
    project = await asyncio.to_thread(load, settings.nlu_data)
    negatives = Project.of(project).negatives()
    index = KnowledgeIndex(encoder, settings.index_dir, negatives=negatives)
    await fill_empty_base(house.store, settings)
    await house.library.open(index)
    turns = await asyncio.to_thread(_turns, house, project, index, QueryBuilder(encoder))
    house.open_dialog(turns)
    log.info("ready", seconds=round((clock.now() - house.started).total_seconds(), 1))
    house.run(house.library.watch(), "library")
    house.run(_recover(house, turns), "recover")
    house.run(turns.prepare(), "prepare")


async def _open_voice(house: House, gateway: Gateway) -> None:
    """After the dialog, which every call needs; what is wrong is said by `voice.problem`, chats go on."""
    await house.opened.wait()
    try:
        await gateway.start()
    except FrontlineError as error:
        log.error("voice_not_ready", code=error.code, problem=error.message)
    except Exception:  # a defect of the telephone is none of the chats
        log.exception("voice_not_ready", code=gateway.problem)


def _turns(house: House, project: Loaded, index: KnowledgeIndex, query: QueryBuilder) -> Turns:
    """Learns what the articles' example questions teach; seconds the first time, then from the cache."""
    questions = [question for article in index.current.articles.values() for question in article.questions]
    settings = house.settings
    thinker = load_thinker(
        settings,
        project,
        index,
        query,
        engine=builtin(project) if house.rasa is None else house.rasa.engine,
        questions=questions,
        backoffice=house.backoffice,
        skills=lambda: house.skills.codes,
    )
    return Turns(house.store, thinker, house.bus, observe=house.metrics.turn)


async def _open_rasa(house: House) -> Opened:
    """The Rasa server, ours or another's, with the built-in engine in reserve."""
    project = await asyncio.to_thread(load, house.settings.nlu_data)
    elsewhere = _Elsewhere(house) if house.settings.engine.rasa_url else None
    opened = await open_rasa(
        house.settings,
        project,
        await asyncio.to_thread(builtin, project),
        observe=house.metrics.engine,
        actions=elsewhere,
    )
    house.kept.push_async_callback(opened.close)
    return opened


class _Elsewhere:
    """The actions of a turn that another process of ours began; a cluster of Rasa calls any of us."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def run(self, name: str, tracker: Tracker) -> Sequence[ActionEvent | Message]:
        return await (await self._house.turns()).act(name, tracker)


async def _recover(house: House, turns: Turns) -> None:
    """Answers what was accepted and left unanswered: by the last process, by others, or by a failure.

    Messages in flight are left alone, except after a failure: which one failed is not known, and a
    message that is answered twice at once still gets one answer.
    """
    before: datetime | None = house.started
    while True:
        house.owed.clear()
        try:
            await turns.recover(before=before)
        except FrontlineError as error:
            log.warning("recovery_failed", code=error.code)
            house.owed.set()
        if house.owed.is_set():
            await asyncio.sleep(_AGAIN)
        with suppress(TimeoutError):
            await asyncio.wait_for(house.owed.wait(), _RECOVERY.total_seconds())
        before = None if house.owed.is_set() else clock.now() - _RECOVERY


async def _until_done(work: Callable[[House], Coroutine[Any, Any, None]], house: House) -> None:
    """Tries again every second: the database or an encoder service may come later than we do."""
    while True:
        try:
            await work(house)
        except FrontlineError as error:
            house.library.failure = error.code
            log.warning("not_ready_yet", code=error.code, problem=error.message)
            await asyncio.sleep(1)
        else:
            return


async def _forever(work: Callable[[Running], Coroutine[Any, Any, None]], running: Running) -> None:
    """A bus that fails is listened to again; what was missed is looked up."""
    while True:
        try:
            await work(running)
        except Exception:  # each bus has errors of its own; none of them may end the listening
            log.exception("bus_lost")
        await asyncio.sleep(1)
        running.house.hub.poll()
        running.desk.queue_hinted()
        running.house.library.hinted()
        running.house.skills.hinted()


async def _listen(running: Running) -> None:
    """One subscription for the whole process."""
    house = running.house
    async for topic, key in house.bus.subscribe(
        "conversation", "queue", "typing", knowledge.TOPIC, presence.TOPIC, colleagues.TOPIC
    ):
        if topic == "conversation":
            house.hub.hint(key)
            running.desk.conversation_hinted(key)
            with suppress(FrontlineError):  # the database is away: the sweep or a reconnect catches up
                await running.chats.hinted(key)
        elif topic == "queue":
            running.desk.queue_hinted()
        elif topic == "typing":
            house.hub.typing(key)
        elif topic == knowledge.TOPIC:
            house.library.hinted()
        elif topic == presence.TOPIC:
            house.presence.heard(key)
        elif topic == colleagues.TOPIC:
            house.skills.hinted()


async def _sweep(hub: Hub) -> None:
    """The net below lost hints, spread over time so that many sockets are no burst."""
    while True:
        watched = hub.watched()
        for conversation_id in watched:
            hub.hint(conversation_id)
            await asyncio.sleep(_SWEEP / len(watched))
        if not watched:
            await asyncio.sleep(_SWEEP)
