"""What a turn writes: the events of an answer, and an answer read back from its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.answers.markdown import render
from bot.core.handoff import RAISED, REQUESTED
from bot.core.types import (
    Answer,
    Ask,
    Conversation,
    Escalate,
    Event,
    NewEvent,
    QuickReply,
    Say,
    SayKind,
    Source,
)
from bot.dialog.escalation import ASKED
from bot.dialog.thought import Thought
from bot.store.records import NewHandoff, Outcome, Receipt

ASK, ESCALATE = "ask", "escalate"
SHOWN_HITS = 5
PROOF = frozenset(["code", "identity", "birth_date"])  # slots by which somebody says who they are


def outcome(receipt: Receipt, conversation: Conversation, thought: Thought | None) -> Outcome:
    """All that the turn changes; only "answered" when the bot stays silent."""
    if thought is None:
        return Outcome(answers_seq=receipt.seq)
    answer = thought.decision.answer
    handoff = None
    if isinstance(answer, Escalate):
        handoff = NewHandoff(
            answer.reason,
            answer.priority,
            _for_operator(receipt, thought),
            answer.skills,
            answer.decide_minutes,
            answer.finish_minutes,
        )
    return Outcome(
        events=(
            NewEvent("turn", _understood(receipt, thought)),
            NewEvent("message", message(answer)),
            *thought.events,
        ),
        state={**thought.decision.context.stored(), "engine": dict(thought.engine)},
        answers_seq=receipt.seq,
        locale=thought.locale if thought.locale != conversation.locale else None,
        handoff=handoff,
        cancel_handoff=thought.cancels,
        requires_articles=_required(answer),
        identities=thought.proved,
        calls=thought.calls,
        refuses=thought.refuses,
    )


def message(answer: Answer) -> dict[str, Any]:
    """The data of the bot's `message` event."""
    data: dict[str, Any] = {
        "author": "bot",
        "name": None,
        "text": answer.text,
        "html": render(answer.text),
        "answer": kind_of(answer),
        "sources": [],
        "related": [],
        "quick_replies": [],
    }
    if isinstance(answer, Ask):
        data["quick_replies"] = [_reply(option) for option in answer.options]
    else:
        data["sources"] = [_source(one) for one in answer.sources]
    if isinstance(answer, Say):
        data["related"] = [_source(one) for one in answer.related]
        data["quick_replies"] = [_reply(one) for one in answer.quick_replies]
    if isinstance(answer, Escalate):
        data["reason"] = answer.reason
    return data


def kind_of(answer: Answer) -> str:
    """`answer`, `small_talk`, `unknown`, `refusal`, `ask` or `escalate`."""
    if isinstance(answer, Say):
        return answer.kind.value
    return ASK if isinstance(answer, Ask) else ESCALATE


def answer_of(events: Sequence[Event]) -> Answer | None:
    """The answer whose events these are; None when the bot stayed silent."""
    data = next((event.data for event in events if event.kind == "message"), None)
    if data is None:
        return None
    replies = tuple(QuickReply(one["title"], one["payload"]) for one in data["quick_replies"])
    sources = tuple(Source(**one) for one in data["sources"])
    if data["answer"] == ASK:
        return Ask(data["text"], replies)
    if data["answer"] == ESCALATE:
        requested = next((event.data for event in events if event.kind in {REQUESTED, RAISED}), {})
        return Escalate(data["reason"], int(requested.get("priority", 5)), data["text"], sources)
    related = tuple(Source(**one) for one in data["related"])
    return Say(SayKind(data["answer"]), data["text"], sources, related, replies)


def _understood(receipt: Receipt, thought: Thought) -> dict[str, Any]:
    """For the desk only: what the bot understood and why it did what it did."""
    understanding = thought.understanding
    parts = () if understanding is None else understanding.parts
    return {
        "in_reply_to": receipt.seq,
        "intent": thought.intent,
        "language": thought.locale if understanding is None else understanding.reading.language.value,
        "parts": [
            {
                "text": part.query.text,
                "hits": [
                    {
                        "article_id": hit.article_id,
                        "title": hit.title,
                        "p": round(hit.p, 4),
                        "why": dict(hit.why),
                    }
                    for hit in part.hits[:SHOWN_HITS]
                ],
            }
            for part in parts
        ],
        "task": _task(thought),
        "decision": kind_of(thought.decision.answer),
        "reason": thought.decision.reason,
        "timings": {stage: round(ms, 2) for stage, ms in thought.timings.items()},
    }


def _for_operator(receipt: Receipt, thought: Thought) -> dict[str, Any]:
    """What an operator must know before the first reply. Who asks for a person in so many words has
    asked something before, and that is the question; what was said to a form may be a code."""
    context = thought.decision.context
    before = context.question if thought.decision.reason == ASKED or thought.task is not None else ""
    rule = None if thought.understanding is None else thought.understanding.escalation
    return {
        "reason_text": None if rule is None else rule.title,
        "question": before or ("" if thought.task is not None else receipt.inbound.text),
        "articles": list(context.articles),
        "message_seq": receipt.seq,
        "language": thought.locale,
        "task": _task(thought),
    }


def _task(thought: Thought) -> dict[str, Any] | None:
    """What the form knows, so that nobody asks for it again; never the proof of identity."""
    if thought.task is None:
        return None
    slots = {name: value for name, value in thought.task.slots.items() if name not in PROOF}
    return {"form": thought.task.form, "status": thought.task.status, "slots": slots}


def _required(answer: Answer) -> frozenset[str]:
    if isinstance(answer, Ask):
        names = (option.payload for option in answer.options)
        return frozenset(name.removeprefix("article:") for name in names if name.startswith("article:"))
    return frozenset(one.article_id for one in answer.sources)


def _reply(reply: QuickReply) -> Mapping[str, str]:
    return {"title": reply.title, "payload": reply.payload}


def _source(source: Source) -> Mapping[str, str]:
    return {"article_id": source.article_id, "title": source.title, "url": source.url}
