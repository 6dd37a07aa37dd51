"""An action of ours that breaks: the customer is never met with silence, and nothing is lost."""

from __future__ import annotations

from typing import NoReturn

import pytest
from talk import Talk, called, form, said

from bot.dialog.answering import TurnActions

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_form_that_breaks_waits_for_the_answer_again(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.say("Хочу перенести дату платежа по займу")
    with monkeypatch.context() as during:
        during.setattr(TurnActions, "run", _breaks)
        assert said(await talk.say("МП-204518"))
    turn = await talk.say("МП-204518")
    assert form(turn) == "change_date_form:active"
    assert "телефон" in said(turn)


async def test_whoever_is_met_by_breaking_actions_twice_gets_a_person(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TurnActions, "run", _breaks)
    first = await talk.say("Перезвоните мне")
    assert said(first)
    assert called(first) is None
    assert called(await talk.say("Перезвоните мне")) == "misunderstood"


async def _breaks(*_: object) -> NoReturn:
    raise ZeroDivisionError
