"""What goes into and comes out of the store besides the core types. Frozen; times are aware UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.core.errors import FrontlineError
from bot.core.outbound import NewCall
from bot.core.types import (
    Conversation,
    ConversationStatus,
    Event,
    Handoff,
    Inbound,
    NewEvent,
    Operator,
    Owner,
    Role,
)

# Kinds of event that the customer may see; every other kind is for the desk only.
PUBLIC_KINDS = frozenset(
    {
        "message",
        "handoff.requested",
        "handoff.claimed",
        "handoff.released",
        "handoff.returned",
        "handoff.closed",
        "handoff.cancelled",
        "rating",
        "conversation.closed",
    }
)


class AlreadyAnswered(FrontlineError):
    """Another worker has committed the answer to this message; say nothing and show the stored reply."""

    def __init__(self) -> None:
        super().__init__("already_answered", "this message has been answered", status=409)


@dataclass(frozen=True, slots=True)
class Receipt:
    """An accepted message: it is durable, and the bot owes an answer unless `answered`.

    `repeated` says that the same (channel, client_id) came before: everything else is the first
    result. `conversation` is its present state. `reply` is the range of events (first, last) that
    the answer wrote, when it wrote any.
    """

    conversation: Conversation
    seq: int
    inbound: Inbound
    repeated: bool = False
    answered: bool = False
    reply: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class NewHandoff:
    """A request for a human, as `Escalate` describes it."""

    reason: str
    priority: int
    context: Mapping[str, Any] = field(default_factory=dict)
    skills: tuple[str, ...] = ()
    decide_minutes: int | None = None
    finish_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one turn changes; written in one transaction or not at all.

    `answers_seq` marks that inbound message as answered; it can be answered once only. None for
    `state`, `owner`, `status` and `locale` leaves the present value. `handoff` appends
    `handoff.requested` after `events` and puts the conversation into the queue; where one waits
    already, a more urgent `handoff` changes that one and appends `handoff.raised`, any other changes
    nothing. `cancel_handoff` writes `handoff.cancelled` before `events` and gives the conversation
    back to the bot.
    `requires_articles` are ids that must still be published when the transaction commits. `identities` are
    (channel, address) pairs that were proved to be the customer's: who was known by them is the same person.
    `calls` are promised to the customer, with an event each; numbers in `refuses` want no calls any more.
    """

    events: Sequence[NewEvent] = ()
    state: Mapping[str, Any] | None = None
    answers_seq: int | None = None
    owner: Owner | None = None
    status: ConversationStatus | None = None
    locale: str | None = None
    handoff: NewHandoff | None = None
    cancel_handoff: bool = False
    requires_articles: frozenset[str] = frozenset()
    identities: tuple[tuple[str, str], ...] = ()
    calls: tuple[NewCall, ...] = ()
    refuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Customer:
    """Who writes to us; `identities` are (channel, address) pairs."""

    id: str
    name: str | None
    created_at: datetime
    identities: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ConversationItem:
    """A line of the desk's history. `last_message` is text, `last_author` who said it."""

    conversation: Conversation
    customer_name: str | None
    last_message: str | None
    last_author: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the history, newest first; `total` counts all pages together."""

    items: tuple[ConversationItem, ...]
    total: int


@dataclass(frozen=True, slots=True)
class QueueItem:
    """An open handoff as the desk lists it. The customer has waited since `waiting_since`."""

    handoff: Handoff
    conversation: Conversation
    customer_name: str | None
    claimed_by_name: str | None
    last_message: str | None
    last_author: str | None
    waiting_since: datetime


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article to import: `source` is the full text of its file."""

    id: str
    title: str
    source: str


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as it stands. `version` is the newest; `published_version` what customers get.

    `source`, `author` and `updated_at` belong to `version`; `changed_by` and `changed_at` tell who last
    saved, published or deleted it. A deleted article has `published_version` None.
    """

    id: str
    title: str
    source: str
    version: int
    published_version: int | None
    deleted: bool
    author: str
    updated_at: datetime
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PublishedArticle:
    """What customers get: the source of the published version."""

    id: str
    version: int
    source: str


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """One saved text of an article; versions are never changed or removed."""

    article_id: str
    version: int
    title: str
    source: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; articles whose text is already published count as unchanged."""

    added: int
    changed: int
    unchanged: int
    revision: int


@dataclass(frozen=True, slots=True)
class Invite:
    """A one-time invitation to the team."""

    name: str
    role: Role
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in operator."""

    operator: Operator
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Verified:
    """Whom the host page has signed in, by the company's reference, and until when that holds."""

    ref: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Visitor:
    """A web-chat session: the browser's token stands for this address of the channel.

    `verified` is kept when its time is over: the session stays that customer's and nobody else's.
    """

    address: str
    locale: str
    consent_version: str
    created_at: datetime
    last_seen: datetime
    verified: Verified | None = None

    def customer(self, now: datetime) -> str | None:
        """Who it is for sure at this moment."""
        return self.verified.ref if self.verified is not None and now < self.verified.until else None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A partner's key without the key itself; `secret` signs the webhook deliveries to it."""

    id: str
    name: str
    prefix: str
    webhook_url: str | None
    secret: str = field(repr=False)
    created_by: str
    created_at: datetime
    revoked: bool = False
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A committed event on its way to a pushed channel. `attempts` failed so far."""

    id: int
    channel: str
    address: str
    event: Event
    attempts: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which object."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    details: Mapping[str, Any]
