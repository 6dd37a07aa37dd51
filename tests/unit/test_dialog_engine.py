"""What the engine keeps of a conversation, and what the conversation itself keeps."""

from __future__ import annotations

import json

from bot.dialog.engine import Dialogue
from bot.dialog.loading import builtin
from bot.project.loading import load
from bot.settings import Settings


async def test_memory_comes_with_every_message_and_is_not_kept_twice() -> None:
    project = load(Settings().nlu_data)
    dialogue = Dialogue.of(project, builtin(project))
    state: dict[str, object] = {}
    for question in ("первый", "второй"):
        memory = {"question": question}
        handled = await dialogue.at(state, "someone").handle("/greet", slots={"memory": memory})
        assert handled.slots["memory"] == memory
        state = json.loads(json.dumps(handled.state))
        assert "memory" not in json.dumps(state)
        assert len(state["events"]) > 3  # type: ignore[arg-type]  # a list


async def test_a_state_that_cannot_be_read_begins_a_new_conversation() -> None:
    project = load(Settings().nlu_data)
    dialogue = Dialogue.of(project, builtin(project))
    for broken in ({"events": [{"event": "Nothing"}]}, {"events": 5}, {"base": [1]}):
        handled = await dialogue.at(broken, "someone").handle("/greet")
        assert handled.actions
