"""What the operator who picks up hears before the caller: who it is, why a person was called, about what.

The PBX connects the operator's telephone to us for some seconds, as a call of its own, and then to the
caller. Whatever goes wrong, that call ends at once: the transfer goes on as it would have without us.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from typing import Any

import structlog

from bot.backoffice.records import CustomerKind
from bot.core.errors import FrontlineError
from bot.core.types import Handoff
from bot.dialog.phrases import Phrases
from bot.dialog.thought import COMPANY
from bot.nlu.entities.said import Said
from bot.nlu.words import parses
from bot.web.house import House
from voice.call.means import Means
from voice.call.mouth import Mouth
from voice.call.talk import Across
from voice.ports import HANGUP, Line, Manner
from voice.tts.sentences import sentences

BRIEFING = "summary"  # purpose of a call that the PBX makes for an operator
SILENT_S = 3.0  # that an operator waits for the first word
LONGEST_S = 15.0  # of a summary: the caller waits
QUOTED_WORDS = 15  # of a question; a longer one is read on the desk
_PATRONYMIC = re.compile(r"(?:[оеё]вич|ьич|[оеё]вна|ична|инична|оглы|кызы)$", re.I)
_SECRET = re.compile(r"\b(?:код|парол|пин|секрет|cvc|cvv|cvs|code|pass|pin|secret)", re.I)
log = structlog.get_logger(__name__)


async def brief(line: Line, house: House, across: Across, means: Means) -> None:
    """Says the summary of the conversation that the PBX names, and leaves."""
    hearing = asyncio.create_task(_ended(line))
    speaking = asyncio.create_task(_speak(line, house, across, means))
    call = line.incoming.id
    try:
        await asyncio.wait({hearing, speaking}, return_when=asyncio.FIRST_COMPLETED)
        if speaking.done():
            speaking.result()
    except (FrontlineError, TimeoutError) as error:
        log.warning("briefing.failed", call=call, error=getattr(error, "code", type(error).__name__))
    except Exception as error:  # the caller waits behind this
        log.exception("briefing.failed", call=call, error=type(error).__name__)
    finally:
        await line.leave(HANGUP)
        for task in (hearing, speaking):
            task.cancel()
        await asyncio.gather(hearing, speaking, return_exceptions=True)


async def _speak(line: Line, house: House, across: Across, means: Means) -> None:
    locale, conversation_id = means.settings.warm_transfer, line.incoming.conversation_id
    if locale == "off" or not line.incoming.pbx or not conversation_id:
        return
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(SILENT_S) as limit:
        text = await across(_told(house, conversation_id, locale))
        mouth = Mouth(
            line,
            means.speak,
            None,
            on_started=lambda _: limit.reschedule(loop.time() + LONGEST_S),
            on_finished=lambda: None,
        )
        mouth.manner = Manner(locale=locale)
        if text:
            await mouth.say(sentences(means.script.spoken(text, locale)))


async def _told(house: House, conversation_id: str, locale: str) -> str:
    """Empty where nobody waits for a person."""
    handoff = await house.store.handoffs.open_of(conversation_id)
    if handoff is None:
        return ""
    name = ""
    with suppress(FrontlineError):  # the rest is worth saying without it
        name = await _name(house, conversation_id)
    titles = {article.id: article.title for article in house.library.articles.values()}
    return summary(house.phrases, handoff, locale, name=name, titles=titles)


async def _name(house: House, conversation_id: str) -> str:
    """The first name, of the desk or of the customer whom the caller has proved to be."""
    conversation = await house.store.conversations.get(conversation_id)
    customer = await house.store.conversations.customer(conversation.customer_id)
    if customer.name:
        return first_name(customer.name)
    for channel, ref in customer.identities:
        if channel == COMPANY and (known := await house.backoffice.customer(ref)) is not None:
            company = known.kind is CustomerKind.COMPANY
            return first_name((known.contact or "") if company else known.full_name)
    return ""


def summary(
    phrases: Phrases, handoff: Handoff, locale: str, *, name: str = "", titles: Mapping[str, str]
) -> str:
    """Two sentences at most, and that the caller comes now. `titles` of articles, which are Russian."""
    who = phrases("voice.briefing_named", locale, name=name) if name else phrases("voice.briefing", locale)
    reason, about = _reason(phrases, handoff, locale), _about(phrases, handoff.context, locale, titles)
    said = [f"{who}: {reason}." if reason else f"{who}."]
    if about:
        said.append(phrases("voice.briefing_about", locale, about=about))
    return " ".join((*said, phrases("voice.briefing_over", locale)))


def first_name(full: str) -> str:
    """Of «Зуева Анна Петровна», «Анна Зуева», «Anna Smith»; empty for nothing."""
    words = full.split()
    for before, word in pairwise(words):
        if _PATRONYMIC.search(word):
            return before
    return max(words, key=_is_name, default="")


def _is_name(word: str) -> float:
    return sum(float(parse.score) for parse in parses(word.lower()) if "Name" in parse.tag)


def _reason(phrases: Phrases, handoff: Handoff, locale: str) -> str:
    key = f"desk.reason_{handoff.reason}"
    if phrases.has(key):
        return phrases(key, locale)
    return str(handoff.context.get("reason_text") or "") if locale == "ru" else ""


def _about(phrases: Phrases, context: Mapping[str, Any], locale: str, titles: Mapping[str, str]) -> str:
    """The first of task, answer and question that can be said in this language."""
    return next((text for text in _topics(phrases, context, locale, titles) if text), "")


def _topics(
    phrases: Phrases, context: Mapping[str, Any], locale: str, titles: Mapping[str, str]
) -> Iterator[str]:
    task = context.get("task") or {}
    if phrases.has(key := f"desk.form_{task.get('form')}"):
        yield phrases(key, locale)
    if locale == "ru":
        yield from (titles.get(name, "").rstrip(".?!") for name in context.get("articles") or ())
    if context.get("language") == locale:
        yield _quotable(str(context.get("question") or ""))


def _quotable(question: str) -> str:
    """A short question in which there can be no number and no secret; other people may hear it."""
    words = question.split()
    secret = _SECRET.search(question) or any(map(str.isdigit, question)) or Said.of(question).numbers
    return "" if secret or len(words) > QUOTED_WORDS else " ".join(words).rstrip(".?!")


async def _ended(line: Line) -> None:
    async for _ in line.received():
        pass
