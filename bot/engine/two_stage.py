"""When a message was not understood: ask "did you mean", then ask to rephrase, then give up."""

from __future__ import annotations

from bot.engine.events import LISTEN, ActionTaken, LoopSet, UserReverted, UserSaid
from bot.engine.forms import Outcome, Runner
from bot.engine.tracker import Tracker
from bot.engine.understanding import FALLBACK, OUT_OF_SCOPE

NAME = "action_two_stage_fallback"


async def run(tracker: Tracker, runner: Runner) -> Outcome:
    outcome: Outcome = []
    if begins := tracker.now.active_loop != NAME:
        outcome.append(LoopSet(NAME))
    message = tracker.now.message
    intent = message.intent if message else None
    gives_up = _latest(tracker, 2) == [FALLBACK] * 2 or (
        _latest(tracker, 3) == [OUT_OF_SCOPE, FALLBACK, OUT_OF_SCOPE]
    )
    if intent in (FALLBACK, OUT_OF_SCOPE) and not gives_up:
        affirms = begins or intent == FALLBACK
        question = "action_default_ask_affirmation" if affirms else "action_default_ask_rephrase"
        return outcome + await runner.run(question, tracker)
    outcome.append(LoopSet(None))
    if gives_up:
        return outcome + await runner.run("action_default_fallback", tracker)
    outcome.append(UserReverted())
    if message:
        sure = UserSaid(
            message.text, message.intent, message.entities, 1.0, message.ranking, message.response
        )
        outcome += [ActionTaken(LISTEN), sure]
    return outcome


def _latest(tracker: Tracker, count: int) -> list[str | None]:
    """The intents of the latest messages, newest first; one that was undone breaks the row."""
    found: list[str | None] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserSaid):
            found.append(event.intent)
        elif isinstance(event, UserReverted):
            found.append(None)
        if len(found) == count:
            break
    return found
