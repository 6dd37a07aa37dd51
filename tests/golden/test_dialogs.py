"""Conversations with tasks, played over the example company: our own, and those of the evaluation data."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import yaml
from golden.dialogs import Seen
from talk import Talk, talking

from bot.evaluation.workshop import Workshop

pytestmark = pytest.mark.asyncio(loop_scope="session")

OURS = yaml.safe_load(Path(__file__).with_name("tasks.yml").read_text("utf-8"))["dialogs"]
CHANNELS = {"chat": "web_chat", "phone": "phone"}
# Of the evaluation data, whose `facts` are words: who it is, by the example company's customers.
CUSTOMERS = {
    "D04": "c-belova",
    "D07": "c-orlov",
    "D08": "c-orlov",
    "D09": "c-zueva",
    "D11": "c-khasanov",
    "D14": "c-smirnova",
    "D16": "c-vector",
    "D18": "c-smirnova",
    "D29": "c-orlov",
}
PHONES = {"D28": "+79000000011", "D29": "+79000000012"}
PASSED = 30  # of the evaluation's dialogs at least; only ever raised


async def problems(dialog: dict[str, Any], shop: Workshop, folder: Path) -> list[str]:
    """What went otherwise than expected, by turn."""
    name = dialog["id"]
    async with talking(shop, folder, dialog["now"]) as opened:
        customer = dialog.get("customer") or CUSTOMERS.get(name)
        address = dialog.get("phone") or PHONES.get(name) or ""
        talk = opened.by(customer, CHANNELS[dialog["channel"]], address)
        found = []
        for number, step in enumerate(dialog["turns"], 1):
            turn = await talk.say(spoken(step["say"], dialog, talk))
            closed = not shop.thinker.shift.is_open(talk.clock())
            found += [f"{number}. {each}" for each in Seen(turn, step, closed).problems()]
        return found


def spoken(text: str, dialog: dict[str, Any], talk: Talk) -> str:
    return text.replace("{code}", talk.code(dialog["sms"])) if "{code}" in text else text


@pytest.mark.parametrize("dialog", OURS, ids=lambda one: one["id"])
async def test_our_dialog(dialog: dict[str, Any], shop: Workshop, tmp_path: Path) -> None:
    assert await problems(dialog, shop, tmp_path) == []


async def test_dialogs_of_the_evaluation(
    eval_data: Path, shop: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dialogs = yaml.safe_load((eval_data / "dialogs.yml").read_text("utf-8"))["dialogs"]
    failing = {}
    for dialog in dialogs:
        found = await problems(dialog, shop, Path(mkdtemp(dir=tmp_path)))
        if found:
            failing[dialog["id"]] = found
    with capsys.disabled():
        print(
            f"\ndialogs.yml: {len(dialogs) - len(failing)} of {len(dialogs)} pass; failing {sorted(failing)}"
        )
    assert len(dialogs) - len(failing) >= PASSED, failing
