"""The product with Rasa playing the dialogue, beside the product without it, and with Rasa dead."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bot.project.loading import load
from bot.project.model import Variant
from bot.rasa.actions import PATH
from bot.settings import Engine
from tests.live.actors import Person, Server, example_articles, key_holder, launch
from tests.live.rasa.conftest import NLU_DATA
from tests.live.test_http_access import OWNERS, endpoints

pytestmark = [pytest.mark.live, pytest.mark.slow]

LIMIT = "какой лимит на переводы по СБП в день?"
ANOTHER_DAY = "Хочу перенести дату платежа по {}"
ORLOV = ("займу", "МП-204518", "+79000000012")
BELOVA = ("рассрочке", "РС-330417", "+79000000013")  # a few days before Orlov pays he may not move it


@dataclass
class Customer:
    """Somebody who writes to a partner. `answers`: what came back, in order."""

    server: Server
    key: httpx.Client
    address: str = field(default_factory=lambda: uuid4().hex)
    answers: list[dict[str, Any]] = field(default_factory=list)

    def say(self, text: str) -> str:
        body = {"address": self.address, "client_id": uuid4().hex, "text": text}
        reply = self.key.post("/api/v1/messages", json=body)
        assert reply.status_code == 200, reply.text
        turn = reply.json()
        [event] = turn["messages"]
        self.answers.append({**turn["answer"], "sources": event["data"].get("sources", [])})
        return str(turn["answer"]["text"])

    def code(self, phone: str) -> str:
        sent = httpx.get(f"{self.server.url}/demo/sms", params={"phone": phone}).json()[0]["text"]
        found = re.search(r"\d{4}", sent)
        assert found is not None, sent
        return found[0]


Arrives = Callable[[Server], Customer]


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    return example_articles(folder / "articles", "repay", "pos", "documents", "card")


@pytest.fixture(scope="module")
def plain(articles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = launch(tmp_path_factory.mktemp("plain"), articles)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def product(
    nlu_data: Path, rasa_venv: Path, data_dir: Path, articles: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """With a model that is trained already."""
    folder = tmp_path_factory.mktemp("product")
    (folder / "rasa").symlink_to(data_dir / "rasa")
    running = launch(folder, articles, nlu_data=nlu_data, engine=Engine(name="rasa", rasa_venv=rasa_venv))
    until_rasa_serves(running)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def keys() -> Iterator[dict[str, httpx.Client]]:
    """One per server: an administrator is invited once."""
    made: dict[str, httpx.Client] = {}
    yield made
    for key in made.values():
        key.close()


@pytest.fixture
def arrives(keys: dict[str, httpx.Client]) -> Arrives:
    def arrived(server: Server) -> Customer:
        if server.url not in keys:
            with closing(Person(server)) as administrator:
                keys[server.url] = key_holder(administrator.accept(server.invite, "admin", "Анна"))
        return Customer(server, keys[server.url])

    return arrived


def ready(server: Server) -> dict[str, str]:
    reply = httpx.get(f"{server.url}/health/ready")
    assert reply.status_code == 200, reply.text
    return dict(reply.json()["components"])


def until_rasa_serves(server: Server, seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while ready(server)["engine"] != "ok":
        assert time.monotonic() < until, ready(server)
        time.sleep(0.5)


def turns(server: Server, engine: str, outcome: str) -> float:
    metrics = httpx.get(f"{server.url}/metrics").text
    wanted = f'frontline_engine_turns_total{{engine="{engine}",outcome="{outcome}"}} '
    return sum(float(line.removeprefix(wanted)) for line in metrics.splitlines() if line.startswith(wanted))


def kill_rasa(server: Server) -> None:
    pid = server.app.state.house.rasa.server.pid
    assert pid is not None
    os.killpg(pid, signal.SIGKILL)


def identified(customer: Customer, who: tuple[str, str, str]) -> str:
    product, contract, phone = who
    customer.say(ANOTHER_DAY.format(product))
    customer.say(LIMIT)
    customer.say(contract)
    customer.say(phone)
    return customer.say(customer.code(phone))


def conversation(customer: Customer) -> None:
    """A question, another day of payment, a certificate that is given up, a person."""
    customer.say("здравствуйте")
    customer.say(LIMIT)
    if "слишком мало времени" in identified(customer, ORLOV):
        identified(customer, BELOVA)
    said = customer.say("на 20 число")
    if named := re.search(r"(?:Можно на|доступны)[^:]*: ?([\d, и–]+)|Можно на ([\d–]+)", said):
        customer.say(f"на {re.findall(r'[0-9]+', named[0])[-1]} число")
    customer.say("да, всё верно")
    customer.say("Закажите мне справку о текущей задолженности")
    customer.say("отмена")
    customer.say("оператора")


def spoken(text: str) -> list[str]:
    """A text by the names of its responses, whose variants differ from one conversation to another."""
    parts = [re.sub(r"З-\d{6}", "З-…", part) for part in text.split("\n\n")]
    return [next((name for name, said in RESPONSES if said.fullmatch(part)), part) for part in parts]


def _pattern(variant: Variant) -> re.Pattern[str]:
    pieces = re.split(r"\{\w+\}", variant.text or "")
    return re.compile("(?s:.+?)".join(re.escape(piece) for piece in pieces))


RESPONSES = [
    (name, _pattern(variant))
    for name, variants in load(NLU_DATA).domain.responses.items()
    for variant in variants
    if variant.text
]


def test_a_conversation_is_the_same_on_rasa(product: Server, plain: Server, arrives: Arrives) -> None:
    ours, theirs = arrives(plain), arrives(product)
    for customer in (ours, theirs):
        conversation(customer)
    for one, other in zip(ours.answers, theirs.answers, strict=True):
        assert spoken(one["text"]) == spoken(other["text"])
        assert (one["kind"], one["sources"]) == (other["kind"], other["sources"])

    texts = [answer["text"] for answer in theirs.answers]
    kinds = [answer["kind"] for answer in theirs.answers]
    assert "150 000 ₽" in texts[1]
    assert [source["article_id"] for source in theirs.answers[1]["sources"]] == ["card-limits"]
    interrupted = texts[3]
    assert "150 000 ₽" in interrupted
    assert spoken(interrupted)[-1] == "utter_ask_contract_number"
    assert any(re.search(r"З-\d{6}", text) for text in texts)
    assert spoken(texts[-2]) == ["utter_cancelled"]
    assert kinds[-1] == "escalate"
    assert turns(product, "rasa", "served") >= len(texts) - 1  # a person is called before any engine
    assert turns(product, "builtin", "replaced") == 0


def test_only_our_rasa_may_call_our_actions(product: Server) -> None:
    assert set(endpoints(product.app.routes)) - set(OWNERS) == {("POST", PATH)}
    for headers in ({}, {"Authorization": "Bearer guessed"}):
        reply = httpx.post(f"{product.url}{PATH}", json={}, headers=headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "unauthorized")


def test_killed_in_mid_form_the_built_in_engine_goes_on(product: Server, arrives: Arrives) -> None:
    until_rasa_serves(product)
    customer = arrives(product)
    customer.say(ANOTHER_DAY.format(BELOVA[0]))
    assert spoken(customer.say(BELOVA[1]))[-1] == "utter_ask_phone"
    replaced = turns(product, "builtin", "replaced")
    kill_rasa(product)

    assert spoken(customer.say(BELOVA[2]))[-1] == "utter_ask_code"
    assert turns(product, "rasa", "rasa_away") >= 1
    assert turns(product, "builtin", "replaced") == replaced + 1
    assert re.fullmatch("rasa: .+; builtin serves", ready(product)["engine"])
    assert "На какое число" in customer.say(customer.code(BELOVA[2]))

    until_rasa_serves(product)
    served = turns(product, "rasa", "served")
    while turns(product, "rasa", "served") == served:  # it is tried again from time to time
        time.sleep(1)
        cancelled = customer.say("отмена")
        assert cancelled
    assert ready(product)["engine"] == "ok"
