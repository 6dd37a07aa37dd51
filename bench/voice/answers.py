"""How soon a spoken question is answered, of what that time is made, and how often the answer is right."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx

from bench.figures import Figure, percentiles
from bench.voice.exchange import Exchange
from bench.voice.questions import Question, questions
from bench.voice.served import Served, gateway, load

QUESTIONS, QUICK = 100, 8
AT_ONCE = 4  # calls; each is measured as if it were alone: two cores have room for them
STAGES = ("endpoint", "recognise", "think", "voice", "answer")
GREETED_S, ANSWERED_S = 20.0, 10.0
_WORDS = re.compile(r"[\w-]+")
HEARD_S = 1.0  # of the answer, before the caller hangs up


@dataclass(frozen=True, slots=True)
class Asked:
    """`took` from the question's last sample to the answer's first sound at the ear; None: no answer came."""

    question: Question
    number: str
    took: float | None


def run(folder: Path, *, quick: bool = False) -> Sequence[Figure]:
    """Every question is a call of its own."""
    wanted = questions(QUICK if quick else QUESTIONS)
    with gateway(folder / "answers") as product:
        before = load()
        asked = asyncio.run(_ask(product, wanted))
        written = asyncio.run(_write(product, wanted))
        return [
            Figure("load average before", before, ""),
            Figure("load average after", load(), ""),
            *_times(product, asked),
            *_right(product, asked, written),
        ]


async def _ask(product: Served, wanted: list[Question]) -> list[Asked]:
    exchange = Exchange(product.port)
    waiting = list(enumerate(wanted))
    asked: list[Asked] = []

    async def calls() -> None:
        while waiting:
            number, question = waiting.pop()
            asked.append(await _call(exchange, question, f"7900{number:07}"))

    async with exchange.ticking():
        await asyncio.gather(*(calls() for _ in range(AT_ONCE)))
    return asked


async def _call(exchange: Exchange, question: Question, number: str) -> Asked:
    async with exchange.call(number) as line:
        await line.answered(GREETED_S)
        await line.quiet(GREETED_S)
        ended = await line.say(question.pcm)
        sounds = await line.answered(ANSWERED_S)
        await asyncio.sleep(HEARD_S)
    return Asked(question, number, None if sounds is None else sounds - ended)


async def _write(product: Served, wanted: list[Question]) -> dict[str, str]:
    """The same questions as texts of a chat, for what understanding alone makes of them; by article."""
    conversations = {}
    async with httpx.AsyncClient(base_url=product.url, timeout=30) as http:
        for question in wanted:
            session = await http.post("/api/chat/sessions", json={"locale": "ru", "consent": True})
            token = session.json()["token"]
            sent = await http.post(
                "/api/chat/messages",
                json={"client_id": uuid4().hex, "text": question.text},
                headers={"Authorization": f"Bearer {token}"},
            )
            sent.raise_for_status()
            conversations[question.article] = str(sent.json()["conversation_id"])
    return conversations


def _times(product: Served, asked: list[Asked]) -> Iterator[Figure]:
    took = [one.took for one in asked if one.took is not None]
    yield from percentiles(f"{len(took)} answers: first sound", took, {"p50": 700, "p95": 1200})
    stages = _of_answers(product.stages())
    for stage, seconds in stages.items():
        yield from percentiles(f"  {stage}", seconds)
    mean = {stage: sum(seconds) / len(seconds) for stage, seconds in stages.items()}
    yield Figure("mean: waiting for the turn's end", 1000 * mean["endpoint"], "ms")
    yield Figure("mean: the engines", 1000 * (mean["recognise"] + mean["voice"]), "ms")
    others = mean["endpoint"] + mean["recognise"] + mean["voice"]
    yield Figure("mean: our own code", 1000 * (sum(took) / len(took) - others), "ms", at_most=50)
    yield Figure("questions without an answer", len(asked) - len(took), "", at_most=0)


def _of_answers(observed: list[tuple[str, float]]) -> dict[str, list[float]]:
    """By stage; of the sentences spoken only those that answer somebody: their `voice` precedes `answer`."""
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    voice = 0.0
    for stage, seconds in observed:
        if stage == "voice":
            voice = seconds
        elif stage in stages:
            stages[stage].append(seconds)
            if stage == "answer":
                stages["voice"].append(voice)
    return stages


def _right(product: Served, asked: list[Asked], written: dict[str, str]) -> Iterator[Figure]:
    events = _Events(product.folder / "frontline.db")
    heard = [events.answer(events.conversation(f"+{one.number}")) for one in asked]
    texts = [events.answer(written[one.question.article]) for one in asked]
    wanted = [one.question for one in asked]
    exact = sum(one.text == question.text for one, question in zip(heard, wanted, strict=True))
    yield Figure("questions recognised word for word", _share(exact, wanted), "%")
    for name, found in (("by voice", heard), ("as text, for comparison", texts)):
        pairs = list(zip(found, wanted, strict=True))
        right = sum(question.article in one.articles for one, question in pairs)
        offered = sum(question.article in one.offered for one, question in pairs)
        yield Figure(f"right article {name}", _share(right, wanted), "%")
        yield Figure(f"right article among those asked back about {name}", _share(offered, wanted), "%")
        yield Figure(f"task success {name}", _share(right + offered, wanted), "%")


def _share(count: int, of: Sequence[object]) -> float:
    return 100 * count / len(of)


@dataclass(frozen=True, slots=True)
class Given:
    """`text` as it was understood; the answer names `articles`, or asks which of those `offered`
    by its buttons is meant."""

    text: str = ""
    articles: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()


class _Events:
    def __init__(self, database: Path) -> None:
        self._database = sqlite3.connect(f"file:{database}?mode=ro", uri=True)

    def conversation(self, address: str) -> str:
        found = self._database.execute("SELECT id FROM conversations WHERE address = ?", [address])
        return str((found.fetchone() or [""])[0])

    def answer(self, conversation: str) -> Given:
        """The first question of a conversation and its answer."""
        query = "SELECT data FROM events WHERE conversation_id = ? AND kind = 'message' ORDER BY seq"
        messages = [json.loads(data) for (data,) in self._database.execute(query, [conversation])]
        texts = [one["text"] for one in messages if one["author"] == "customer"]
        answers = [one for one in messages if one["author"] == "bot"]
        if not texts or not answers:
            return Given(*texts[:1])
        articles = tuple(source["article_id"] for source in answers[0]["sources"])
        buttons = " ".join(reply["payload"] for reply in answers[0]["quick_replies"])
        return Given(texts[0], articles, tuple(_WORDS.findall(buttons)) if not articles else ())
