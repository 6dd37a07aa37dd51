"""What an engine said, as one decision: texts in order, one answer, one handoff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.outbound import CallKind, NewCall
from bot.core.types import Answer, Ask, Escalate, NewEvent, QuickReply, Say, SayKind, Source
from bot.dialog import calling, policy, wire
from bot.dialog.context import Context
from bot.dialog.decision import Decision
from bot.dialog.escalation import Rules
from bot.dialog.speech import Speech
from bot.engine.events import UserSaid
from bot.engine.responses import Message

TASK = "task"  # the reason of a decision that a task made
# In the conversation of a survey call; the `rating` stands in that which it is about.
SURVEYED = "survey.answered"


def compose(
    messages: Sequence[Message],
    context: Context,
    speech: Speech,
    escalations: Rules,
    *,
    lead: str = "",
    about: Source | None = None,
    question: str = "",
) -> Decision:
    """`about`: the article that explains the task that begins with `question`; `lead` opens it."""
    answers: list[Answer] = []
    reasons: list[str] = []
    for message in messages:
        custom = message.custom or {}
        if "answer" in custom:
            answers.append(wire.read(custom["answer"]))
            reasons.append(str(custom.get("reason", "")))
        elif "handoff" in custom:
            reason = str(custom["handoff"])
            decision = calling.call_for(reason, context, speech, escalations)
            answers.append(decision.answer)
            reasons.append(reason)
        elif message.text:
            replies = tuple(QuickReply(each.title, each.payload) for each in message.buttons)
            answers.append(Say(SayKind.TASK, message.text, quick_replies=replies))
            reasons.append(TASK)
    if not answers:
        return policy.nothing_said(context, speech)
    if lead:
        answers.insert(0, Say(SayKind.TASK, lead))
        reasons.insert(0, TASK)
    answer = _joined(answers)
    tasks = [each for each in answers if isinstance(each, Say) and each.kind is SayKind.TASK]
    if about is not None and isinstance(answer, Say):
        answer = replace(answer, sources=(about, *answer.sources))
        names = (about.article_id, *(each for each in context.articles if each != about.article_id))
        context = replace(context, articles=names[:4], question=question, options=())
    context = replace(context, last="\n\n".join(each.text for each in tasks))
    if tasks:
        context = replace(context, misses=0, offered=False)
    reason = next((each for each in reasons if each != TASK), TASK)
    return Decision(answer, context, reason)


def ratings(messages: Sequence[Message]) -> tuple[NewEvent, ...]:
    """Ratings that were given in words: of this conversation, or of that which a survey call asks about."""
    given = (
        message.custom["rating"] for message in messages if message.custom and "rating" in message.custom
    )
    return tuple(NewEvent(SURVEYED if "survey" in each else "rating", dict(each)) for each in given)


def calls(messages: Sequence[Message]) -> tuple[NewCall, ...]:
    """Calls that were promised."""
    promised = (message.custom["call"] for message in messages if message.custom and "call" in message.custom)
    return tuple(
        NewCall(
            CallKind(each["kind"]), str(each["phone"]), datetime.fromisoformat(each["at"]), str(each["topic"])
        )
        for each in promised
    )


def refusals(messages: Sequence[Message]) -> tuple[str, ...]:
    """Numbers that want no calls any more."""
    return tuple(
        str(message.custom["refuses"])
        for message in messages
        if message.custom and "refuses" in message.custom
    )


def intent_of(said: UserSaid | None, text: str) -> str:
    """As it is shown: the selected one of a retrieval intent, or the button."""
    if said is None:
        return text.partition("{")[0].removeprefix("/")
    return said.response or said.intent or ""


def _joined(answers: Sequence[Answer]) -> Answer:
    if len(answers) == 1:
        return answers[0]
    text = "\n\n".join(each.text for each in answers if each.text)
    sources = tuple(
        dict.fromkeys(one for each in answers if not isinstance(each, Ask) for one in each.sources)
    )
    escalation = next((each for each in answers if isinstance(each, Escalate)), None)
    if escalation is not None:
        return replace(escalation, text=text, sources=sources)
    asked = next((each for each in answers if isinstance(each, Ask)), None)
    if asked is not None:
        return Ask(text, asked.options)
    said = [each for each in answers if isinstance(each, Say)]
    kinds = [each.kind for each in said]
    kind = SayKind.ANSWER if SayKind.ANSWER in kinds else SayKind.TASK if SayKind.TASK in kinds else kinds[0]
    related = tuple(dict.fromkeys(one for each in said for one in each.related))
    replies = next((each.quick_replies for each in reversed(said) if each.quick_replies), ())
    return Say(kind, text, sources, related, replies)
