"""How often what a caller says fills the slot that a task asks for, beside the same words in the chat.

Each scene is a call: a task is asked for by voice, its questions are answered by voice. The words are known
to the shipped recogniser; numbers are dictated in groups, with the pauses that espeak-ng makes at a comma.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bench.figures import Figure
from bench.voice.exchange import Exchange
from bench.voice.served import Served, gateway, load
from tests.voice_set import speech
from voice.verbaliser.numerals import cardinal

OF_EACH, QUICK = 8, 2
AT_ONCE = 4
GREETED_S, ANSWERED_S = 20.0, 10.0
WRITTEN_S = 10.0  # until the bot has answered a message of the chat
CITIES = ("москва", "казань", "екатеринбург", "новосибирск")
DAYS = ("в понедельник", "во вторник", "в среду", "в пятницу")
SPEED, PITCH = 150, 50


@dataclass(frozen=True, slots=True)
class Scene:
    """What is said, one message after another, and the slots that it fills; None: as the same text does."""

    kind: str
    said: tuple[str, ...]
    slots: Mapping[str, str | None]


def run(folder: Path, *, quick: bool = False) -> Sequence[Figure]:
    played = list(scenes(QUICK if quick else OF_EACH))
    with gateway(folder / "slots") as product:
        addresses = asyncio.run(_call_all(product, played))
        kept = _Kept(product.folder / "frontline.db")
        written = [_write(product, scene, kept) for scene in played]
        spoken = [kept.slots(address) for address in addresses]
        typed = [kept.slots(conversation) for conversation in written]
    figures = [Figure("load average after", load(), "")]
    for kind in dict.fromkeys(scene.kind for scene in played):
        rows = [row for row in zip(played, spoken, typed, strict=True) if row[0].kind == kind]
        figures.append(
            Figure(f"{kind}: right by voice, of {len(rows)}", sum(_right(*row) for row in rows), "")
        )
        as_text = sum(_right(scene, there, there) for scene, _, there in rows)
        figures.append(Figure("  right by the same words as text", as_text, ""))
    return figures


def _right(scene: Scene, filled: Mapping[str, Any], typed: Mapping[str, Any]) -> bool:
    wanted = {slot: value or typed.get(slot) for slot, value in scene.slots.items()}
    return all(value and filled.get(slot) == value for slot, value in wanted.items())


def scenes(of_each: int, seed: int = 6) -> Iterator[Scene]:
    chance = random.Random(seed)
    for number in range(of_each):
        contract = [chance.randrange(20, 100) for _ in range(3)]
        yield Scene(
            "contract number",
            ("хочу узнать статус заявки", ", ".join(map(cardinal, contract))),
            {"contract_number": "".join(map(str, contract))},
        )
        city, day = CITIES[number % len(CITIES)], chance.choice(DAYS)
        yield Scene(
            "city and day of a visit",
            ("хочу записаться в офис", city, day),
            {"city": city.capitalize(), "visit_date": None},
        )
        groups = [900 + chance.randrange(100), chance.randrange(100, 1000), *chance.sample(range(20, 100), 2)]
        yield Scene(
            "telephone number",
            ("перезвоните мне", ", ".join(["восемь", *map(cardinal, groups)])),
            {"phone": "+7" + "".join(map(str, groups))},
        )


async def _call_all(product: Served, played: list[Scene]) -> list[str]:
    """The address of each caller; nobody shows a number, so that a task has to ask for it."""
    exchange, places = Exchange(product.port), asyncio.Semaphore(AT_ONCE)

    async def call(number: int, scene: Scene) -> str:
        async with places, exchange.call("") as line:
            await line.answered(GREETED_S)
            await line.quiet(GREETED_S)
            for text in scene.said:
                sound = speech.say(text, speech.VOICES[number % len(speech.VOICES)], SPEED, PITCH)
                await line.say(speech.telephone(sound))
                await line.answered(ANSWERED_S)
                await line.quiet(GREETED_S)
            return f"withheld-{line.id}"

    async with exchange.ticking():
        return await asyncio.gather(*(call(number, scene) for number, scene in enumerate(played)))


def _write(product: Served, scene: Scene, kept: _Kept) -> str:
    """The conversation."""
    conversation = ""
    with httpx.Client(base_url=product.url, timeout=30) as http:
        session = http.post("/api/chat/sessions", json={"locale": "ru", "consent": True})
        sender = {"Authorization": f"Bearer {session.json()['token']}"}
        for text in scene.said:
            message = {"client_id": uuid4().hex, "text": text.replace(",", "")}
            sent = http.post("/api/chat/messages", json=message, headers=sender)
            conversation = str(sent.raise_for_status().json()["conversation_id"])
            kept.await_answer(conversation, sent.json()["seq"])
    return conversation


class _Kept:
    def __init__(self, database: Path) -> None:
        self._database = sqlite3.connect(f"file:{database}?mode=ro", uri=True)

    def await_answer(self, conversation: str, seq: int) -> None:
        """Returns when the bot has spoken after this event; `TimeoutError` when it does not."""
        query = "SELECT data FROM events WHERE conversation_id = ? AND seq > ? AND kind = 'message'"
        until = time.monotonic() + WRITTEN_S
        while time.monotonic() < until:
            rows = self._database.execute(query, [conversation, seq])
            if any(json.loads(data)["author"] == "bot" for (data,) in rows):
                return
            time.sleep(0.05)
        raise TimeoutError(conversation)

    def slots(self, conversation: str) -> dict[str, Any]:
        """Of the conversation with this id, or of this address."""
        query = "SELECT state FROM conversations WHERE ? IN (id, address)"
        (state,) = self._database.execute(query, [conversation]).fetchone() or ("{}",)
        tracker = json.loads(state).get("engine", {"base": {}, "events": []})
        said = {each["name"]: each["value"] for each in tracker["events"] if each["event"] == "SlotSet"}
        return {**tracker["base"], **said}
