"""The nouns of the product. Frozen and slotted; times are aware UTC datetimes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

PHONE = "phone"  # the channel of callers, and the medium of whoever is answered by voice


class Owner(StrEnum):
    """Who is expected to answer the customer next."""

    BOT = "bot"
    QUEUE = "queue"  # a human was called and has not come yet: the bot answers what it surely knows
    OPERATOR = "operator"  # from the claim on, until the handoff is released or ends: the bot is silent


class ConversationStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class HandoffStatus(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    RETURNED = "returned"  # the operator gave the conversation back to the bot
    CLOSED = "closed"  # resolved by the operator
    CANCELLED = "cancelled"  # the customer went back to the bot before anyone claimed it


class Role(StrEnum):
    OPERATOR = "operator"
    EDITOR = "editor"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message as a channel hands it over. `(channel, client_id)` is the idempotency key.

    `choice` is the payload of a quick reply when the customer pressed a button; `confidence` (0..1)
    comes with recognised speech. `customer`: who it is, where the channel has verified that. `pushed`:
    what a conversation opened by this message tells the customer leaves through the outbox (messengers,
    webhooks).
    """

    channel: str
    address: str
    client_id: str
    text: str
    locale: str = "ru"
    choice: str | None = None
    confidence: float | None = None
    pushed: bool = False
    customer: str | None = None

    @property
    def medium(self) -> str:
        """How the answer will reach the customer: `phone` where it is heard, else the channel's name."""
        return PHONE if self.confidence is not None else self.channel


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that may answer. `p` in 0..1 is calibrated: the share of such hits that are right."""

    article_id: str
    title: str
    p: float
    passage: str = ""
    why: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    article_id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class QuickReply:
    """A button. `payload` comes back as `Inbound.choice`.

    It is `article:<id>`, `operator`, `back_to_bot`, or for a task `/intent{"entity": "value"}`.
    """

    title: str
    payload: str


class SayKind(StrEnum):
    ANSWER = "answer"  # from the knowledge base, with its sources
    TASK = "task"  # a form asks, confirms, or says what was done
    SMALL_TALK = "small_talk"
    UNKNOWN = "unknown"  # the base does not know; a human is offered
    REFUSAL = "refusal"  # what may not be answered: injections, other people's data


@dataclass(frozen=True, slots=True)
class Say:
    """Say `text` (Markdown). `related` are articles to read next."""

    kind: SayKind
    text: str
    sources: tuple[Source, ...] = ()
    related: tuple[Source, ...] = ()
    quick_replies: tuple[QuickReply, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask which of two or three was meant."""

    text: str
    options: tuple[QuickReply, ...]


@dataclass(frozen=True, slots=True)
class Escalate:
    """Hand over to a human. `reason` is a stable code; lower `priority` is served first (0..9).

    `skills`: what the operator should know; a language by its ISO 639-1 code. Minutes count from the
    request: within `decide_minutes` somebody decides, within `finish_minutes` it is done; None: as soon
    as the queue allows.
    """

    reason: str
    priority: int
    text: str
    sources: tuple[Source, ...] = ()
    skills: tuple[str, ...] = ()
    decide_minutes: int | None = None
    finish_minutes: int | None = None


Answer = Say | Ask | Escalate


@dataclass(frozen=True, slots=True)
class TaskState:
    """A form and what it knows. `asks`: the slot it waits for.

    `status`: active, done, cancelled or refused.
    """

    form: str
    status: str
    slots: Mapping[str, Any] = field(default_factory=dict)
    asks: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """`state` is the dialogue memory of the policy (plain JSON); `version` grows with every commit."""

    id: str
    channel: str
    address: str
    customer_id: str
    locale: str
    status: ConversationStatus
    owner: Owner
    version: int
    last_seq: int
    state: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    pushed: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, numbered per conversation from 1 without gaps."""

    conversation_id: str
    seq: int
    kind: str
    data: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that a commit is to append; the store numbers and dates it."""

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Handoff:
    """A conversation waiting for, or held by, a human. `context` is what the operator must know.

    While it waits, a more urgent reason replaces all but `id` and `created_at`: it keeps its age.
    """

    id: str
    conversation_id: str
    reason: str
    priority: int
    status: HandoffStatus
    context: Mapping[str, Any]
    created_at: datetime
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    closed_at: datetime | None = None
    resolution: str | None = None
    skills: tuple[str, ...] = ()
    decide_by: datetime | None = None
    finish_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who signs in; never carries the password hash. `skills`: as `Escalate.skills` names them."""

    id: str
    login: str
    name: str
    role: Role
    active: bool = True
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One inbound message and all that came of it. `timings` maps a stage to milliseconds."""

    inbound: Inbound
    conversation_id: str
    seq: int
    answer: Answer | None  # None when the bot stays silent: an operator answers, or will
    intent: str | None = None
    hits: tuple[Hit, ...] = ()
    messages: tuple[Event, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    repeated: bool = False
    task: TaskState | None = None
