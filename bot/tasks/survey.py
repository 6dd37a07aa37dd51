"""How the talk was: 1 to 5, and what to do better when it was not good."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.engine.events import SlotSet
from bot.engine.responses import Message
from bot.nlu.entities import numbers
from bot.tasks.form import DONE, Accepted, Field, Outcome, Task, Wrong, entity, whole
from bot.tasks.situation import Situation

_NEGATIVE = re.compile(r"(?:^|\s)[-−]\s?\d")
GOOD = 4  # from here on nothing more is asked


def _score(at: Situation) -> Any:
    if at.requested != "score" or (number := numbers.read(at.text)) is None:
        return None
    return -number if _NEGATIVE.search(at.text) else number


async def _checked(value: Any, _: Situation) -> Accepted:
    if value not in range(1, 6):
        raise Wrong("utter_score_wrong")
    return Accepted(int(value))


class Survey(Task):
    form = "survey_form"
    fields = (Field("survey", entity("survey")), Field("score", _score, _checked), whole("comment"))

    async def needs(self, at: Situation) -> Sequence[str]:
        score = at.slot("score")
        return ("score",) if score is None or score >= GOOD else ("score", "comment")

    def gives_up(self, at: Situation) -> Outcome:
        """Nobody is called for a rating."""
        return [at.say("utter_thanks_score")]

    async def submit(self, at: Situation) -> Outcome:
        """The rating is an event, which the turn writes; `survey`: a call asks about another talk."""
        response = "utter_thanks_comment" if at.slot("comment") else "utter_thanks_score"
        rating = {"score": at.slot("score"), "comment": at.slot("comment") or ""}
        if survey := at.slot("survey"):
            rating["survey"] = survey
        return [at.say(response), Message(custom={"rating": rating}), SlotSet("outcome", DONE)]
