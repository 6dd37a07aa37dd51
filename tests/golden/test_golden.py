"""Plays the golden conversations through the whole turn, over a real database and the example base."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from bot.core.types import Ask, Escalate, Inbound, Say, Turn
from bot.dialog.turns import Turns
from bot.evaluation.workshop import workshop
from bot.settings import Settings

CONVERSATIONS = yaml.safe_load(Path(__file__).with_name("conversations.yml").read_text("utf-8"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def turns(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Turns]:
    async with workshop(Settings(data_dir=tmp_path_factory.mktemp("golden"))) as opened:
        yield opened.turns


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda one: one["name"])
async def test_conversation(conversation: dict[str, Any], turns: Turns) -> None:
    for step, expected in enumerate(conversation["turns"]):
        name = conversation["name"]
        inbound = Inbound(
            "web_chat", name, f"{name}-{step}", expected.get("say", ""), choice=expected.get("press")
        )
        check(await turns.handle(inbound), expected)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_repeat_gets_the_first_result(turns: Turns) -> None:
    inbound = Inbound("web_chat", "repeater", "once", "какой лимит на переводы по СБП в день?")
    first, second = await turns.handle(inbound), await turns.handle(inbound)
    assert second.repeated
    assert second.seq == first.seq
    assert second.messages == first.messages
    assert second.answer == first.answer


def check(turn: Turn, expected: dict[str, Any]) -> None:
    answer = turn.answer
    if expected.get("silent"):
        assert answer is None
        assert not turn.messages
        return
    assert answer is not None
    said = [source.article_id for source in answer.sources] if isinstance(answer, Say) else []
    if "article" in expected:
        assert said[:1] == [expected["article"]]
    if "articles" in expected:
        assert set(said) == set(expected["articles"])
    if "ask" in expected:
        assert isinstance(answer, Ask)
        assert f"article:{expected['ask']}" in {option.payload for option in answer.options}
    if "escalate" in expected:
        assert isinstance(answer, Escalate)
        assert answer.reason == expected["escalate"]
    if "kind" in expected:
        assert isinstance(answer, Say)
        assert answer.kind == expected["kind"]
    assert expected.get("says", "") in answer.text
