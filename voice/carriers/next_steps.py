"""What the PBX does with the caller after us: it asks `GET /voice/next?call=ID` when our part has ended."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from voice.carriers.kept import KEPT_S, Kept
from voice.ports import NextStep

TOPIC_CHARS = 120  # of a caller's name on a telephone's display, and more than any shows
URL_CHARS = 500
KINDS = ("hangup", "queue", "person")

_TARGET = re.compile(r"[\w.+-]{0,64}", re.ASCII)  # an extension or a queue: it becomes part of a dial string
_ID = re.compile(r"[\w.:-]{0,64}", re.ASCII)
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029|]+")  # ends a line, or a field of the answer


class NextSteps:
    """Steps by call id, for a minute; asking twice gives the same answer.

    `warm`: operators hear a summary before the caller.
    """

    def __init__(
        self, seconds: float = KEPT_S, clock: Callable[[], float] = time.monotonic, *, warm: bool = False
    ) -> None:
        self._steps: Kept[NextStep] = Kept(seconds, clock)
        self._warm = warm

    def keep(self, call_id: str, step: NextStep) -> None:
        self._steps.keep(call_id, step)

    def answer(self, call_id: str) -> str:
        """One line for the dialplan; empty when nothing is known: then a person gets the caller."""
        step = self._steps.get(call_id)
        return "" if step is None else rendered(step, warm=self._warm)


def rendered(step: NextStep, *, warm: bool = False) -> str:
    """`kind|target|topic|conversation|url`, one line whatever the texts hold; `|warm` if we brief people.

    The texts end up in SIP headers. A target or an id that is none would be dialled: such a caller goes to
    the queue. An URL is whole or missing.
    """
    kind, target = (step.kind, step.target) if step.kind in KINDS else ("queue", "")
    if not _TARGET.fullmatch(target):
        kind, target = ("queue" if kind == "person" else kind), ""
    if kind == "person" and not target:
        kind = "queue"
    topic = _one_line(step.topic)[:TOPIC_CHARS].rstrip()
    conversation = step.conversation_id if _ID.fullmatch(step.conversation_id) else ""
    url = step.url if len(step.url) <= URL_CHARS and not re.search(r"[\s|\x00-\x1f]", step.url) else ""
    more = ("warm",) if warm and conversation and kind != "hangup" else ()
    return "|".join((kind, target, topic, conversation, url, *more))


def _one_line(text: str) -> str:
    return " ".join(_NO_TEXT.sub(" ", text.encode("utf-8", "ignore").decode("utf-8")).split())
